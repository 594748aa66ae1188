#include "sample_model.hpp"

#include <filesystem>

#include "pnlp/base/error.hpp"

namespace pnlp::cmd {

std::string find_sample_model() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path beside = program.parent_path().parent_path() / "share/pnlp/sample.pnlp";
    if (fs::is_regular_file(beside, error)) return beside.string();
  }
  const fs::path installed = PNLP_SAMPLE_MODEL;
  if (fs::is_regular_file(installed, error)) return installed.string();
  throw Error(ErrorKind::usage, "no model was given and none is installed; name one with -m MODEL");
}

}  // namespace pnlp::cmd

#include "version.hpp"

#include <fmt/format.h>

#include "pnlp/nn/onednn.hpp"

namespace pnlp::cmd {
std::string version_text() {
  return fmt::format("pnlp {} (revision {})\ncompiler {}, oneDNN {}, instruction set {}\n",
                     PNLP_VERSION, PNLP_REVISION, PNLP_COMPILER, onednn_version(),
                     instruction_set());
}

}  // namespace pnlp::cmd

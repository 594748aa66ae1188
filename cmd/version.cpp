#include "version.hpp"

#include <fmt/format.h>

namespace pnlp::cmd {
namespace {

// The widest vector instructions of this machine that matter to the matrix products.
const char* instruction_set() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni")) return "avx512-vnni";
  if (__builtin_cpu_supports("avx512bw")) return "avx512";
  if (__builtin_cpu_supports("avx2")) return "avx2";
  if (__builtin_cpu_supports("avx")) return "avx";
  return "sse4.1";
#else
  return "generic";
#endif
}

}  // namespace

std::string version_text() {
  return fmt::format("pnlp {} (revision {})\ncompiler {}, oneDNN {}, instruction set {}\n",
                     PNLP_VERSION, PNLP_REVISION, PNLP_COMPILER, PNLP_ONEDNN_VERSION,
                     instruction_set());
}

}  // namespace pnlp::cmd

// The model that is installed with the program, for use without -m.
#pragma once

#include <string>

namespace pnlp::cmd {

// Its path: beside the running program (../share/pnlp/sample.pnlp), or else under the installation
// prefix. Errors: usage, if it is at neither place.
std::string find_sample_model();

}  // namespace pnlp::cmd

// What --version says.
#pragma once

#include <string>

namespace pnlp::cmd {

std::string version_text();

}  // namespace pnlp::cmd

#include "subcommands.hpp"

namespace pnlp::cmd {

std::span<const CommandEntry> commands() { return {}; }

}  // namespace pnlp::cmd

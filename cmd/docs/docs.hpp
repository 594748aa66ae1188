// Documents made from the option tables: the OPTIONS of man pages, the completions of shells.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "command.hpp"

namespace pnlp::cmd {

// A subcommand with its table filled; the table is bound to `command`.
struct Documented {
  CommandEntry entry;
  std::unique_ptr<Command> command;
  std::unique_ptr<Options> options;
};
std::vector<Documented> documented_commands();

// mdoc for the OPTIONS section of a subcommand's page.
std::string man_options(const Options& options);
// mdoc list of the subcommands, for pnlp(1).
std::string man_commands(const std::vector<Documented>& commands);

std::string bash_completion(const std::vector<Documented>& commands);
std::string zsh_completion(const std::vector<Documented>& commands);
std::string fish_completion(const std::vector<Documented>& commands);

}  // namespace pnlp::cmd

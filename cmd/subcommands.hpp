// The makers of the subcommands, one source file each.
#pragma once

#include <memory>

#include "command.hpp"

namespace pnlp::cmd {

std::unique_ptr<Command> make_tokenize();
std::unique_ptr<Command> make_project();
std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_predict();
std::unique_ptr<Command> make_eval();
std::unique_ptr<Command> make_bench();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_quantize();

}  // namespace pnlp::cmd

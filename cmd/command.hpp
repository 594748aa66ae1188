// A subcommand: it declares its options, then runs. The list of all of them is in commands.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "options.hpp"

namespace pnlp::cmd {

// Exit statuses.
inline constexpr int kDone = 0;
inline constexpr int kNegative = 1;  // ran, but: records skipped, a metric below its threshold
inline constexpr int kFailed = 2;    // usage, data or I/O error

class Command {
 public:
  virtual ~Command() = default;
  // Binds options to members of this object.
  virtual void declare(Options& options) = 0;
  // Called once, after parsing. Returns an exit status. Errors are thrown.
  virtual int run(const Options& options) = 0;
};

struct CommandEntry {
  const char* name;
  const char* summary;  // a sentence: "Split text into words and subword units."
  const char* usage;    // "[OPTION]... [FILE]..."
  std::unique_ptr<Command> (*make)();
};

// In the order in which data usually meets them.
std::span<const CommandEntry> commands();

}  // namespace pnlp::cmd

// Diagnostics of a subcommand: lines "pnlp sub: ..." on standard error.
#pragma once

#include <string>
#include <string_view>

#include "options.hpp"

namespace pnlp::cmd {

// How much a subcommand says. Bound to -q and -v.
struct Verbosity {
  bool quiet = false;
  bool verbose = false;
};
void declare_verbosity(Options& options, Verbosity& verbosity);

class Messages {
 public:
  // Terminal or not is found out here.
  Messages(std::string command, const Verbosity& verbosity);

  // Always: something of the result is not as asked (records skipped, texts cut).
  void warn(std::string_view message) const;
  // On a terminal or with -v, not with -q.
  void note(std::string_view message) const;
  // Only with -v.
  void detail(std::string_view message) const;
  // Replaces the progress line; nothing unless standard error is a terminal. With an empty message
  // the line is wiped. Callers keep to at most six calls a second.
  void progress(std::string_view message);
  bool shows_progress() const { return terminal_ && !quiet_; }
  bool shows_notes() const { return (terminal_ || verbose_) && !quiet_; }

 private:
  void line(std::string_view message) const;
  std::string command_;
  bool quiet_;
  bool verbose_;
  bool terminal_;
  mutable bool progress_shown_ = false;
};

}  // namespace pnlp::cmd

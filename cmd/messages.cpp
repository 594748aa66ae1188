#include "messages.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace pnlp::cmd {
namespace {

// Nobody can be told when standard error does not take a message.
void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

constexpr const char* kWipe = "\r\033[K";

}  // namespace

void declare_verbosity(Options& options, Verbosity& verbosity) {
  options.flag(verbosity.quiet, "quiet,q", "print nothing but errors and warnings");
  options.flag(verbosity.verbose, "verbose,v", "say what is done and how it went");
}

Messages::Messages(std::string command, const Verbosity& verbosity)
    : command_(std::move(command)),
      quiet_(verbosity.quiet),
      verbose_(verbosity.verbose),
      terminal_(isatty(STDERR_FILENO) == 1) {}

void Messages::line(std::string_view message) const {
  put(fmt::format("{}pnlp {}: {}\n", progress_shown_ ? kWipe : "", command_, message));
  progress_shown_ = false;
}

void Messages::warn(std::string_view message) const {
  line(message);
}

void Messages::note(std::string_view message) const {
  if (shows_notes()) line(message);
}

void Messages::detail(std::string_view message) const {
  if (verbose_ && !quiet_) line(message);
}

void Messages::progress(std::string_view message) {
  if (!shows_progress()) return;
  if (message.empty() && !progress_shown_) return;
  put(fmt::format("{}{}", kWipe, message));
  progress_shown_ = !message.empty();
}

}  // namespace pnlp::cmd

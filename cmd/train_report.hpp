// How training tells of itself: the progress line, the log, the summary.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "messages.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp::cmd {

// One JSON object a line for each epoch, added to the end of a file and flushed at once, so that a
// killed run has left whole lines. Errors: io.
class EpochLog {
 public:
  explicit EpochLog(const std::string& path);
  void append(const EpochReport& report);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

// At most six times a second on a terminal: epoch, rate, loss, time left.
class ProgressLine {
 public:
  ProgressLine(Messages& messages, std::uint32_t batch) : messages_(messages), batch_(batch) {}
  void show(const EpochReport& report);

 private:
  using Clock = std::chrono::steady_clock;
  Messages& messages_;
  std::uint32_t batch_;  // records a step
  Clock::time_point shown_{};
  bool again_ = false;
  std::uint32_t teacher_ = 0;     // that is trained
  std::uint64_t first_step_ = 0;  // of this run: a resumed one does not begin at 0
  double first_seconds_ = 0;
};

// "epoch 3 of 40: loss 0.4321, exact 0.7123, best so far"
std::string epoch_text(const EpochReport& report);
std::string summary_text(const TrainResult& result);
// Of a run that was stopped: what is kept in its checkpoint, and how to go on.
std::string interrupted_text(const TrainResult& result);
// "1:02:03", "2:03".
std::string duration_text(double seconds);

}  // namespace pnlp::cmd

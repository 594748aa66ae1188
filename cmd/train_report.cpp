#include "train_report.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <system_error>

#include "pnlp/base/error.hpp"
#include "pnlp/io/json.hpp"

namespace pnlp::cmd {
namespace {

constexpr auto kBetweenLines = std::chrono::milliseconds(170);

// "on all records, teacher 1 of 2, " while it is trained.
std::string stage_text(const EpochReport& report) {
  std::string text = report.again ? "on all records, " : "";
  if (report.teacher != 0)
    text += fmt::format("teacher {} of {}, ", report.teacher, report.teachers);
  return text;
}

std::string metrics_text(const std::vector<std::pair<std::string, double>>& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format(", {} {:.4f}", name, value);
  return text;
}

}  // namespace

EpochLog::EpochLog(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "ae")) {
  if (!file_) {
    throw Error(ErrorKind::io, fmt::format("{}: cannot open the log: {}", path,
                                           std::generic_category().message(errno)));
  }
}

void EpochLog::append(const EpochReport& report) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  if (report.again) json.key("again").value(true);
  if (report.teacher != 0) json.key("teacher").value(std::uint64_t{report.teacher});
  json.key("epoch").value(std::uint64_t{report.epoch});
  json.key("epochs").value(std::uint64_t{report.epochs});
  json.key("step").value(report.step);
  json.key("loss").value(report.loss);
  json.key("learning_rate").value(report.learning_rate);
  json.key("gradient_norm").value(report.gradient_norm);
  json.key("dev").begin_object();
  for (const auto& [name, value] : report.dev) json.key(name).value(value);
  json.end_object();
  json.key("best").value(report.best);
  json.key("seconds").value(report.seconds);
  json.end_object();
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() ||
      std::fflush(file_.get()) != 0) {
    throw Error(ErrorKind::io, fmt::format("{}: cannot write the log: {}", path_,
                                           std::generic_category().message(errno)));
  }
}

void ProgressLine::show(const EpochReport& report) {
  if (!messages_.shows_progress()) return;
  if (first_step_ == 0 || report.teacher != teacher_ || report.again != again_) {
    teacher_ = report.teacher;
    again_ = report.again;
    first_step_ = report.step;
    first_seconds_ = report.seconds;
  }
  const Clock::time_point now = Clock::now();
  if (now - shown_ < kBetweenLines) return;
  shown_ = now;
  std::string text = fmt::format("{}epoch {}/{}  loss {:.4f}", stage_text(report), report.epoch,
                                 report.epochs, report.loss);
  const double seconds = report.seconds - first_seconds_;
  if (report.step > first_step_ && seconds > 0) {
    const double rate = static_cast<double>(report.step - first_step_) / seconds;
    text += fmt::format("  {:.0f} records/s  {} left", rate * batch_,
                        duration_text(static_cast<double>(report.steps - report.step) / rate));
  }
  messages_.progress(text);
}

std::string epoch_text(const EpochReport& report) {
  return fmt::format("{}epoch {} of {}: loss {:.4f}{}{}", stage_text(report), report.epoch,
                     report.epochs, report.loss, metrics_text(report.dev),
                     report.best && !report.again ? ", the best so far" : "");
}

std::string summary_text(const TrainResult& result) {
  if (result.again) {
    return fmt::format("trained on all records; without those held out{}",
                       metrics_text(result.dev).substr(1));
  }
  return fmt::format("best epoch {}{}", result.best_epoch, metrics_text(result.dev));
}

std::string interrupted_text(const TrainResult& result) {
  if (result.checkpoint_epochs == 0) {
    return fmt::format(
        "interrupted before {} was written: the same command with --resume begins there",
        result.checkpoint);
  }
  return fmt::format(
      "interrupted; {} holds the first {} epoch{}: the same command with --resume "
      "goes on from there",
      result.checkpoint, result.checkpoint_epochs, result.checkpoint_epochs == 1 ? "" : "s");
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(std::max(0.0, seconds)));
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace pnlp::cmd

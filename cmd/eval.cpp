// pnlp eval: what predictions are worth, by gold records.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/evaluation.hpp"
#include "pnlp/task/report.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

// METRIC>=VALUE or METRIC<=VALUE.
struct Requirement {
  std::string metric;
  bool at_least = true;
  double value = 0;
  std::string text;

  bool met(double measured) const { return at_least ? measured >= value : measured <= value; }
};

[[noreturn]] void refuse_requirement(const std::string& text, const std::string& why) {
  throw Error(ErrorKind::usage, fmt::format("'{}' {}; write for example 'accuracy>=0.9' or "
                                            "'accuracy>=90%'",
                                            text, why));
}

Requirement parse_requirement(const std::string& text) {
  const auto sign = text.find_first_of("<>");
  if (sign == std::string::npos || sign + 1 >= text.size() || text[sign + 1] != '=') {
    refuse_requirement(text, "is not METRIC>=VALUE nor METRIC<=VALUE");
  }
  Requirement requirement;
  requirement.text = text;
  requirement.metric = text.substr(0, sign);
  requirement.at_least = text[sign] == '>';
  check_metric_name(requirement.metric);
  std::string_view number = std::string_view(text).substr(sign + 2);
  const bool per_cent = number.ends_with('%');
  if (per_cent) number.remove_suffix(1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), requirement.value);
  if (error != std::errc() || end != number.data() + number.size()) {
    refuse_requirement(text, "has no number after the sign");
  }
  if (per_cent) requirement.value /= 100;
  if (!(requirement.value >= 0 && requirement.value <= 1)) {
    refuse_requirement(text, "asks for a share that is not within 0 and 1");
  }
  return requirement;
}

class Eval : public Command {
 public:
  void declare(Options& options) override {
    options.section("Input");
    declare_format(options, evaluate_.reader);
    declare_faults(options, evaluate_.reader, false);
    declare_files(options, files_, "gold records, or feature streams of pnlp project");
    options.section("Predictions");
    options.file(model_, "model,m", "predict the gold records by this model", "MODEL");
    options.files(predictions_, "predictions,p",
                  "JSONL of pnlp predict, matched with the gold records; without -m and -p each "
                  "gold record carries its own prediction");
    options.text(evaluate_.into, "into", "NAME", "field that holds the prediction");
    options.choice<MatchBy>(evaluate_.match, "by", "WHAT", "how predictions find their gold record",
                            {{"order", MatchBy::order}, {"id", MatchBy::id}});
    options.choice<UnknownLabels>(
        evaluate_.unknown_labels, "unknown-labels", "WHAT",
        "what a gold label or span label is that the model does not know",
        {{"error", UnknownLabels::error}, {"wrong", UnknownLabels::wrong}});
    options
        .real(how_.predict.threshold, "threshold", "P",
              "several labels: give those from this probability on", 0, 1)
        .shown_default("the model's");
    options.real(how_.predict.min_score, "min-score", "P",
                 "one label: below this probability the label is null", 0, 1);
    options.section("Output");
    declare_output(options, output_);
    options.flag(json_, "json", "write everything as JSON instead of a table");
    options.text(metric_, "metric", "METRIC", "write only this metric's value, from 0 to 1");
    options.file(html_, "html", "write a page for a browser to FILE, too");
    options.text(title_, "title", "TEXT", "title of that page");
    options.integer(confusions_, "confusions", "N", "most pairs of confused labels in the table", 0,
                    1000000);
    options.integer(resamples_, "bootstrap", "N",
                    "resamples of the records that the 95 % intervals come from; 0: no intervals",
                    0, 1000000);
    options.integer(seed_, "seed", "N", "seed of the resampling", 0,
                    std::numeric_limits<std::uint64_t>::max());
    options.texts(require_, "require", "METRIC>=VALUE",
                  "exit with 1 if the metric is below (or with <= above) the value; may be "
                  "repeated");
    declare_threads(options, how_.threads);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    check(options);
    for (const std::string& text : require_) requirements_.push_back(parse_requirement(text));
    const Messages messages(options.command(), verbosity_);
    OutputFile file(output_);
    const EvaluateResult result = evaluate();
    // First, because what it asks for may not be measured: then nothing is written.
    const std::vector<std::string> failures = unmet(result.evaluation);
    write(result, file);
    if (result.dropped_spans > 0) {
      messages.warn(fmt::format("{} gold span{} left out: longer ones overlap them",
                                result.dropped_spans, result.dropped_spans == 1 ? "" : "s"));
    }
    if (result.skipped > 0) {
      messages.warn(fmt::format("{} malformed record{} skipped; the first: {}", result.skipped,
                                result.skipped == 1 ? "" : "s", result.first_failure));
    }
    for (const std::string& failure : failures) messages.warn(failure);
    return failures.empty() && result.skipped == 0 ? kDone : kNegative;
  }

 private:
  void check(const Options& options) const {
    if (!metric_.empty()) check_metric_name(metric_);
    if (json_ && !metric_.empty()) {
      throw Error(ErrorKind::usage, "--json and --metric exclude each other");
    }
    if (!model_.empty() && !predictions_.empty()) {
      throw Error(ErrorKind::usage,
                  "--model and --predictions exclude each other: the model would predict again");
    }
    const bool gold_is_stdin =
        files_.empty() || std::find(files_.begin(), files_.end(), "-") != files_.end();
    if (gold_is_stdin &&
        std::find(predictions_.begin(), predictions_.end(), "-") != predictions_.end()) {
      throw Error(ErrorKind::usage,
                  "gold records and predictions cannot both come from standard input; name a file");
    }
    const auto only = [&](std::initializer_list<const char*> names, bool allowed,
                          const char* with) {
      for (const char* name : names) {
        if (options.given(name) && !allowed) {
          throw Error(ErrorKind::usage, fmt::format("--{} makes sense only with {}", name, with));
        }
      }
    };
    only({"threshold", "min-score", "unknown-labels"}, !model_.empty(), "--model");
    only({"by"}, !predictions_.empty(), "--predictions");
    only({"into"}, model_.empty(), "written predictions, not with --model");
    only({"title"}, !html_.empty(), "--html");
  }

  EvaluateResult evaluate() {
    if (!predictions_.empty()) return evaluate_predictions(files_, predictions_, evaluate_);
    if (model_.empty()) return evaluate_predicted(files_, evaluate_);
    const auto model = std::make_shared<const ModelFile>(load_model(model_));
    if (how_.predict.threshold && model->config.task != Task::multilabel) {
      throw Error(
          ErrorKind::usage,
          fmt::format("{}: the model gives one label: use --min-score, not --threshold", model_));
    }
    return evaluate_model(model, files_, evaluate_, how_);
  }

  void write(const EvaluateResult& result, OutputFile& file) const {
    const bool only_metric = !metric_.empty() && html_.empty();
    const Report report =
        make_report(result.evaluation, only_metric ? 0 : resamples_, seed_, result.skipped);
    if (!metric_.empty()) {
      file.write(fmt::format("{}\n", result.evaluation.metric(metric_)));
    } else {
      file.write(json_ ? report_json(report) : report_table(report, confusions_));
    }
    if (html_.empty()) {
      file.commit();
      return;
    }
    OutputFile page(html_);
    page.write(report_html(report, title_));
    file.commit();
    page.commit();
  }

  // A message for each requirement that is not met.
  std::vector<std::string> unmet(const Evaluation& evaluation) const {
    std::vector<std::string> failures;
    for (const Requirement& requirement : requirements_) {
      const double measured = evaluation.metric(requirement.metric);
      if (requirement.met(measured)) continue;
      failures.push_back(fmt::format("{} is {:.4f}, but {} is required", requirement.metric,
                                     measured, requirement.text));
    }
    return failures;
  }

  EvaluateOptions evaluate_;
  ModelEvaluation how_;
  std::vector<std::string> files_;
  std::string model_;
  std::vector<std::string> predictions_;
  std::string output_ = "-";
  bool json_ = false;
  std::string metric_;
  std::string html_;
  std::string title_ = "Evaluation";
  std::uint64_t confusions_ = 10;
  std::uint32_t resamples_ = 1000;
  std::uint64_t seed_ = 0;
  std::vector<std::string> require_;
  std::vector<Requirement> requirements_;
  Verbosity verbosity_;
};

}  // namespace

std::unique_ptr<Command> make_eval() {
  return std::make_unique<Eval>();
}

}  // namespace pnlp::cmd

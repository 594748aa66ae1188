// pnlp quantize: the weights and the products of a model in 8 bits, and what that costs.
#include <fmt/format.h>

#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/quantization.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

class Quantize : public Command {
 public:
  void declare(Options& options) override {
    options.operands(files_, "MODEL", "a model of pnlp train", 1, 1);
    options.section("Cost");
    options.files(
        dev_, "dev",
        "labelled records by which both models are measured (may be given several times)");
    declare_format(options, evaluate_.reader);
    declare_faults(options, evaluate_.reader, false);
    options.choice<UnknownLabels>(
        evaluate_.unknown_labels, "unknown-labels", "WHAT",
        "what a gold label or span label is that the model does not know",
        {{"error", UnknownLabels::error}, {"wrong", UnknownLabels::wrong}});
    options.flag(json_, "json", "write the cost as a JSON object");
    options.section("Output");
    options.file(output_, "output,o", "the model in 8 bits", "MODEL");
    options.flag(force_, "force", "write the model to a terminal all the same");
    declare_threads(options, threads_);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    const Messages messages(options.command(), verbosity_);
    check(options);
    OutputFile file(output_);
    if (file.is_terminal() && !force_) {
      throw Error(ErrorKind::usage,
                  "a model is binary and standard output is a terminal; use -o FILE or --force");
    }
    const auto before = std::make_shared<const ModelFile>(load_model(files_.front()));
    if (before->weight_format == WeightFormat::int8_products) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: the model is in 8 bits already", files_.front()));
    }
    const auto after = std::make_shared<const ModelFile>(quantize(*before));
    QuantizationCost cost;
    if (!dev_.empty()) cost = quantization_cost(before, after, dev_, evaluate_, threads_);
    const std::string bytes = encode_model(*after);
    file.write(bytes);
    file.commit();
    messages.detail(fmt::format("{}: {} bytes", output_, bytes.size()));
    if (dev_.empty()) return kDone;
    OutputFile report("-");
    report.write(json_ ? json_text(cost) : table(cost));
    report.commit();
    if (cost.skipped == 0) return kDone;
    messages.warn(fmt::format("{} malformed record{} skipped; the first: {}", cost.skipped,
                              cost.skipped == 1 ? "" : "s", cost.first_failure));
    return kNegative;
  }

 private:
  void check(const Options& options) const {
    if (output_.empty()) {
      throw Error(ErrorKind::usage, "no place for the model; name a file with -o MODEL");
    }
    if (!dev_.empty()) {
      if (output_ == "-") {
        throw Error(ErrorKind::usage,
                    "the model and the cost on --dev cannot both go to standard output; name a "
                    "file with -o");
      }
      return;
    }
    for (const char* name : {"format", "on-error", "invalid-utf8", "max-line", "overlapping-spans",
                             "unknown-labels", "json"}) {
      if (options.given(name)) {
        throw Error(ErrorKind::usage, fmt::format("--{} makes sense only with --dev", name));
      }
    }
  }

  static std::string table(const QuantizationCost& cost) {
    std::string out = fmt::format(
        "{} records; {:.2f} % are labelled as before\n\n{:<14}{:>9}{:>9}"
        "{:>9}\n",
        cost.records, 100 * cost.equal_share(), "metric", "before", "after", "change");
    for (const QuantizationCost::Metric& metric : cost.metrics) {
      out += fmt::format("{:<14}{:>8.2f}%{:>8.2f}%{:>+9.2f}\n", metric.name, 100 * metric.before,
                         100 * metric.after, 100 * (metric.after - metric.before));
    }
    return out;
  }

  static std::string json_text(const QuantizationCost& cost) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.key("records").value(cost.records);
    json.key("equal").value(cost.equal_share());
    json.key("metrics").begin_object();
    for (const QuantizationCost::Metric& metric : cost.metrics) {
      json.key(metric.name).begin_object();
      json.key("before").value(metric.before).key("after").value(metric.after).end_object();
    }
    json.end_object();
    json.end_object();
    return out + "\n";
  }

  std::vector<std::string> files_;
  std::vector<std::string> dev_;
  EvaluateOptions evaluate_;
  std::string output_;
  bool json_ = false;
  bool force_ = false;
  int threads_ = 1;
  Verbosity verbosity_;
};

}  // namespace

std::unique_ptr<Command> make_quantize() {
  return std::make_unique<Quantize>();
}

}  // namespace pnlp::cmd

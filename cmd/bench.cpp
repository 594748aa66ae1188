// pnlp bench: where the time of a prediction goes on this machine.
#include <fmt/format.h>

#include "measure.hpp"
#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/model_source.hpp"
#include "pnlp/task/predictor.hpp"
#include "pnlp/text/record_writer.hpp"
#include "sample_model.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

constexpr std::size_t kBatch = 256;    // as predict's
constexpr double kLeastSeconds = 0.1;  // of a run
constexpr double kNoisy = 0.2;         // spread from which numbers are not to be trusted
constexpr double kWaiting = 0.1;       // and share of the time without a processor
constexpr const char* kOneRecord = "wake me at seven tomorrow\n";

struct Stage {
  std::string name;
  Timing timing;
};

struct Report {
  std::uint64_t records = 0;
  std::uint64_t tokens = 0;
  std::vector<Stage> stages;
  double gflops = 0;       // 10^9 operations a second, in fp32 or of bytes
  double peak_gflops = 0;  // of one core, in the same
  double startup_seconds = 0;
  std::uint64_t peak_memory = 0;

  double spread() const {
    double widest = 0;
    for (const Stage& stage : stages) widest = std::max(widest, stage.timing.spread);
    return widest;
  }
  double waiting() const {
    double longest = 0;
    for (const Stage& stage : stages) longest = std::max(longest, stage.timing.waiting);
    return longest;
  }
  bool noisy() const { return spread() > kNoisy || waiting() > kWaiting; }
};

class Bench : public Command {
 public:
  void declare(Options& options) override {
    options.section("Input");
    options.operands(files_, "FILE", "records to measure with: lines, JSONL, TSV, fastText, CoNLL",
                     1);
    declare_format(options, reader_);
    declare_faults(options, reader_, false);
    options.section("Measuring");
    options.file(model_, "model,m", "the model", "MODEL").shown_default("the installed sample");
    options.integer(repeats_, "repeat", "N", "runs of each stage; the median counts", 1, 1000);
    declare_threads(options, threads_);
    options.section("Output");
    declare_output(options, output_);
    options.flag(json_, "json", "write a JSON object");
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    const Messages messages(options.command(), verbosity_);
    for (const std::string& file : files_) {
      if (file == "-") {
        throw Error(ErrorKind::usage,
                    "standard input cannot be read several times; give a file of records");
      }
      if (is_feature_stream(file)) {
        throw Error(ErrorKind::usage,
                    fmt::format("{}: a feature stream has no text; give the records", file));
      }
    }
    if (model_.empty()) model_ = find_sample_model();
    model_file_ = std::make_shared<const ModelFile>(load_model(model_));
    OutputFile file(output_);
    Report report;
    measure_stages(report);
    measure_program(options, report);
    file.write(json_ ? json_text(report) : table(report));
    file.commit();
    if (report.noisy()) {
      messages.warn(fmt::format(
          "the machine is too noisy to trust these numbers: runs of one stage differ "
          "by {:.0f} %, and up to {:.0f} % of the time other programs had the processor",
          100 * report.spread(), 100 * report.waiting()));
    }
    return kDone;
  }

 private:
  bool eight_bit() const { return model_file_->weight_format == WeightFormat::int8_products; }

  void measure_stages(Report& report) {
    std::vector<Record> records;
    const auto add = [&](const char* name, const std::function<Elapsed()>& work) {
      report.stages.push_back({name, measure(repeats_, kLeastSeconds, work)});
    };
    add("read", [&] { return elapsed_in([&] { read_all(records); }); });
    if (records.empty()) throw Error(ErrorKind::data, "there is not one record to measure with");

    // Fresh caches each time: real input does not come twice.
    const Featurizer featurizer(source_of(*model_file_));
    std::vector<FeatureRecord> features(records.size());
    add("tokenize+project", [&] {
      const std::unique_ptr<Featurizer> fresh = featurizer.clone();
      return elapsed_in([&] {
        for (std::size_t i = 0; i < records.size(); ++i) fresh->featurize(records[i], features[i]);
      });
    });

    const Predictor predictor(model_file_, PredictOptions());
    std::vector<Prediction> predictions(records.size());
    add("predict", [&] {
      report.peak_gflops = std::max(report.peak_gflops, gemm_peak(eight_bit()));
      const std::unique_ptr<Predictor> fresh = predictor.clone();
      return elapsed_in([&] {
        for (std::size_t i = 0; i < features.size(); i += kBatch) {
          const std::size_t count = std::min(kBatch, features.size() - i);
          fresh->predict(std::span(features).subspan(i, count),
                         std::span(predictions).subspan(i, count));
        }
      });
    });
    add("write", [&] { return elapsed_in([&] { write_all(records, predictions); }); });

    const Network network(model_file_->config);
    double operations = 0;
    for (const FeatureRecord& record : features) {
      report.tokens += record.tokens.size();
      operations += network.flops(
          std::min<std::size_t>(record.tokens.size(), model_file_->config.max_tokens));
    }
    report.records = records.size();
    report.gflops = operations / report.stages[2].timing.median * 1e-9;
  }

  void read_all(std::vector<Record>& records) const {
    RecordReader reader(files_, reader_);
    std::size_t count = 0;
    for (;; ++count) {
      if (count == records.size()) records.emplace_back();
      if (!reader.next(records[count])) break;
    }
    records.resize(count);
  }

  void write_all(const std::vector<Record>& records,
                 const std::vector<Prediction>& predictions) const {
    OutputFile sink("/dev/null");
    std::string json;
    std::string line;
    for (std::size_t i = 0; i < records.size(); ++i) {
      json.clear();
      line.clear();
      append_prediction(json, predictions[i], model_file_->config.task);
      append_record(line, records[i], "bench", json);
      sink.write(line);
    }
    sink.commit();
  }

  // The whole program as a child: once for all records, and for one record to see what starting
  // costs.
  void measure_program(const Options& options, Report& report) const {
    std::vector<std::string> arguments = {
        "predict", "-q", "-m", model_, "--into", "bench", "--threads", std::to_string(threads_)};
    const std::vector<std::string> alone = {"predict", "-q", "-m", model_, "--threads", "1"};
    for (const Option& option : options.all()) {
      if (option.section == "Input" && !option.given_values.empty()) {
        arguments.push_back(fmt::format("--{}={}", option.name, option.given_values.back()));
      }
    }
    arguments.emplace_back("--");
    arguments.insert(arguments.end(), files_.begin(), files_.end());
    std::vector<double> seconds;
    std::vector<double> starts;
    for (std::uint32_t run = 0; run < repeats_; ++run) {
      const ChildRun child = run_program(arguments, "");
      seconds.push_back(child.seconds);
      report.peak_memory = std::max(report.peak_memory, child.peak_memory);
      starts.push_back(run_program(alone, kOneRecord).seconds);
    }
    report.stages.push_back({"program", summarize(std::move(seconds))});
    report.startup_seconds = summarize(std::move(starts)).median;
  }

  std::string table(const Report& report) const {
    std::string out = fmt::format("{} records, {} tokens; median of {} runs\n\n", report.records,
                                  report.tokens, repeats_);
    out += fmt::format("{:<18}{:>12}{:>12}{:>14}{:>10}{:>10}\n", "stage", "rows/s", "us/row",
                       "tokens/s", "spread", "waiting");
    for (const Stage& stage : report.stages) {
      const double rows = static_cast<double>(report.records) / stage.timing.median;
      const double tokens = static_cast<double>(report.tokens) / stage.timing.median;
      out +=
          fmt::format("{:<18}{:>12.0f}{:>12.2f}{:>14.0f}{:>8.0f} %{:>8.0f} %\n", stage.name, rows,
                      1e6 / rows, tokens, 100 * stage.timing.spread, 100 * stage.timing.waiting);
    }
    out += fmt::format(
        "\nStages run on one thread; the program on {}, from its start to its end.\n"
        "predict       {:.1f} {}/s, {:.0f} % of this core's {:.1f}\n"
        "start-up      {:.1f} ms to label one record\n"
        "peak memory   {:.1f} MB of the program\n",
        threads_, report.gflops, eight_bit() ? "GOP" : "GFLOP",
        100 * report.gflops / report.peak_gflops, report.peak_gflops, 1e3 * report.startup_seconds,
        static_cast<double>(report.peak_memory) * 1e-6);
    return out;
  }

  std::string json_text(const Report& report) const {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.key("records").value(report.records);
    json.key("tokens").value(report.tokens);
    json.key("runs").value(std::uint64_t{repeats_});
    json.key("threads").value(threads_);
    json.key("stages").begin_array();
    for (const Stage& stage : report.stages) {
      const double rows = static_cast<double>(report.records) / stage.timing.median;
      json.begin_object().key("name").value(stage.name);
      json.key("rows_per_second").value(rows);
      json.key("microseconds_per_row").value(1e6 / rows);
      json.key("tokens_per_second").value(static_cast<double>(report.tokens) / stage.timing.median);
      json.key("spread").value(stage.timing.spread);
      json.key("waiting").value(stage.timing.waiting).end_object();
    }
    json.end_array();
    json.key("products").value(std::string_view(eight_bit() ? "8-bit" : "fp32"));
    json.key("gflops").value(report.gflops);
    json.key("peak_gflops").value(report.peak_gflops);
    json.key("startup_milliseconds").value(1e3 * report.startup_seconds);
    json.key("peak_memory_bytes").value(report.peak_memory);
    json.key("noisy").value(report.noisy());
    json.end_object();
    return out + "\n";
  }

  ReaderOptions reader_;
  std::vector<std::string> files_;
  std::string model_;
  std::uint32_t repeats_ = 5;
  int threads_ = 1;
  std::string output_ = "-";
  bool json_ = false;
  Verbosity verbosity_;
  std::shared_ptr<const ModelFile> model_file_;
};

}  // namespace

std::unique_ptr<Command> make_bench() {
  return std::make_unique<Bench>();
}

}  // namespace pnlp::cmd

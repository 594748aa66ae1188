// pnlp predict: labels, scores and slots for records or for streams of fingerprints.
#include <fmt/format.h>

#include <atomic>

#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/workers.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/predictor.hpp"
#include "pnlp/text/record_writer.hpp"
#include "prediction_text.hpp"
#include "record_pipeline.hpp"
#include "sample_model.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

// What one thread needs of its own.
struct Labeller {
  std::unique_ptr<Featurizer> featurizer;  // null when features are read
  std::unique_ptr<Predictor> predictor;    // null before the thread has work
  std::vector<Prediction> predictions;
  std::string json;
};

class Predict : public Command {
 public:
  void declare(Options& options) override {
    options.section("Input");
    declare_format(options, reader_);
    declare_faults(options, reader_);
    declare_files(options, files_, "records, or feature streams of pnlp project");
    options.section("Prediction");
    options
        .files(models_, "model,m",
               "the model (given several times: the mean of their probabilities decides)", "MODEL")
        .shown_default("the installed sample");
    options.integer(predict_.top, "top", "K", "list the K best labels with their probabilities", 1,
                    1000000);
    options.flag(predict_.all_scores, "scores",
                 "list the probability of every label, and of every word's tags");
    options
        .real(predict_.threshold, "threshold", "P",
              "several labels: give those from this probability on", 0, 1)
        .shown_default("the model's");
    options.real(predict_.min_score, "min-score", "P",
                 "one label: below this probability the label is null", 0, 1);
    options.section("Output");
    declare_output(options, output_);
    options.text(into_, "into", "NAME", "field that the prediction is added under");
    options.flag(tsv_, "tsv", "write tab-separated values with a header");
    options.flag(line_buffered_, "line-buffered", "write each record as soon as it is read");
    declare_threads(options, threads_);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    const Messages messages(options.command(), verbosity_);
    if (tsv_) refuse_given(options, {"into"}, "makes no sense with --tsv");
    if (models_.empty()) models_ = {find_sample_model()};
    open_model(options, messages);
    OutputFile file(output_);
    int status = kDone;
    if (reads_features()) {
      refuse_given(options, kReaderOptions, "makes no sense with a feature stream");
      predict_features(file);
    } else {
      status = predict_records(file, messages);
    }
    file.commit();
    if (cut_ > 0) {
      messages.warn(fmt::format("{} texts were longer than the {} tokens that the model reads",
                                cut_.load(), labellers_[0].predictor->config().max_tokens));
    }
    return status;
  }

 private:
  void open_model(const Options& options, const Messages& messages) {
    std::vector<Predictor::Member> members;
    for (const std::string& name : models_) {
      members.push_back({name, std::make_shared<const ModelFile>(load_model(name))});
    }
    const std::string& model = models_.front();
    labellers_.resize(static_cast<std::size_t>(threads_));
    labellers_[0].predictor = std::make_unique<Predictor>(members, predict_);
    task_ = labellers_[0].predictor->config().task;
    if (!has_label(task_) && predict_.top > 1) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: the model gives slots, no labels: --top makes no sense", model));
    }
    if (options.given("min-score") && (task_ == Task::multilabel || !has_label(task_))) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: --min-score is for models that give one label", model));
    }
    if (predict_.threshold && task_ != Task::multilabel) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: --threshold is for models that give several labels", model));
    }
    for (const std::string& name : models_)
      messages.detail(fmt::format("model {}: {}", name, task_name(task_)));
  }

  bool reads_features() const {
    const std::string first = files_.empty() ? "-" : files_.front();
    return is_feature_stream(first);
  }

  // Made by the thread that first needs it: short inputs have work for one.
  Labeller& labeller_of(int worker) {
    const Labeller& first = labellers_.front();
    Labeller& labeller = labellers_[static_cast<std::size_t>(worker)];
    if (!labeller.predictor) {
      labeller.predictor = first.predictor->clone();
      if (first.featurizer) labeller.featurizer = first.featurizer->clone();
    }
    return labeller;
  }

  int predict_records(OutputFile& file, const Messages& messages) {
    labellers_[0].featurizer = std::make_unique<Featurizer>(
        labellers_[0].predictor->source(), labellers_[0].predictor->remembered_words());
    if (tsv_) file.write(tsv_header(task_, true));
    RecordReader reader(files_, reader_);
    PipelineOptions pipeline;
    pipeline.threads = threads_;
    pipeline.line_buffered = line_buffered_;
    run_records(reader, file, pipeline,
                [&](RecordBatch& batch, int worker) { label_records(labeller_of(worker), batch); });
    Featurizer::CacheCounts counts;
    for (const Labeller& labeller : labellers_) {
      if (labeller.featurizer) counts += labeller.featurizer->cache_counts();
    }
    say_hit_rate(messages, counts);
    return report_failed(reader, reader_.on_error, messages);
  }

  void label_records(Labeller& labeller, RecordBatch& batch) {
    predict_numbered(labeller, batch);
    for (std::size_t i = 0; i < batch.count; ++i) {
      const Record& record = batch.records[i];
      const Prediction& prediction = labeller.predictions[i];
      if (tsv_) {
        append_tsv(batch.out, record.id, &record.text, prediction, task_);
        continue;
      }
      labeller.json.clear();
      if (record.malformed) {
        labeller.json = "null";
      } else {
        append_prediction(labeller.json, prediction, task_);
      }
      append_record(batch.out, record, into_, labeller.json);
    }
  }

  void predict_features(OutputFile& file) {
    FeatureReader reader(files_);
    const std::string difference = labellers_[0].predictor->source().difference(reader.source());
    if (!difference.empty()) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: the stream was not made for this model: {}; project it again "
                              "with -m {}",
                              files_.empty() ? "standard input" : files_.front(), difference,
                              models_.front()));
    }
    if (tsv_) file.write(tsv_header(task_, false));
    PipelineOptions pipeline;
    pipeline.threads = threads_;
    pipeline.line_buffered = line_buffered_;
    run_features(reader, file, pipeline, [&](RecordBatch& batch, int worker) {
      Labeller& labeller = labeller_of(worker);
      predict_features(labeller, batch);
      for (std::size_t i = 0; i < batch.count; ++i) {
        append_stream_record(batch.out, batch.features[i], labeller.predictions[i]);
      }
    });
  }

  void predict_numbered(Labeller& labeller, RecordBatch& batch) {
    Featurizer& featurizer = *labeller.featurizer;
    featurizer.renew();
    batch.numbered.resize(batch.records.size());
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (batch.records[i].malformed) {
        batch.numbered[i] = NumberedRecord();
      } else {
        featurizer.number(batch.records[i], batch.numbered[i]);
      }
    }
    labeller.predictor->predict(featurizer.rows(), featurizer.generation(),
                                std::span(batch.numbered).first(batch.count),
                                room_for_predictions(labeller, batch));
    count_cut(labeller, batch);
  }

  void predict_features(Labeller& labeller, const RecordBatch& batch) {
    labeller.predictor->predict(std::span(batch.features).first(batch.count),
                                room_for_predictions(labeller, batch));
    count_cut(labeller, batch);
  }

  static std::span<Prediction> room_for_predictions(Labeller& labeller, const RecordBatch& batch) {
    labeller.predictions.resize(std::max(labeller.predictions.size(), batch.count));
    return std::span(labeller.predictions).first(batch.count);
  }

  void count_cut(const Labeller& labeller, const RecordBatch& batch) {
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (labeller.predictions[i].cut_tokens > 0) ++cut_;
    }
  }

  // A stream carries no text: its records are an id, if they had one, and the prediction.
  void append_stream_record(std::string& out, const FeatureRecord& record,
                            const Prediction& prediction) const {
    if (tsv_) {
      append_tsv(out, record.id, nullptr, prediction, task_);
      return;
    }
    std::string json;
    append_prediction(json, prediction, task_);
    JsonWriter line(out);
    line.begin_object();
    if (!record.id.empty()) line.key("id").raw(record.id);
    line.key(into_).raw(json);
    line.end_object();
    out += '\n';
  }

  ReaderOptions reader_;
  std::vector<std::string> files_;
  std::vector<std::string> models_;
  PredictOptions predict_;
  std::string output_ = "-";
  std::string into_ = "prediction";
  bool tsv_ = false;
  bool line_buffered_ = false;
  int threads_ = 1;
  Verbosity verbosity_;

  Task task_ = Task::label;
  std::vector<Labeller> labellers_;
  std::atomic<std::uint64_t> cut_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_predict() {
  return std::make_unique<Predict>();
}

}  // namespace pnlp::cmd

// A model's predictions of gold records, made in parallel and counted in the order of input.
#include <fmt/format.h>

#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/base/workers.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/task/evaluation.hpp"
#include "pnlp/task/evaluation_gold.hpp"
#include "pnlp/task/evaluation_outcome.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kBatch = 128;  // records

struct Batch {
  std::size_t count = 0;
  std::vector<Record> gold = std::vector<Record>(kBatch);
  std::vector<FeatureRecord> features = std::vector<FeatureRecord>(kBatch);
  std::vector<Prediction> predictions = std::vector<Prediction>(kBatch);
};

// Where gold records with their features come from: texts, whose features the workers make, or a
// feature stream.
class Source {
 public:
  Source(const std::vector<std::string>& paths, ReaderOptions options, const FeatureSource& model)
      : name_(joint_name(paths)) {
    if (!are_feature_streams(paths)) {
      options.need_text = true;
      records_ = std::make_unique<RecordReader>(paths, std::move(options));
      return;
    }
    features_ = std::make_unique<FeatureReader>(paths);
    const std::string difference = model.difference(features_->source());
    if (!difference.empty()) {
      throw Error(ErrorKind::data, {name_, 0},
                  fmt::format("these features are not of the model's kind: {}; project the texts "
                              "again with the model's tokenizer and projection",
                              difference));
    }
  }

  bool has_features() const { return features_ != nullptr; }

  bool read(Batch& batch) {
    batch.count = 0;
    while (batch.count < kBatch && next(batch.gold[batch.count], batch.features[batch.count])) {
      if (!batch.gold[batch.count].malformed) ++batch.count;
    }
    return batch.count > 0;
  }

  const std::string& name() const { return name_; }
  std::uint64_t failed() const { return records_ ? records_->failed() : 0; }
  std::uint64_t dropped_spans() const { return records_ ? records_->dropped_spans() : 0; }
  std::string first_failure() const { return records_ ? records_->first_failure() : ""; }

 private:
  bool next(Record& gold, FeatureRecord& features) {
    if (records_) return records_->next(gold);
    if (!features_->next(features)) return false;
    gold_of_features(features, {name_, features_->records()}, gold);
    return true;
  }

  std::string name_;
  std::unique_ptr<RecordReader> records_;
  std::unique_ptr<FeatureReader> features_;
};

struct Worker {
  std::unique_ptr<Featurizer> featurizer;  // null: features come from a stream
  std::unique_ptr<Predictor> predictor;

  void predict(Batch& batch) const {
    for (std::size_t i = 0; featurizer && i < batch.count; ++i) {
      featurizer->featurize(batch.gold[i], batch.features[i]);
      // Those of the most probable tags, where only probabilities are given.
      batch.gold[i].has_spans = batch.features[i].has_spans;
      batch.gold[i].spans = batch.features[i].spans;
    }
    predictor->predict(std::span(batch.features).first(batch.count),
                       std::span(batch.predictions).first(batch.count));
  }
};

std::vector<Worker> make_workers(std::unique_ptr<Predictor> predictor, bool has_features,
                                 const ModelEvaluation& how) {
  std::unique_ptr<Featurizer> featurizer;
  if (!has_features) {
    featurizer = std::make_unique<Featurizer>(predictor->source(), how.cache_words);
  }
  std::vector<Worker> workers;
  for (int i = 1; i < how.threads; ++i) {
    workers.push_back({featurizer ? featurizer->clone() : nullptr, predictor->clone()});
  }
  workers.push_back({std::move(featurizer), std::move(predictor)});
  return workers;
}

}  // namespace

EvaluateResult evaluate_model(const std::shared_ptr<const ModelFile>& model,
                              const std::vector<std::string>& gold, const EvaluateOptions& options,
                              const ModelEvaluation& how) {
  if (how.threads < 1) {
    throw Error(ErrorKind::usage,
                fmt::format("{} threads cannot work; at least 1 must", how.threads));
  }
  PredictOptions predict = how.predict;
  predict.top = 1;
  predict.all_scores = model->config.task == Task::multilabel;
  auto predictor = std::make_unique<Predictor>(model, predict);
  Source source(gold, options.reader, predictor->source());
  const auto workers = make_workers(std::move(predictor), source.has_features(), how);

  EvaluateResult result;
  OutcomeMaker maker(options, &model->config);
  std::vector<Batch> batches(2 * workers.size());
  run_pipeline(
      how.threads, batches.size(), [&](std::size_t slot) { return source.read(batches[slot]); },
      [&](std::size_t slot, int worker) {
        workers[static_cast<std::size_t>(worker)].predict(batches[slot]);
      },
      [&](std::size_t slot) {
        const Batch& batch = batches[slot];
        for (std::size_t i = 0; i < batch.count; ++i) {
          if (how.each) how.each(batch.predictions[i]);
          maker.add(batch.gold[i], from_prediction(batch.predictions[i], model->config.task),
                    batch.gold[i].place, batch.features[i].tokens, result.evaluation);
        }
      });
  result.skipped = source.failed();
  result.first_failure = source.first_failure();
  result.dropped_spans = source.dropped_spans();
  if (result.evaluation.records() == 0) {
    throw Error(ErrorKind::data, {source.name(), 0}, "there is no record to evaluate");
  }
  return result;
}

}  // namespace pnlp

#include "pnlp/task/predictor.hpp"

#include "pnlp/io/json.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/model_source.hpp"
#include "pnlp/task/self_test.hpp"

namespace pnlp {

struct Predictor::State {
  State(std::shared_ptr<const ModelFile> file_, std::shared_ptr<const SharedModel> shared_,
        std::shared_ptr<const FeatureSource> source_, PredictOptions options_)
      : file(std::move(file_)),
        shared(std::move(shared_)),
        source(std::move(source_)),
        options(options_),
        inference(shared) {}

  std::shared_ptr<const ModelFile> file;
  std::shared_ptr<const SharedModel> shared;
  std::shared_ptr<const FeatureSource> source;
  PredictOptions options;
  Inference inference;
};

Predictor::Predictor(std::shared_ptr<const ModelFile> model, PredictOptions options) {
  const auto source = std::make_shared<FeatureSource>(source_of(*model));
  check_channels(model->config, *source);
  const auto shared = std::make_shared<SharedModel>(*model);
  check_self_test(shared, model->self_test);
  state_ = std::make_unique<State>(std::move(model), shared, source, options);
}

Predictor::~Predictor() = default;

std::unique_ptr<Predictor> Predictor::clone() const {
  auto copy = std::unique_ptr<Predictor>(new Predictor);
  copy->state_ =
      std::make_unique<State>(state_->file, state_->shared, state_->source, state_->options);
  return copy;
}

void Predictor::predict(std::span<const FeatureRecord> records, std::span<Prediction> out) {
  state_->inference.predict(records, state_->options, out);
}

const ModelConfig& Predictor::config() const {
  return state_->shared->config;
}
const FeatureSource& Predictor::source() const {
  return *state_->source;
}

namespace {

void write_weights(JsonWriter& json, const std::vector<LabelWeight>& weights) {
  json.begin_array();
  for (const LabelWeight& weight : weights) {
    json.begin_object()
        .key("label")
        .value(weight.name)
        .key("score")
        .value(weight.weight)
        .end_object();
  }
  json.end_array();
}

}  // namespace

void append_prediction(std::string& out, const Prediction& prediction, Task task) {
  JsonWriter json(out);
  json.begin_object();
  if (task == Task::multilabel) {
    json.key("labels");
    write_weights(json, prediction.labels);
  } else if (has_label(task)) {
    json.key("label");
    if (prediction.label) {
      json.value(*prediction.label);
    } else {
      json.null();
    }
    json.key("score").value(prediction.score);
  }
  if (!prediction.top.empty()) {
    json.key("top");
    write_weights(json, prediction.top);
  }
  if (!prediction.scores.empty()) {
    json.key("scores").begin_object();
    for (const LabelWeight& score : prediction.scores) json.key(score.name).value(score.weight);
    json.end_object();
  }
  if (has_tags(task)) {
    json.key("tags").begin_array();
    for (const std::string& tag : prediction.tags) json.value(tag);
    json.end_array();
    json.key("spans").begin_array();
    for (const Span& span : prediction.spans) {
      json.begin_object()
          .key("start")
          .value(static_cast<std::uint64_t>(span.start))
          .key("end")
          .value(static_cast<std::uint64_t>(span.end))
          .key("label")
          .value(span.label)
          .end_object();
    }
    json.end_array();
  }
  json.end_object();
}

}  // namespace pnlp

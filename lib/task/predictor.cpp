#include "pnlp/task/predictor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/task/agreement.hpp"
#include "pnlp/task/ensemble.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/model_source.hpp"
#include "pnlp/task/self_test.hpp"

namespace pnlp {

struct Predictor::State {
  // What all clones share.
  struct Shared {
    std::vector<std::shared_ptr<const ModelFile>> files;
    std::vector<std::shared_ptr<const SharedModel>> models;
    FeatureSource source;
    PredictOptions options;
  };

  explicit State(std::shared_ptr<const Shared> shared_) : shared(std::move(shared_)) {
    const auto& models = shared->models;
    for (const auto& model : models) inferences.push_back(std::make_unique<Inference>(model));
    if (models.size() > 1) ensemble = std::make_unique<EnsembleDecoder>(models);
  }

  std::shared_ptr<const Shared> shared;
  std::vector<std::unique_ptr<Inference>> inferences;  // one a model
  std::unique_ptr<EnsembleDecoder> ensemble;           // null: one model
};

Predictor::Predictor(std::shared_ptr<const ModelFile> model, PredictOptions options)
    : Predictor(std::vector<Member>{{.name = "the model", .model = std::move(model)}}, options) {}

Predictor::Predictor(std::span<const Member> members, PredictOptions options) {
  if (members.empty()) throw Error(ErrorKind::usage, "there is no model to predict with");
  const auto shared = std::make_shared<State::Shared>();
  shared->options = options;
  for (const Member& member : members) {
    FeatureSource source = source_of(*member.model);
    check_channels(member.model->config, source);
    if (shared->models.empty()) {
      shared->source = std::move(source);
    } else {
      check_agreement(member.name, member.model->config, members.front().name,
                      members.front().model->config);
      const std::string difference = source.difference(shared->source);
      if (!difference.empty()) {
        throw Error(ErrorKind::data, fmt::format("{} does not read the features of {}: {}",
                                                 member.name, members.front().name, difference));
      }
    }
    shared->files.push_back(member.model);
    shared->models.push_back(std::make_shared<SharedModel>(*member.model));
    check_self_test(shared->models.back(), member.model->self_test);
  }
  state_ = std::make_unique<State>(shared);
}

Predictor::~Predictor() = default;

std::unique_ptr<Predictor> Predictor::clone() const {
  auto copy = std::unique_ptr<Predictor>(new Predictor);
  copy->state_ = std::make_unique<State>(state_->shared);
  return copy;
}

void Predictor::predict(std::span<const FeatureRecord> records, std::span<Prediction> out) {
  State& state = *state_;
  if (state.ensemble) {
    state.ensemble->predict(state.inferences, records, state.shared->options, out);
  } else {
    state.inferences.front()->predict(records, state.shared->options, out);
  }
}

void Predictor::predict(const NumberedWords& rows, std::uint64_t generation,
                        std::span<const NumberedRecord> records, std::span<Prediction> out) {
  State& state = *state_;
  if (state.ensemble) {
    state.ensemble->predict(state.inferences, rows, generation, records, state.shared->options,
                            out);
  } else {
    state.inferences.front()->predict(rows, generation, records, state.shared->options, out);
  }
}

std::size_t Predictor::remembered_words() const {
  // The words of a batch may come on top.
  constexpr std::size_t kMost = Inference::kRememberedFloats / 4 * 3;
  std::size_t words = Inference::kRememberedWords;
  for (const auto& model : state_->shared->models) {
    const std::size_t width = model->network.bottleneck().width();
    words = std::min(words, kMost / width);
  }
  return words;
}

const ModelConfig& Predictor::config() const {
  return state_->ensemble ? state_->ensemble->config() : state_->shared->models.front()->config;
}
const FeatureSource& Predictor::source() const {
  return state_->shared->source;
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

void write_object(JsonWriter& json, const std::vector<LabelWeight>& weights) {
  json.begin_object();
  for (const LabelWeight& weight : weights) json.key(weight.name).value(weight.weight);
  json.end_object();
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
    json.key("scores");
    write_object(json, prediction.scores);
  }
  if (has_tags(task)) {
    json.key("tags").begin_array();
    for (const std::string& tag : prediction.tags) json.value(tag);
    json.end_array();
    if (!prediction.tag_scores.empty()) {
      json.key("tag_scores").begin_array();
      for (const TagWeights& token : prediction.tag_scores) write_object(json, token);
      json.end_array();
    }
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

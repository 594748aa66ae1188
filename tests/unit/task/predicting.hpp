// What the tests of prediction share: models of random weights, and records to be predicted.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pnlp/model/network.hpp"
#include "pnlp/task/model_source.hpp"
#include "task/toy.hpp"

namespace predicting {

using namespace pnlp;

// Random weights: decisions are as good as none, and every tag and label occurs.
inline ModelFile random_model(Task task, std::uint32_t max_tokens = 4096, std::uint64_t seed = 1,
                              std::uint32_t ngrams = 0) {
  ModelFile model;
  model.config.task = task;
  model.config.shape = toy::options().shape;
  model.config.shape.layers = 2;
  model.config.shape.word_ngrams = ngrams;
  model.config.shape.ngram_weights = 4096;
  model.config.max_tokens = max_tokens;
  model.config.channels = {{"minhash", 8, 128}, {"word", 1, 128}};
  if (has_label(task)) model.config.labels = {"a", "b", "c", "d"};
  if (has_tags(task)) model.config.slots = {"x", "y"};
  const Network network(model.config);
  std::vector<float> weights(network.layout().size());
  network.layout().initialize(weights.data(), seed);
  for (float& weight : weights) weight *= 2;
  if (const NgramHead* head = network.ngrams()) {  // its table begins as zeros
    Random random(seed);
    for (float& weight : std::span(weights).subspan(head->table(), head->table_size()))
      weight = static_cast<float>(random.uniform()) - 0.5F;
  }
  model.weights = std::move(weights);
  model.feature_source = encode_source(toy::source(), true);
  return model;
}

// Texts of 0 to 20 words, some of them common.
inline std::vector<FeatureRecord> random_records(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<FeatureRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text;
    for (std::uint64_t words = random.below(21); words > 0; --words)
      text += "w" + std::to_string(random.below(random.below(2) == 0 ? 10 : 5000)) + " ";
    records.push_back(toy::features(text));
  }
  return records;
}

inline FeatureRecord numbered_words(std::size_t count, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "n" + std::to_string(first + i) + " ";
  return toy::features(text);
}

inline void check_same(const Prediction& a, const Prediction& b) {
  CHECK(a.label == b.label);
  CHECK(a.score == b.score);
  CHECK(a.labels == b.labels);
  CHECK(a.top == b.top);
  CHECK(a.scores == b.scores);
  CHECK(a.tags == b.tags);
  CHECK(a.tag_scores == b.tag_scores);
  CHECK(a.spans == b.spans);
  CHECK(a.cut_tokens == b.cut_tokens);
}

inline PredictOptions everything() {
  PredictOptions options;
  options.top = 3;
  options.all_scores = true;
  return options;
}

inline std::shared_ptr<const ModelFile> shared(ModelFile model) {
  return std::make_shared<const ModelFile>(std::move(model));
}

inline std::string json_of(const Prediction& prediction, Task task) {
  std::string out = "before ";
  append_prediction(out, prediction, task);
  return out.substr(7);
}

inline std::string refused(const ModelFile& model) {
  return toy::refusal(ErrorKind::data, [&] { const Predictor predictor(shared(model), {}); });
}

}  // namespace predicting

#include "pnlp/task/ensemble.hpp"

#include <algorithm>
#include <cmath>

namespace pnlp {
namespace {

ModelConfig common_config(std::span<const std::shared_ptr<const SharedModel>> models) {
  ModelConfig common = models.front()->config;
  common.temperature = 1;  // means are of calibrated probabilities
  float thresholds = 0;
  for (const auto& model : models) {
    const ModelConfig& config = model->config;
    thresholds += config.threshold;
    common.max_tokens = std::min(common.max_tokens, config.max_tokens);
    if (config.label_slots.empty()) common.label_slots.clear();
    for (std::size_t i = 0; i < common.label_slots.size(); ++i)
      common.label_slots[i] |= config.label_slots[i];
  }
  common.threshold = thresholds / static_cast<float>(models.size());
  return common;
}

// Logits that give these probabilities back: by softmax, or each by the logistic function.
void logits_from(std::span<const float> probabilities, bool independent,
                 std::vector<float>& logits) {
  constexpr double kLeast = 1e-30;
  logits.resize(probabilities.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double p = std::max(static_cast<double>(probabilities[i]), kLeast);
    const double rest = independent ? std::max(1.0 - p, kLeast) : 1.0;
    logits[i] = static_cast<float>(std::log(p) - std::log(rest));
  }
}

}  // namespace

EnsembleDecoder::EnsembleDecoder(std::span<const std::shared_ptr<const SharedModel>> models)
    : config_(common_config(models)), labels_(config_), decoder_(config_, labels_) {}

void EnsembleDecoder::predict(std::span<const std::unique_ptr<Inference>> models,
                              std::span<const FeatureRecord> records, const PredictOptions& options,
                              std::span<Prediction> out) {
  means_.assign(records.size(), {});
  const float share = 1.0F / static_cast<float>(models.size());
  for (const auto& model : models) model->add_probabilities(records, share, means_);
  decode_all(records, options, out);
}

void EnsembleDecoder::predict(std::span<const std::unique_ptr<Inference>> models,
                              const NumberedWords& rows, std::uint64_t generation,
                              std::span<const NumberedRecord> records,
                              const PredictOptions& options, std::span<Prediction> out) {
  means_.assign(records.size(), {});
  const float share = 1.0F / static_cast<float>(models.size());
  for (const auto& model : models)
    model->add_probabilities(rows, generation, records, share, means_);
  decode_all(records, options, out);
}

template <typename AnyRecord>
void EnsembleDecoder::decode_all(std::span<const AnyRecord> records, const PredictOptions& options,
                                 std::span<Prediction> out) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    decode(records[i].tokens, means_[i], options, out[i]);
  }
}

void EnsembleDecoder::decode(std::span<const ByteRange> tokens, Inference::Probabilities& means,
                             const PredictOptions& options, Prediction& out) {
  RecordLogits logits;
  logits_from(means.labels, config_.task == Task::multilabel, label_logits_);
  logits.labels = label_logits_;
  const std::size_t k = config_.tags();
  rows_.clear();
  if (k != 0) {
    const std::size_t read = std::min<std::size_t>(tokens.size(), config_.max_tokens);
    means.tags.resize(read * k);
    logits_from(means.tags, false, tag_logits_);
    for (std::size_t i = 0; i < read; ++i) rows_.push_back(tag_logits_.data() + i * k);
  }
  logits.tags = rows_;
  logits.tag_probabilities = means.tags;
  decoder_.decode(tokens, logits, options, out);
}

}  // namespace pnlp

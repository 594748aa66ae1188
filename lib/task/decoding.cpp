#include "pnlp/task/decoding.hpp"

#include <algorithm>
#include <numeric>

#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/loss.hpp"
#include "pnlp/text/bio.hpp"

namespace pnlp {
namespace {

constexpr float kLeastTagScore = 1e-4F;  // less probable tags are not listed

}  // namespace

void label_probabilities(const ModelConfig& config, const float* logits, float* probabilities) {
  const std::size_t k = config.labels.size();
  for (std::size_t i = 0; i < k; ++i) probabilities[i] = logits[i] / config.temperature;
  if (config.task == Task::multilabel) {
    for (std::size_t i = 0; i < k; ++i) probabilities[i] = sigmoid(probabilities[i]);
  } else {
    pnlp::probabilities(probabilities, k, probabilities);
  }
}

void OutcomeDecoder::decode(std::span<const ByteRange> tokens, const RecordLogits& logits,
                            const PredictOptions& options, Prediction& out) {
  out = Prediction{};
  out.cut_tokens = static_cast<std::uint32_t>(
      tokens.size() - std::min<std::size_t>(tokens.size(), config_.max_tokens));
  std::optional<std::size_t> label;
  if (has_tags(config_.task)) {
    label = decode_tags(tokens, logits, out);
    if (options.all_scores) list_tag_scores(tokens.size(), logits.tag_probabilities, out);
  }
  if (!logits.labels.empty()) decode_label(logits.labels, label, options, out);
}

void OutcomeDecoder::decode_label(std::span<const float> logits, std::optional<std::size_t> decided,
                                  const PredictOptions& options, Prediction& out) {
  const std::size_t k = config_.labels.size();
  probabilities_.resize(k);
  label_probabilities(config_, logits.data(), probabilities_.data());
  const auto named = [&](std::size_t i) {
    return LabelWeight{config_.labels[i], probabilities_[i]};
  };
  if (options.all_scores) {
    for (std::size_t i = 0; i < k; ++i) out.scores.push_back(named(i));
  }
  const std::size_t best = decided.value_or(
      static_cast<std::size_t>(std::ranges::max_element(probabilities_) - probabilities_.begin()));
  out.score = probabilities_[best];
  const bool several = config_.task == Task::multilabel;
  if (several || options.top > 1) {
    order_.resize(k);
    std::iota(order_.begin(), order_.end(), 0U);
    std::ranges::stable_sort(order_,
                             [&](auto a, auto b) { return probabilities_[a] > probabilities_[b]; });
  }
  // What was decided leads the list, whatever its probability on its own.
  if (decided && options.top > 1) {
    const auto place = std::ranges::find(order_, static_cast<std::uint32_t>(best));
    std::rotate(order_.begin(), place, place + 1);
  }
  if (several) {
    const float threshold = options.threshold.value_or(config_.threshold);
    for (const std::uint32_t i : order_) {
      if (probabilities_[i] >= threshold) out.labels.push_back(named(i));
    }
  } else if (out.score >= options.min_score) {
    out.label = config_.labels[best];
  }
  if (options.top > 1) {
    for (std::size_t i = 0; i < std::min<std::size_t>(options.top, k); ++i)
      out.top.push_back(named(order_[i]));
  }
}

std::optional<std::size_t> OutcomeDecoder::decode_tags(std::span<const ByteRange> tokens,
                                                       const RecordLogits& logits,
                                                       Prediction& out) {
  tags_.assign(tokens.size(), 0);
  const std::span<const std::uint8_t> label_slots = config_.label_slots;
  std::optional<std::size_t> label;
  if (!logits.labels.empty() && !label_slots.empty()) {
    label = joint_.decode(logits.labels, logits.tags.data(), logits.tags.size(), config_.tags(),
                          label_slots, logits.crf, tags_.data());
  } else {
    decoder_.decode(logits.tags.data(), logits.tags.size(), config_.tags(), {}, logits.crf,
                    tags_.data());
  }
  out.tags.reserve(tags_.size());
  for (const std::int32_t tag : tags_) out.tags.push_back(labels_.tag(tag));
  out.spans = spans_from_tags(tokens, out.tags);
  return label;
}

// Of tokens that were not read nothing is known.
void OutcomeDecoder::list_tag_scores(std::size_t tokens, std::span<const float> probabilities,
                                     Prediction& out) {
  const std::size_t k = config_.tags();
  if (k == 0) return;
  out.tag_scores.resize(tokens);
  for (std::size_t token = 0; token < probabilities.size() / k; ++token) {
    const std::span<const float> row = probabilities.subspan(token * k, k);
    const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    for (std::size_t i = 0; i < k; ++i) {
      if (row[i] < kLeastTagScore && i != best) continue;
      out.tag_scores[token].push_back({labels_.tag(static_cast<std::int32_t>(i)), row[i]});
    }
  }
}

}  // namespace pnlp

// From logits to a prediction: labels with their probabilities, and slots; of one model, or of what
// several say together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pnlp/model/config.hpp"
#include "pnlp/nn/decode.hpp"
#include "pnlp/task/label_space.hpp"
#include "pnlp/task/predictor.hpp"

namespace pnlp {

// What is said of one record.
struct RecordLogits {
  std::span<const float> labels;       // empty: no label (by the task, or for want of words)
  std::span<const float* const> tags;  // a row for each token that was read, in reading order
  const Transitions* crf = nullptr;    // of the tags' transitions, if they are weighed
  // Probabilities of tags, [tokens read][tags]; only for PredictOptions::all_scores.
  std::span<const float> tag_probabilities;
};

// Not thread-safe: keeps scratch memory. Keeps references to both arguments.
class OutcomeDecoder {
 public:
  OutcomeDecoder(const ModelConfig& config, const LabelSpace& labels)
      : config_(config), labels_(labels) {}

  // `tokens`: all of the record's.
  void decode(std::span<const ByteRange> tokens, const RecordLogits& logits,
              const PredictOptions& options, Prediction& out);

 private:
  // `decided`: the label, where tags had a say in it; else the most probable one.
  void decode_label(std::span<const float> logits, std::optional<std::size_t> decided,
                    const PredictOptions& options, Prediction& out);
  // Returns the label that the tags were decoded with; none without label logits, or if any slot
  // goes with any label.
  std::optional<std::size_t> decode_tags(std::span<const ByteRange> tokens,
                                         const RecordLogits& logits, Prediction& out);
  void list_tag_scores(std::size_t tokens, std::span<const float> probabilities, Prediction& out);

  const ModelConfig& config_;
  const LabelSpace& labels_;
  BioDecoder decoder_;
  JointDecoder joint_;
  std::vector<std::int32_t> tags_;
  std::vector<float> probabilities_;
  std::vector<std::uint32_t> order_;
};

// label_probabilities[K] of one row of label logits, by the task and the temperature.
void label_probabilities(const ModelConfig& config, const float* logits, float* probabilities);

}  // namespace pnlp

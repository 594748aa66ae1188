// Several models as one: their probabilities are averaged, and label and slots are decided by the
// means, together.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pnlp/task/decoding.hpp"
#include "pnlp/task/inference.hpp"

namespace pnlp {

// Not thread-safe: keeps scratch memory.
class EnsembleDecoder {
 public:
  // Of models whose tasks, labels and slots agree. A pair of label and slot that one of them allows
  // is allowed; the threshold is the mean of theirs; tokens that one of them does not read are not
  // read.
  explicit EnsembleDecoder(std::span<const std::shared_ptr<const SharedModel>> models);
  EnsembleDecoder(const EnsembleDecoder&) = delete;
  EnsembleDecoder& operator=(const EnsembleDecoder&) = delete;
  EnsembleDecoder(EnsembleDecoder&&) = delete;
  EnsembleDecoder& operator=(EnsembleDecoder&&) = delete;
  ~EnsembleDecoder() = default;

  // `models`: what runs them, one each. `out.size()` == `records.size()`.
  void predict(std::span<const std::unique_ptr<Inference>> models,
               std::span<const FeatureRecord> records, const PredictOptions& options,
               std::span<Prediction> out);
  // The same for records whose words are in `rows`, as Inference::predict().
  void predict(std::span<const std::unique_ptr<Inference>> models, const NumberedWords& rows,
               std::uint64_t generation, std::span<const NumberedRecord> records,
               const PredictOptions& options, std::span<Prediction> out);

  // What the models have in common.
  const ModelConfig& config() const { return config_; }

 private:
  // From means_.
  template <typename AnyRecord>
  void decode_all(std::span<const AnyRecord> records, const PredictOptions& options,
                  std::span<Prediction> out);
  void decode(std::span<const ByteRange> tokens, Inference::Probabilities& means,
              const PredictOptions& options, Prediction& out);

  ModelConfig config_;
  LabelSpace labels_;
  OutcomeDecoder decoder_;
  std::vector<Inference::Probabilities> means_;
  std::vector<float> label_logits_, tag_logits_;
  std::vector<const float*> rows_;
};

}  // namespace pnlp

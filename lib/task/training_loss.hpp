// The loss of one pass of the network over some of a batch's records, and its gradient by the
// logits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/nn/crf.hpp"
#include "pnlp/task/teachers.hpp"
#include "pnlp/task/trainer.hpp"
#include "pnlp/task/training_set.hpp"

namespace pnlp {

// What the network made of some records, and what they are to become.
struct TrainingPass {
  PackedBatch batch;
  NetworkMemory memory;
  const TeacherTargets* taught = nullptr;  // what teachers say of the records, where there are some
  std::vector<float> dense;                // gradients of the dense part
  std::vector<float> dlabel;               // [B][labels]: gradients of the label's logits
  std::vector<float> dngram;  // the same of word n-grams, where the loss has terms of them alone
  std::vector<float> dtags;   // [T][tags], packed order
  double loss = 0;
};

class TrainingLoss {
 public:
  // Keeps references to all.
  TrainingLoss(const ModelConfig& config, const Network& network, const TrainingSet& set,
               const TrainOptions& options);

  // Against gold targets and teachers. Sets pass.loss and the gradients of logits; adds those of
  // the CRF's transitions to pass.dense. `scale`: of a record's loss.
  void run(std::span<const float> weights, float scale, TrainingPass& pass);
  // Has each of two passes over the same records learn what the other answers, too, `weight` times
  // as much as its targets (R-Drop; Liang et al. 2021, here without the gradient through what is
  // learned). Changes both gradients and the first pass's loss.
  void draw_together(float weight, TrainingPass& a, TrainingPass& b) const;
  LabelGradients dlabel(const TrainingPass& pass) const;

 private:
  void blend(std::span<const float> taught, std::span<const std::int32_t> gold,
             std::span<const float> weights);
  double label_loss(float scale, TrainingPass& pass);
  double label_loss_of(std::size_t sequence, float scale, TrainingPass& pass);
  double tag_loss(float scale, TrainingPass& pass);
  double crf_loss(float scale, std::span<const float> weights, TrainingPass& pass);
  double crf_loss_of(std::size_t sequence, float scale, TrainingPass& pass);
  void read_soft_tags(const PackedBatch& batch, std::size_t begin);
  bool has_target(const PackedBatch& batch, std::size_t sequence) const;
  float tag_scale(float scale) const { return scale * static_cast<float>(options_.tag_weight); }
  // The recipe's, where the label has two sources.
  float separate_loss() const {
    return network_.ngrams() != nullptr ? static_cast<float>(options_.separate_loss) : 0.0F;
  }

  const ModelConfig& config_;
  const Network& network_;
  const TrainingSet& set_;
  const TrainOptions& options_;
  float sureness_;  // of the encoder, where the label has two sources

  // Scratch.
  std::vector<std::int32_t> labels_;  // what a row of logits is to become, sparsely
  std::vector<float> weights_;
  std::vector<float> sure_, dboth_;  // of a sequence
  std::optional<CrfLoss> crf_;
  std::vector<double> tag_logits_, log_targets_;  // of a sequence
  std::vector<std::int32_t> tags_;
};

}  // namespace pnlp

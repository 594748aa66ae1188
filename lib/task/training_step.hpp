// One optimizer step: the batch is cut into a fixed number of shards, each shard's gradient is
// computed by some thread, and gradients are added in the order of the shards. So the result does
// not depend on the number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pnlp/base/workers.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/nn/optimizer.hpp"
#include "pnlp/nn/table_optimizer.hpp"
#include "pnlp/task/slot_substitution.hpp"
#include "pnlp/task/teachers.hpp"
#include "pnlp/task/trainer.hpp"
#include "pnlp/task/training_set.hpp"

namespace pnlp {

struct StepReport {
  double loss = 0;           // sum over the batch's records, nats
  double gradient_norm = 0;  // before clipping
};

class TrainingStep {
 public:
  // Keeps references to all but `options`. `seed`: of noise and of slot substitution.
  TrainingStep(const ModelConfig& config, const Network& network, const TrainingSet& set,
               const TrainOptions& options, std::uint64_t seed, Workers& workers);
  ~TrainingStep();
  TrainingStep(const TrainingStep&) = delete;
  TrainingStep& operator=(const TrainingStep&) = delete;
  TrainingStep(TrainingStep&&) = delete;
  TrainingStep& operator=(TrainingStep&&) = delete;

  // Updates `weights` (and `average`, unless empty) from the records of one batch. `step` counts
  // from 0 and, with the seed, decides all noise. A loss that is not finite is reported, and the
  // step is not taken. Without an average, what a step changes in rows of the feature table that it
  // does not read may be put off until settle().
  StepReport run(std::span<const std::uint32_t> records, std::uint64_t step, double learning_rate,
                 std::span<float> weights, std::span<float> average, AdamState& adam);
  // From here on `weights` and `adam` are what all steps so far have made of them.
  void settle(std::span<float> weights, AdamState& adam);

 private:
  struct Shard;
  void draw(std::span<const std::uint32_t> records, std::uint64_t step);
  void cut();
  void pack(Shard& shard, std::size_t index, std::uint64_t step) const;
  void run_shard(Shard& shard, std::size_t index, std::uint64_t step, std::size_t batch,
                 std::span<const float> weights);
  std::uint64_t key(std::size_t shard, std::size_t pass, std::uint64_t step) const;
  TrainNoise noise(std::uint64_t key) const;
  float input_scale() const { return static_cast<float>(1 / (1 - options_.feature_drop)); }
  float ngram_scale() const { return static_cast<float>(1 / (1 - options_.ngram_drop)); }
  template <typename Visit>
  void for_each_pass(const Visit& visit) const;
  void reduce();
  double sum_of_squares();
  void update(const AdamOptions& how, double learning_rate, float scale, std::span<float> weights,
              AdamState& adam);

  const ModelConfig& config_;
  const Network& network_;
  const TrainingSet& set_;
  TrainOptions options_;
  std::uint64_t seed_;
  Workers& workers_;
  std::vector<std::unique_ptr<Shard>> shards_;
  SlotSubstitution substitution_;
  Teachers teachers_;
  SubstitutedBatch drawn_;
  std::vector<std::uint32_t> order_;
  std::vector<float> gradient_memory_;
  std::span<float> gradients_;  // as the arena
  std::size_t chunks_;          // of what stands before the feature table
  TableOptimizer table_;
  std::vector<double> squares_;  // by chunk, then by unit of the table
};

}  // namespace pnlp

// The state of a training run between two epochs, in a file of its own: what is needed to go on bit
// for bit.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pnlp/nn/optimizer.hpp"

namespace pnlp {

struct TrainingState {
  std::uint32_t epoch = 0;  // finished epochs
  std::uint64_t step = 0;
  std::vector<float> weights;
  std::vector<float> average;  // empty without weight averaging
  AdamState adam;

  std::uint32_t best_epoch = 0;  // 0: none yet
  std::vector<float> best_weights;
  std::vector<std::pair<std::string, double>> best_dev;
};

// `fingerprint` stands for the data and every option that shapes the result. Atomic: the old
// checkpoint stays until the new one is whole. Errors: io.
void save_checkpoint(const TrainingState& state, std::uint64_t fingerprint,
                     const std::string& path);

// Errors: io, data (not a checkpoint, damaged, of another run: says so when `fingerprint` or
// `weights` differ).
TrainingState load_checkpoint(const std::string& path, std::uint64_t fingerprint,
                              std::size_t weights);

}  // namespace pnlp

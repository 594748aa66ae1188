// The label's second source beside the encoded tokens: a bag of hashed word n-grams (Wang, Manning
// 2012; Joulin et al. 2016), whose rows are added up and mapped to logits.
#pragma once

#include <cstddef>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp {

struct NgramMemory {
  std::vector<float> sums;   // [B][C]
  std::vector<float> dsums;  // [B][C]
};

// sums[b] = scale / sqrt(n-grams of b) * sum of table rows; logits[b][K] += sums[b] * weight[C][K].
class NgramHead {
 public:
  // C is the least of `outputs` - 1 and kMostChannels, but 1 at least; rows as many as `weights`
  // allow, rounded up to whole blocks of kBlock weights.
  NgramHead(std::size_t weights, std::size_t outputs, ParameterLayout& layout);

  std::size_t table() const { return table_; }
  std::size_t table_size() const { return rows_ * channels_; }
  static std::size_t channels(std::size_t outputs);
  static std::size_t rows(std::size_t weights, std::size_t outputs);
  void forward(const float* w, const PackedBatch& batch, float scale, float* logits,
               NgramMemory& memory) const;
  // Adds to the gradient of everything but the table, and leaves memory.dsums for scatter().
  void backward(const float* w, const PackedBatch& batch, const float* dlogits, NgramMemory& memory,
                float* gradients) const;
  // Adds to the table's gradient dtable[rows][C]. `scale` as in forward().
  void scatter(const PackedBatch& batch, float scale, const NgramMemory& memory,
               float* dtable) const;

  static constexpr std::size_t kMostChannels = 16;
  // Weights of the table that share a scale in 8 bits: rows are too short for one of their own.
  static constexpr std::size_t kBlock = 64;

 private:
  std::size_t rows_, outputs_, channels_, weight_;
  std::size_t table_ = 0;
};

}  // namespace pnlp

// Softmax attention among the tokens of a segment, without its products of rows.
#pragma once

#include <cstddef>
#include <vector>

#include "pnlp/base/packed_batch.hpp"

namespace pnlp {

struct AttentionScratch {
  // Of one head of one segment of L tokens, D channels each: [L][D] without gaps, but the keys of
  // forward, [D][L].
  std::vector<float> queries, keys, values, turned_keys, mixed;
  std::vector<float> weights;  // [rows][L]
  std::vector<float> dweights, dqueries, dkeys, dvalues, dmixed;
  std::vector<float> zeros, kernels;
};

class Attention {
 public:
  // `heads` divides `channels`.
  Attention(std::size_t channels, std::size_t heads);
  // y[T][C] from qkv[T][3C], queries, keys and values: for each head of D channels,
  // y[i] = sum over j of values[j] softmax over j of (queries[i] . keys[j] / sqrt(D)). A segment's
  // rows have the same bits whatever others are in the batch.
  void forward(const PackedBatch& batch, const float* qkv, float* y,
               AttentionScratch& scratch) const;
  // dqkv[T][3C], overwritten, from dy[T][C].
  void backward(const PackedBatch& batch, const float* qkv, const float* dy, float* dqkv,
                AttentionScratch& scratch) const;
  double flops(std::size_t length) const;  // of a segment

 private:
  // One head of one segment.
  struct Head {
    std::size_t length, first_token, stride;  // rows between a token and the next one
    std::size_t channel;                      // the head's first one
  };
  template <typename Visit>
  void for_each_head(const PackedBatch& batch, const Visit& visit) const;
  // part[L][D] of x[T][width], its channels from `channel` on, times `scale`; and back.
  void gather(const Head& head, const float* x, std::size_t width, std::size_t channel, float scale,
              std::vector<float>& part) const;
  void scatter(const Head& head, const std::vector<float>& part, std::size_t width,
               std::size_t channel, float scale, float* x) const;
  void gather_all(const Head& head, const float* qkv, AttentionScratch& scratch) const;
  // weights[rows][L] of the queries from `row` on.
  void weigh(const Head& head, std::size_t row, std::size_t rows, AttentionScratch& scratch) const;

  std::size_t channels_, heads_, width_;
  float scale_;
};

}  // namespace pnlp

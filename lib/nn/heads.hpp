// The two heads over encoded tokens: one linear layer per token for tags; attention pooling and a
// linear layer for the label.
#pragma once

#include <cstddef>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/eight_bit.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp {

struct HeadMemory {
  std::vector<float>
      attention;               // [T] in reading order: weight of each token in its sequence's pool
  std::vector<float> pooled;   // [B][C]
  std::vector<float> dpooled;  // [B][C]
  std::vector<float> dattention;  // [T]
  std::vector<float> scratch;     // of kernels
  Scratch8 scratch8;
};

// logits[T][K] = x[T][C] * weight[C][K] + bias[K].
class LinearHead {
 public:
  LinearHead(const char* name, std::size_t channels, std::size_t outputs, ParameterLayout& layout);
  void forward(const float* w, const float* x, std::size_t rows, float* logits,
               HeadMemory& memory) const;
  Linear8 make_linear8(const float* w) const { return linear_.eight(w); }
  // dx is added to.
  void backward(const float* w, const float* x, const float* dlogits, std::size_t rows, float* dx,
                float* g) const;
  std::size_t outputs() const { return linear_.outputs(); }

 private:
  Linear linear_;
};

// pooled[b] = sum of x[t] softmax over the sequence of (x[t] . query); logits[B][K] by a linear
// layer. A sequence without tokens pools to zeros.
class PoolHead {
 public:
  PoolHead(std::size_t channels, std::size_t outputs, ParameterLayout& layout);
  // `linear8`: the linear layer in 8 bits, or null.
  void forward(const float* w, const PackedBatch& batch, const float* x, float* logits,
               HeadMemory& memory, const Linear8* linear8 = nullptr) const;
  Linear8 make_linear8(const float* w) const { return linear_.make_linear8(w); }
  // dx[T][C] is added to.
  void backward(const float* w, const PackedBatch& batch, const float* x, const float* dlogits,
                float* dx, HeadMemory& memory, float* g) const;
  std::size_t outputs() const { return linear_.outputs(); }

 private:
  std::size_t channels_, query_;
  LinearHead linear_;
};

}  // namespace pnlp

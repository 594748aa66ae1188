#include "pnlp/nn/heads.hpp"

#include <algorithm>

#include "pnlp/nn/layers.hpp"

namespace pnlp {
namespace {

PNLP_MULTIVERSION
float dot(const float* x, const float* y, std::size_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

}  // namespace

LinearHead::LinearHead(const char* name, std::size_t channels, std::size_t outputs,
                       ParameterLayout& layout)
    : linear_(name, channels, outputs, layout) {}

void LinearHead::forward(const float* w, const float* x, std::size_t rows, float* logits,
                         HeadMemory& memory) const {
  linear_.run(w, x, rows, false, false, logits, memory.scratch);
}

void LinearHead::backward(const float* w, const float* x, const float* dlogits, std::size_t rows,
                          float* dx, float* g) const {
  linear_.backward(w, x, dlogits, rows, true, dx, g);
}

PoolHead::PoolHead(std::size_t channels, std::size_t outputs, ParameterLayout& layout)
    : channels_(channels),
      query_(layout.add("pool.query", {channels}, Init::zero)),
      linear_("label", channels, outputs, layout) {}

void PoolHead::forward(const float* w, const PackedBatch& batch, const float* x, float* logits,
                       HeadMemory& memory, const Linear8* linear8) const {
  const std::size_t c = channels_;
  memory.attention.resize(batch.tokens());
  memory.pooled.assign(batch.sequences() * c, 0.0F);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const auto begin = static_cast<std::size_t>(batch.sequence_offsets[b]);
    const auto end = static_cast<std::size_t>(batch.sequence_offsets[b + 1]);
    if (begin == end) continue;
    float* attention = memory.attention.data();
    for (std::size_t at = begin; at < end; ++at) {
      attention[at] = dot(x + static_cast<std::size_t>(batch.token_order[at]) * c, w + query_, c);
    }
    probabilities(attention + begin, end - begin, attention + begin);
    for (std::size_t at = begin; at < end; ++at) {
      add_scaled(memory.pooled.data() + b * c,
                 x + static_cast<std::size_t>(batch.token_order[at]) * c, attention[at], c);
    }
  }
  if (linear8 != nullptr) {
    linear8->run(memory.pooled.data(), batch.sequences(), false, logits, memory.scratch8);
    return;
  }
  linear_.forward(w, memory.pooled.data(), batch.sequences(), logits, memory);
}

void PoolHead::backward(const float* w, const PackedBatch& batch, const float* x,
                        const float* dlogits, float* dx, HeadMemory& memory, float* g) const {
  const std::size_t c = channels_;
  memory.dpooled.assign(batch.sequences() * c, 0.0F);
  memory.dattention.resize(batch.tokens());
  linear_.backward(w, memory.pooled.data(), dlogits, batch.sequences(), memory.dpooled.data(), g);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const auto begin = static_cast<std::size_t>(batch.sequence_offsets[b]);
    const auto end = static_cast<std::size_t>(batch.sequence_offsets[b + 1]);
    const float* dpooled = memory.dpooled.data() + b * c;
    float mean = 0;
    for (std::size_t at = begin; at < end; ++at) {
      memory.dattention[at] =
          dot(dpooled, x + static_cast<std::size_t>(batch.token_order[at]) * c, c);
      mean += memory.attention[at] * memory.dattention[at];
    }
    for (std::size_t at = begin; at < end; ++at) {
      const auto token = static_cast<std::size_t>(batch.token_order[at]);
      const float dscore = memory.attention[at] * (memory.dattention[at] - mean);
      add_scaled(dx + token * c, dpooled, memory.attention[at], c);
      add_scaled(dx + token * c, w + query_, dscore, c);
      add_scaled(g + query_, x + token * c, dscore, c);
    }
  }
}

}  // namespace pnlp

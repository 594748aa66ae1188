#include "pnlp/nn/ngram_head.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/layers.hpp"

namespace pnlp {
namespace {

float share(const PackedBatch& batch, std::size_t sequence, float scale) {
  const auto count = static_cast<float>(batch.ngram_counts[sequence]);
  return count > 0 ? scale / std::sqrt(count) : 0.0F;
}

}  // namespace

std::size_t NgramHead::channels(std::size_t outputs) {
  return std::clamp<std::size_t>(outputs - 1, 1, kMostChannels);
}

// A multiple of kBlock, so that the table is of whole blocks.
std::size_t NgramHead::rows(std::size_t weights, std::size_t outputs) {
  const std::size_t block = kBlock * channels(outputs);
  return (weights + block - 1) / block * kBlock;
}

NgramHead::NgramHead(std::size_t weights, std::size_t outputs, ParameterLayout& layout)
    : rows_(rows(weights, outputs)), outputs_(outputs), channels_(channels(outputs)) {
  weight_ = layout.add("ngrams", {channels_, outputs_}, Init::normal, 1.0);
  table_ = layout.add("ngrams.table", {table_size() / kBlock, kBlock}, Init::zero);
}

void NgramHead::forward(const float* w, const PackedBatch& batch, float scale, float* logits,
                        NgramMemory& memory) const {
  const float* table = w + table_;
  memory.sums.assign(batch.sequences() * channels_, 0.0F);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    float* sums = memory.sums.data() + b * channels_;
    const auto begin = static_cast<std::size_t>(batch.ngram_offsets[b]);
    const auto end = static_cast<std::size_t>(batch.ngram_offsets[b + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      const float* row = table + static_cast<std::size_t>(batch.ngram_rows[i]) * channels_;
      for (std::size_t c = 0; c < channels_; ++c) sums[c] += row[c];
    }
    const float factor = share(batch, b, scale);
    for (std::size_t c = 0; c < channels_; ++c) {
      sums[c] *= factor;
      add_scaled(logits + b * outputs_, w + weight_ + c * outputs_, sums[c], outputs_);
    }
  }
}

void NgramHead::backward(const float* w, const PackedBatch& batch, const float* dlogits,
                         NgramMemory& memory, float* gradients) const {
  memory.dsums.resize(batch.sequences() * channels_);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const float* d = dlogits + b * outputs_;
    for (std::size_t c = 0; c < channels_; ++c) {
      const float* weight = w + weight_ + c * outputs_;
      float sum = 0;
      for (std::size_t k = 0; k < outputs_; ++k) sum += d[k] * weight[k];
      memory.dsums[b * channels_ + c] = sum;
      add_scaled(gradients + weight_ + c * outputs_, d, memory.sums[b * channels_ + c], outputs_);
    }
  }
}

void NgramHead::scatter(const PackedBatch& batch, float scale, const NgramMemory& memory,
                        float* dtable) const {
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const float factor = share(batch, b, scale);
    const float* dsums = memory.dsums.data() + b * channels_;
    const auto begin = static_cast<std::size_t>(batch.ngram_offsets[b]);
    const auto end = static_cast<std::size_t>(batch.ngram_offsets[b + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      float* row = dtable + static_cast<std::size_t>(batch.ngram_rows[i]) * channels_;
      for (std::size_t c = 0; c < channels_; ++c) row[c] += factor * dsums[c];
    }
  }
}

}  // namespace pnlp

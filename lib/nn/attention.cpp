#include "pnlp/nn/attention.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/onednn.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kBlockRows = 128;  // queries done at a time

// From the gradient of a softmax's outputs to that of its inputs, in place.
PNLP_MULTIVERSION
void softmax_backward(const float* weights, std::size_t n, float* d) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += weights[i] * d[i];
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) d[i] = weights[i] * (d[i] - sum);
}

}  // namespace

Attention::Attention(std::size_t channels, std::size_t heads)
    : channels_(channels),
      heads_(heads),
      width_(channels / heads),
      scale_(1.0F / std::sqrt(static_cast<float>(width_))) {}

template <typename Visit>
void Attention::for_each_head(const PackedBatch& batch, const Visit& visit) const {
  for (const SegmentGroup& group : batch.groups) {
    const auto count = static_cast<std::size_t>(group.count);
    for (std::size_t segment = 0; segment < count; ++segment) {
      for (std::size_t head = 0; head < heads_; ++head) {
        visit(Head{static_cast<std::size_t>(group.length),
                   static_cast<std::size_t>(group.first_token) + segment, count, head * width_});
      }
    }
  }
}

void Attention::gather(const Head& head, const float* x, std::size_t width, std::size_t channel,
                       float scale, std::vector<float>& part) const {
  part.resize(head.length * width_);
  for (std::size_t i = 0; i < head.length; ++i) {
    const float* from = x + (head.first_token + i * head.stride) * width + channel;
    for (std::size_t d = 0; d < width_; ++d) part[i * width_ + d] = scale * from[d];
  }
}

void Attention::scatter(const Head& head, const std::vector<float>& part, std::size_t width,
                        std::size_t channel, float scale, float* x) const {
  for (std::size_t i = 0; i < head.length; ++i) {
    float* to = x + (head.first_token + i * head.stride) * width + channel;
    for (std::size_t d = 0; d < width_; ++d) to[d] = scale * part[i * width_ + d];
  }
}

void Attention::gather_all(const Head& head, const float* qkv, AttentionScratch& scratch) const {
  const std::size_t width = 3 * channels_;
  gather(head, qkv, width, head.channel, scale_, scratch.queries);
  gather(head, qkv, width, channels_ + head.channel, 1.0F, scratch.keys);
  gather(head, qkv, width, 2 * channels_ + head.channel, 1.0F, scratch.values);
  scratch.turned_keys.resize(width_ * head.length);
  for (std::size_t j = 0; j < head.length; ++j) {
    for (std::size_t d = 0; d < width_; ++d) {
      scratch.turned_keys[d * head.length + j] = scratch.keys[j * width_ + d];
    }
  }
}

void Attention::weigh(const Head& head, std::size_t row, std::size_t rows,
                      AttentionScratch& scratch) const {
  scratch.zeros.resize(std::max({scratch.zeros.size(), head.length, width_}), 0.0F);
  scratch.weights.resize(rows * head.length);
  multiply_rows({.rows = rows,
                 .inputs = width_,
                 .outputs = head.length,
                 .x = scratch.queries.data() + row * width_,
                 .w = scratch.turned_keys.data(),
                 .bias = scratch.zeros.data(),
                 .y = scratch.weights.data()},
                scratch.kernels);
  for (std::size_t i = 0; i < rows; ++i) {
    float* weights = scratch.weights.data() + i * head.length;
    probabilities(weights, head.length, weights);
  }
}

void Attention::forward(const PackedBatch& batch, const float* qkv, float* y,
                        AttentionScratch& scratch) const {
  for_each_head(batch, [&](const Head& head) {
    gather_all(head, qkv, scratch);
    scratch.mixed.resize(head.length * width_);
    for (std::size_t row = 0; row < head.length; row += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, head.length - row);
      weigh(head, row, rows, scratch);
      multiply_rows({.rows = rows,
                     .inputs = head.length,
                     .outputs = width_,
                     .x = scratch.weights.data(),
                     .w = scratch.values.data(),
                     .bias = scratch.zeros.data(),
                     .y = scratch.mixed.data() + row * width_},
                    scratch.kernels);
    }
    scatter(head, scratch.mixed, channels_, head.channel, 1.0F, y);
  });
}

void Attention::backward(const PackedBatch& batch, const float* qkv, const float* dy, float* dqkv,
                         AttentionScratch& scratch) const {
  const std::size_t d = width_;
  const std::size_t width = 3 * channels_;
  for_each_head(batch, [&](const Head& head) {
    const std::size_t n = head.length;
    gather_all(head, qkv, scratch);
    gather(head, dy, channels_, head.channel, 1.0F, scratch.dmixed);
    weigh(head, 0, n, scratch);  // made again rather than kept
    scratch.dweights.resize(n * n);
    scratch.dqueries.resize(n * d);
    scratch.dkeys.resize(n * d);
    scratch.dvalues.resize(n * d);
    gemm(Transpose::yes, Transpose::no, n, d, n, scratch.weights.data(), n, scratch.dmixed.data(),
         d, false, scratch.dvalues.data(), d);
    gemm(Transpose::no, Transpose::yes, n, n, d, scratch.dmixed.data(), d, scratch.values.data(), d,
         false, scratch.dweights.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      softmax_backward(scratch.weights.data() + i * n, n, scratch.dweights.data() + i * n);
    }
    gemm(Transpose::no, Transpose::no, n, d, n, scratch.dweights.data(), n, scratch.keys.data(), d,
         false, scratch.dqueries.data(), d);
    gemm(Transpose::yes, Transpose::no, n, d, n, scratch.dweights.data(), n, scratch.queries.data(),
         d, false, scratch.dkeys.data(), d);
    scatter(head, scratch.dqueries, width, head.channel, scale_, dqkv);
    scatter(head, scratch.dkeys, width, channels_ + head.channel, 1.0F, dqkv);
    scatter(head, scratch.dvalues, width, 2 * channels_ + head.channel, 1.0F, dqkv);
  });
}

double Attention::flops(std::size_t length) const {
  const auto n = static_cast<double>(length);
  return 4.0 * n * n * static_cast<double>(channels_);
}

}  // namespace pnlp

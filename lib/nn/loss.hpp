// Losses in nats and their gradients with respect to logits. Sums, not means: callers scale.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pnlp/base/packed_batch.hpp"

namespace pnlp {

// Cross-entropy of one row against a target distribution given sparsely by `count` (label, weight)
// pairs, mixed with the uniform distribution by `smoothing`. dlogits[K] = scale * (softmax * sum of
// target - target). Returns the loss times `scale`.
double cross_entropy(const float* logits, std::size_t k, const std::int32_t* labels,
                     const float* weights, std::size_t count, float smoothing, float scale,
                     float* dlogits);

// Independent sigmoids: labels listed are 1 (or their weight), others 0. Numerically safe for any
// logit.
double sigmoid_cross_entropy(const float* logits, std::size_t k, const std::int32_t* labels,
                             const float* weights, std::size_t count, float smoothing, float scale,
                             float* dlogits);

// How far apart two rows of logits are: half of KL(p || q) + KL(q || p), where p and q are their
// softmax. da[K] and db[K] = scale times its gradients. Returns it times `scale`.
double softmax_divergence(const float* a, const float* b, std::size_t k, float scale, float* da,
                          float* db);
// The same of independent sigmoids, summed.
double sigmoid_divergence(const float* a, const float* b, std::size_t k, float scale, float* da,
                          float* db);

// 1 / (1 + exp(-x)) without overflow.
float sigmoid(float x);

}  // namespace pnlp

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

// Makes each of two answers to the same question a target of the other: a[n] and b[n] are logits,
// da and db their losses' gradients, which differ by as much as what is answered (probabilities, or
// expected numbers of a CRF), since targets are the same. Adds `weight` times the gradients of
// KL(b || a) by a and of KL(a || b) by b, the first argument taken as given. Returns `weight` times
// both divergences' sum, at the scale of da and db.
double draw_together(const float* a, const float* b, std::size_t n, float weight, float* da,
                     float* db);

// 1 / (1 + exp(-x)) without overflow.
float sigmoid(float x);

}  // namespace pnlp

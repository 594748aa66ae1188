#include "pnlp/nn/loss.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/layers.hpp"

namespace pnlp {

double cross_entropy(const float* logits, std::size_t k, const std::int32_t* labels,
                     const float* weights, std::size_t count, float smoothing, float scale,
                     float* dlogits) {
  double mass = 0;
  double expected = 0;  // sum of target * logit
  for (std::size_t i = 0; i < count; ++i) {
    mass += static_cast<double>(weights[i]);
    expected += static_cast<double>(weights[i]) * static_cast<double>(logits[labels[i]]);
  }
  const double uniform = mass * static_cast<double>(smoothing) / static_cast<double>(k);
  expected *= 1.0 - static_cast<double>(smoothing);
  if (smoothing > 0) {
    for (std::size_t i = 0; i < k; ++i) expected += uniform * static_cast<double>(logits[i]);
  }
  const double log_sum = softmax(logits, k, dlogits);
  const float factor = scale * static_cast<float>(mass);
  const float share = scale * static_cast<float>(uniform);
  for (std::size_t i = 0; i < k; ++i) dlogits[i] = dlogits[i] * factor - share;
  for (std::size_t i = 0; i < count; ++i) {
    dlogits[labels[i]] -= scale * weights[i] * (1.0F - smoothing);
  }
  return static_cast<double>(scale) * (mass * log_sum - expected);
}

double sigmoid_cross_entropy(const float* logits, std::size_t k, const std::int32_t* labels,
                             const float* weights, std::size_t count, float smoothing, float scale,
                             float* dlogits) {
  std::fill_n(dlogits, k, 0.5F * smoothing);  // holds the target first
  for (std::size_t i = 0; i < count; ++i) dlogits[labels[i]] += weights[i] * (1.0F - smoothing);
  double loss = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const auto x = static_cast<double>(logits[i]);
    const auto target = static_cast<double>(dlogits[i]);
    loss += std::max(x, 0.0) - x * target + std::log1p(std::exp(-std::abs(x)));
    dlogits[i] = scale * (sigmoid(logits[i]) - dlogits[i]);
  }
  return static_cast<double>(scale) * loss;
}

// With l = log p - log q = a - b + constant, it is half the sum of (p - q) l, and its gradient by a
// is half of p (l - sum of p l) + p - q.
PNLP_MULTIVERSION
double softmax_divergence(const float* a, const float* b, std::size_t k, float scale, float* da,
                          float* db) {
  const double sum_a = softmax(a, k, da);  // they hold p and q first
  const auto constant = static_cast<float>(softmax(b, k, db) - sum_a);
  float forth = 0;
  float back = 0;
#pragma omp simd reduction(+ : forth, back)
  for (std::size_t i = 0; i < k; ++i) {
    const float l = a[i] - b[i] + constant;
    forth += da[i] * l;
    back -= db[i] * l;
  }
  const float half = 0.5F * scale;
#pragma omp simd
  for (std::size_t i = 0; i < k; ++i) {
    const float l = a[i] - b[i] + constant;
    const float p = da[i];
    const float q = db[i];
    da[i] = half * (p * (l - forth) + p - q);
    db[i] = half * (q * (-l - back) + q - p);
  }
  return static_cast<double>(half * (forth + back));
}

double sigmoid_divergence(const float* a, const float* b, std::size_t k, float scale, float* da,
                          float* db) {
  const float half = 0.5F * scale;
  double sum = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const float p = sigmoid(a[i]);
    const float q = sigmoid(b[i]);
    const float l = a[i] - b[i];
    sum += static_cast<double>((p - q) * l);
    da[i] = half * (l * p * (1.0F - p) + p - q);
    db[i] = half * (-l * q * (1.0F - q) + q - p);
  }
  return 0.5 * static_cast<double>(scale) * sum;
}

float sigmoid(float x) {
  const float e = std::exp(-std::abs(x));
  return x >= 0 ? 1.0F / (1.0F + e) : e / (1.0F + e);
}

}  // namespace pnlp

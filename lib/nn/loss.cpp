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

PNLP_MULTIVERSION
double draw_together(const float* a, const float* b, std::size_t n, float weight, float* da,
                     float* db) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) {
    const float apart = weight * (da[i] - db[i]);
    sum += static_cast<double>(apart) * static_cast<double>(a[i] - b[i]);
    da[i] += apart;
    db[i] -= apart;
  }
  return sum;
}

float sigmoid(float x) {
  const float e = std::exp(-std::abs(x));
  return x >= 0 ? 1.0F / (1.0F + e) : e / (1.0F + e);
}

}  // namespace pnlp

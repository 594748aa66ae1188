#include "pnlp/nn/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pnlp/nn/layers.hpp"

namespace pnlp {
namespace {

PNLP_MULTIVERSION
void adam_loop(const AdamStep& s, std::size_t n, const float* gradients, float* weights,
               float* first, float* second) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) {
    const float g = gradients[i] * s.scale + s.decay * weights[i];
    first[i] = s.beta1 * first[i] + (1.0F - s.beta1) * g;
    second[i] = s.beta2 * second[i] + (1.0F - s.beta2) * g * g;
    weights[i] = weights[i] * s.shrink -
                 s.rate * first[i] / (std::sqrt(second[i] * s.correction2) + s.epsilon);
  }
}

PNLP_MULTIVERSION
void average_loop(float keep, std::size_t n, const float* weights, float* average) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) average[i] += keep * (weights[i] - average[i]);
}

PNLP_MULTIVERSION
float square_block(const float* values, std::size_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += values[i] * values[i];
  return sum;
}

}  // namespace

AdamStep adam_step(const AdamOptions& options, double learning_rate, std::uint64_t step,
                   float gradient_scale, bool decay) {
  const auto t = static_cast<double>(step);
  const double decay_rate = decay ? options.weight_decay : 0.0;
  AdamStep s{};
  s.beta1 = static_cast<float>(options.beta1);
  s.beta2 = static_cast<float>(options.beta2);
  s.epsilon = static_cast<float>(options.epsilon);
  s.rate = static_cast<float>(learning_rate / (1.0 - std::pow(options.beta1, t)));
  s.correction2 = static_cast<float>(1.0 / (1.0 - std::pow(options.beta2, t)));
  s.shrink = options.decoupled ? static_cast<float>(1.0 - learning_rate * decay_rate) : 1.0F;
  s.decay = options.decoupled ? 0.0F : static_cast<float>(decay_rate);
  s.scale = gradient_scale;
  return s;
}

void adam_update(const AdamStep& step, std::size_t begin, std::size_t end, const float* gradients,
                 float* weights, AdamState& state) {
  adam_loop(step, end - begin, gradients + begin, weights + begin, state.first.data() + begin,
            state.second.data() + begin);
}

void average_update(float decay, std::size_t begin, std::size_t end, const float* weights,
                    float* average) {
  average_loop(1.0F - decay, end - begin, weights + begin, average + begin);
}

double sum_of_squares(const float* values, std::size_t n) {
  constexpr std::size_t kBlock = 256;  // short sums in float, their sum in double
  double sum = 0;
  for (std::size_t at = 0; at < n; at += kBlock) {
    sum += static_cast<double>(square_block(values + at, std::min(kBlock, n - at)));
  }
  return sum;
}

double scheduled_rate(double peak, double warmup, bool cosine, std::uint64_t step,
                      std::uint64_t steps) {
  const auto at = static_cast<double>(step) + 1.0;
  const double all = std::max(1.0, static_cast<double>(steps));
  const double rise = warmup * all;
  if (at < rise) return peak * at / rise;
  if (!cosine) return peak;
  const double fallen = std::min(1.0, (at - rise) / std::max(1.0, all - rise));
  return peak * 0.5 * (1.0 + std::cos(std::numbers::pi * fallen));
}

}  // namespace pnlp

#include "pnlp/nn/layers.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/base/hash.hpp"
#include "pnlp/nn/logistic.hpp"

namespace pnlp {
namespace {

constexpr float kEpsilon = 1e-5F;

}  // namespace

PNLP_MULTIVERSION
void layer_norm_forward(const float* x, const float* gamma, const float* beta, std::size_t t,
                        std::size_t c, float* y, float* xhat, float* rstd) {
  const float scale = 1.0F / static_cast<float>(c);
  for (std::size_t row = 0; row < t; ++row, x += c, y += c) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < c; ++i) sum += x[i];
    const float mean = sum * scale;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (std::size_t i = 0; i < c; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0F / std::sqrt(squares * scale + kEpsilon);
    if (xhat != nullptr) {
      rstd[row] = inverse;
#pragma omp simd
      for (std::size_t i = 0; i < c; ++i) {
        xhat[i] = (x[i] - mean) * inverse;
        y[i] = gamma[i] * xhat[i] + beta[i];
      }
      xhat += c;
    } else {
#pragma omp simd
      for (std::size_t i = 0; i < c; ++i) {
        const float normalized = (x[i] - mean) * inverse;
        y[i] = gamma[i] * normalized + beta[i];
      }
    }
  }
}

PNLP_MULTIVERSION
void layer_norm_backward(const float* dy, const float* gamma, const float* xhat, const float* rstd,
                         std::size_t t, std::size_t c, float* dx, float* dgamma, float* dbeta) {
  const float scale = 1.0F / static_cast<float>(c);
  for (std::size_t row = 0; row < t; ++row, dy += c, xhat += c, dx += c) {
    float sum = 0;
    float dot = 0;
#pragma omp simd reduction(+ : sum, dot)
    for (std::size_t i = 0; i < c; ++i) {
      const float g = dy[i] * gamma[i];
      sum += g;
      dot += g * xhat[i];
    }
    sum *= scale;
    dot *= scale;
#pragma omp simd
    for (std::size_t i = 0; i < c; ++i) {
      dx[i] += rstd[row] * (dy[i] * gamma[i] - sum - xhat[i] * dot);
      dgamma[i] += dy[i] * xhat[i];
      dbeta[i] += dy[i];
    }
  }
}

PNLP_MULTIVERSION
void add_bias_rows(float* x, const float* bias, std::size_t rows, std::size_t c) {
  for (std::size_t row = 0; row < rows; ++row, x += c) {
#pragma omp simd
    for (std::size_t i = 0; i < c; ++i) x[i] += bias[i];
  }
}

PNLP_MULTIVERSION
void sum_rows(const float* dy, std::size_t rows, std::size_t c, float* dbias) {
  for (std::size_t row = 0; row < rows; ++row, dy += c) {
#pragma omp simd
    for (std::size_t i = 0; i < c; ++i) dbias[i] += dy[i];
  }
}

PNLP_MULTIVERSION
void gated_forward(const float* gates, std::size_t rows, std::size_t c, float* y) {
  for (std::size_t row = 0; row < rows; ++row, gates += 2 * c, y += c) {
#pragma omp simd
    for (std::size_t i = 0; i < c; ++i) y[i] = gates[i] * logistic(gates[c + i]);
  }
}

PNLP_MULTIVERSION
void gated_backward(const float* gates, const float* dy, std::size_t rows, std::size_t c,
                    float* dgates) {
  for (std::size_t row = 0; row < rows; ++row, gates += 2 * c, dy += c, dgates += 2 * c) {
#pragma omp simd
    for (std::size_t i = 0; i < c; ++i) {
      const float open = logistic(gates[c + i]);
      dgates[i] = dy[i] * open;
      dgates[c + i] = dy[i] * gates[i] * open * (1.0F - open);
    }
  }
}

PNLP_MULTIVERSION
void sum_columns(const float* dy, std::size_t rows, std::size_t n, float* dbias) {
  for (std::size_t row = 0; row < rows; ++row, dy += n) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < n; ++i) sum += dy[i];
    dbias[row] += sum;
  }
}

PNLP_MULTIVERSION
void add(float* x, const float* y, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) x[i] += y[i];
}

PNLP_MULTIVERSION
void add_scaled(float* x, const float* y, float scale, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) x[i] += scale * y[i];
}

Dropout Dropout::at(std::uint64_t place) const {
  return {mix64(key + place), rate};
}

PNLP_MULTIVERSION
void apply_dropout(const Dropout& dropout, float* x, std::size_t n) {
  if (dropout.rate <= 0) return;
  const auto threshold = static_cast<std::uint32_t>(dropout.rate * 4294967040.0F);
  const auto key = static_cast<std::uint32_t>(dropout.key);
  const auto salt = static_cast<std::uint32_t>(dropout.key >> 32);
  const float scale = 1.0F / (1.0F - dropout.rate);
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) {
    // Two rounds of the 32-bit mixing "lowbias32" (Wellons 2018).
    std::uint32_t h = (static_cast<std::uint32_t>(i) ^ salt) * 0x9e3779b9U + key;
    h = (h ^ (h >> 16)) * 0x7feb352dU;
    h = (h ^ (h >> 15)) * 0x846ca68bU;
    h ^= h >> 16;
    x[i] = h < threshold ? 0.0F : x[i] * scale;
  }
}

namespace {

// Returns the sum of exp(x - largest).
PNLP_MULTIVERSION
float normalized_powers(const float* x, std::size_t n, float largest, float* y) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = exp_negative(x[i] - largest);
    sum += y[i];
  }
  const float scale = 1.0F / sum;
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) y[i] *= scale;
  return sum;
}

PNLP_MULTIVERSION
float largest_of(const float* x, std::size_t n) {
  float largest = x[0];
#pragma omp simd reduction(max : largest)
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, x[i]);
  return largest;
}

}  // namespace

void probabilities(const float* x, std::size_t n, float* y) {
  normalized_powers(x, n, largest_of(x, n), y);
}

double softmax(const float* x, std::size_t n, float* y) {
  const float largest = largest_of(x, n);
  const float sum = normalized_powers(x, n, largest, y);
  return static_cast<double>(largest) + std::log(static_cast<double>(sum));
}

}  // namespace pnlp

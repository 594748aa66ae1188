// Exponentials for loops that compilers vectorise: no calls, no branches.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace pnlp {

// exp(x) for x <= 0, relative error below 2e-7 (Cephes' expf: 2^n times a polynomial).
inline float exp_negative(float x) {
  const float clamped = std::max(x, -87.0F);
  const float n = std::floor(clamped * 1.44269504F + 0.5F);
  const float r = clamped - n * 0.693359375F + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const auto bits = static_cast<std::int32_t>(n) + 127;
  return p * std::bit_cast<float>(bits << 23);
}

// 2^x for -100 <= x <= 100, relative error below 2e-7.
inline float power_of_two(float x) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: the sum's last bits are the nearest integer
  const float sum = x + kMagic;
  const float r = x - (sum - kMagic);
  float p = 1.3303842783e-3F;
  p = p * r + 9.6735028934e-3F;
  p = p * r + 5.5506853860e-2F;
  p = p * r + 2.4022189041e-1F;
  p = p * r + 6.9314691328e-1F;
  p = p * r + 1.0F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) +
                              (std::bit_cast<std::uint32_t>(sum) << 23));
}

// 1 / (1 + exp(-x)), relative error below 1e-6.
inline float logistic(float x) {
  const float e = exp_negative(x < 0 ? x : -x);
  return (x < 0 ? e : 1.0F) / (1.0F + e);
}

// tanh(x), within 3e-7.
inline float hyperbolic_tangent(float x) {
  return 2.0F * logistic(2.0F * x) - 1.0F;
}

}  // namespace pnlp

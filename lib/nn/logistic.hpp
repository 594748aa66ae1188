// Exponentials for loops that compilers vectorise: no calls, no branches.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

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

// exp(x) for x <= 1, relative error below 1e-15 (2^n times the exponential's series); 0 below -708.
inline double exponential(double x) {
  constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52, as above
  const double clamped = std::max(x, -708.0);
  const double sum = clamped * 1.4426950408889634 + kMagic;
  const double n = sum - kMagic;
  const double r = clamped - n * 6.93147180369123816490e-1 - n * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r * r + r + 1.0;
  const double value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) +
                                             (std::bit_cast<std::uint64_t>(sum) << 52));
  return x < -708.0 ? 0.0 : value;
}

// log(x) for 0 <= x < infinity, relative error below 1e-15; of numbers too small to be normal it is
// minus infinity. With x = 2^k m and m near 1 it is k log 2 + 2 artanh((m - 1) / (m + 1)).
inline double logarithm(double x) {
  constexpr std::uint64_t kHalfRoot = 0x3fe6a09e667f3bcdULL;  // of 2: the least m
  constexpr double kMagic = 4503599627370496.0;  // 2^52: its last bits are whole numbers
  // Exponent of m's power of two, from 0 on: of the bits above those of kHalfRoot.
  const std::uint64_t steps = (std::bit_cast<std::uint64_t>(x) - kHalfRoot + (1022ULL << 52)) >> 52;
  const double k =
      std::bit_cast<double>(std::bit_cast<std::uint64_t>(kMagic) | steps) - kMagic - 1022.0;
  const double m =
      std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) - ((steps - 1022ULL) << 52));
  const double s = (m - 1.0) / (m + 1.0);
  const double q = s * s;
  double p = 1.0 / 23.0;
  p = p * q + 1.0 / 21.0;
  p = p * q + 1.0 / 19.0;
  p = p * q + 1.0 / 17.0;
  p = p * q + 1.0 / 15.0;
  p = p * q + 1.0 / 13.0;
  p = p * q + 1.0 / 11.0;
  p = p * q + 1.0 / 9.0;
  p = p * q + 1.0 / 7.0;
  p = p * q + 1.0 / 5.0;
  p = p * q + 1.0 / 3.0;
  const double value = k * 6.93147180559945286227e-1 + 2.0 * (p * q * s + s);
  return x < std::numeric_limits<double>::min() ? -std::numeric_limits<double>::infinity() : value;
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

// Token mixing straight from its definition.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "nn/reference_math.hpp"
#include "pnlp/nn/kernels.hpp"

namespace pnlp::test {

// How far y[length][stride] is from before + out(gelu(in(x))), computed in double, at the most;
// columns from `columns` on are left as they were.
inline double mixing_error(const TokenMixing& mixing, std::span<const float> before,
                           std::span<const float> y) {
  const std::size_t h = mixing.hidden;
  double worst = 0;
  for (std::size_t c = 0; c < mixing.stride; ++c) {
    std::vector<double> units(h);
    for (std::size_t j = 0; j < h; ++j) {
      double sum = mixing.in_bias[j];
      for (std::size_t i = 0; i < mixing.length; ++i)
        sum += static_cast<double>(mixing.in[i * h + j]) * mixing.x[i * mixing.stride + c];
      units[j] = exact_gelu(sum);
    }
    for (std::size_t i = 0; i < mixing.length; ++i) {
      double sum = before[i * mixing.stride + c];
      if (c < mixing.columns) sum += mixing.out_bias[i];
      for (std::size_t j = 0; c < mixing.columns && j < h; ++j)
        sum += static_cast<double>(mixing.out[i * h + j]) * units[j];
      worst = std::max(worst, std::abs(sum - y[i * mixing.stride + c]));
    }
  }
  return worst;
}

// How far what backward left in `mixing` is from its definition, computed in double, at the most.
// `bias_before` is what din_bias held.
inline double mixing_backward_error(const TokenMixingBackward& mixing,
                                    std::span<const float> bias_before) {
  const std::size_t h = mixing.hidden;
  std::vector<double> din_bias(bias_before.begin(), bias_before.end());
  double worst = 0;
  const auto compare = [&](double expected, float found) {
    worst = std::max(worst, std::abs(expected - static_cast<double>(found)));
  };
  for (std::size_t c = 0; c < mixing.columns; ++c) {
    std::vector<double> dx(mixing.length);
    for (std::size_t j = 0; j < h; ++j) {
      double unit = mixing.in_bias[j];
      double slope = 0;
      for (std::size_t i = 0; i < mixing.length; ++i) {
        unit += static_cast<double>(mixing.in[i * h + j]) * mixing.x[i * mixing.stride + c];
        slope += static_cast<double>(mixing.out[i * h + j]) * mixing.dy[i * mixing.stride + c];
      }
      slope *= exact_gelu_slope(unit);
      for (std::size_t i = 0; i < mixing.length; ++i)
        dx[i] += static_cast<double>(mixing.in[i * h + j]) * slope;
      din_bias[j] += slope;
      compare(exact_gelu(unit), mixing.active[j * mixing.columns + c]);
      compare(slope, mixing.dhidden[j * mixing.columns + c]);
    }
    for (std::size_t i = 0; i < mixing.length; ++i)
      compare(dx[i], mixing.dx[i * mixing.stride + c]);
  }
  for (std::size_t j = 0; j < h; ++j) compare(din_bias[j], mixing.din_bias[j]);
  return worst;
}

}  // namespace pnlp::test

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

}  // namespace pnlp::test

// Backward of token mixing for a group of segments of one length, in the arithmetic of the scope.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pnlp {

// Of what kernels.hpp says of TokenMixing, for `segments` segments of `channels` columns.
struct TokenMixingGradient {
  std::size_t length = 0, hidden = 0, segments = 0, channels = 0;
  const float* x = nullptr;   // [length][segments * channels]
  const float* dy = nullptr;  // the same
  const float* in = nullptr;  // [length][hidden]
  const float* in_bias = nullptr;
  const float* out = nullptr;  // [length][hidden]
  float* dx = nullptr;         // as x, overwritten
  float* din = nullptr;        // these are added to
  float* din_bias = nullptr;
  float* dout = nullptr;
  float* dout_bias = nullptr;
};

struct TokenMixingScratch {
  std::vector<float> kernels, active, dhidden;
  std::vector<std::uint16_t> x16, dy16, active16, dhidden16;
};

void token_mixing_backward(const TokenMixingGradient& mixing, TokenMixingScratch& scratch);

}  // namespace pnlp

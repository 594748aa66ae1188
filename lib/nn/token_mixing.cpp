#include "pnlp/nn/token_mixing.hpp"

#include <algorithm>

#include "pnlp/nn/arithmetic.hpp"
#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/onednn.hpp"

namespace pnlp {
namespace {

// Columns of a block: its hidden layer (H x this), which is made again since it is 32 times larger
// than its input and cheaper to make than to fetch, should stay in the second-level cache.
constexpr std::size_t kBlockColumns = 256;

// Columns [at, at + n) of a group, and where their hidden layer goes.
template <typename Hidden>
TokenMixingBackwardOf<Hidden> block(const TokenMixingGradient& mixing, std::size_t at,
                                    std::size_t n, std::vector<Hidden>& active,
                                    std::vector<Hidden>& dhidden) {
  return {.length = mixing.length,
          .hidden = mixing.hidden,
          .columns = n,
          .stride = mixing.segments * mixing.channels,
          .x = mixing.x + at,
          .dy = mixing.dy + at,
          .in = mixing.in,
          .in_bias = mixing.in_bias,
          .out = mixing.out,
          .active = sized(active, mixing.hidden * n),
          .dhidden = sized(dhidden, mixing.hidden * n),
          .dx = mixing.dx + at,
          .din_bias = mixing.din_bias};
}

void block_backward(const TokenMixingGradient& mixing, std::size_t at, std::size_t n,
                    TokenMixingScratch& scratch) {
  const auto some = block(mixing, at, n, scratch.active, scratch.dhidden);
  mix_tokens_backward(some, scratch.kernels);
  gemm(Transpose::no, Transpose::yes, some.length, some.hidden, n, some.dy, some.stride,
       some.active, n, true, mixing.dout, some.hidden);
  gemm(Transpose::no, Transpose::yes, some.length, some.hidden, n, some.x, some.stride,
       some.dhidden, n, true, mixing.din, some.hidden);
}

void block_backward16(const TokenMixingGradient& mixing, std::size_t at, std::size_t n,
                      TokenMixingScratch& scratch) {
  const Kernels16& kernels = *kernels16();
  const auto some = block(mixing, at, n, scratch.active16, scratch.dhidden16);
  kernels.mix_tokens_backward(some, scratch.kernels);
  std::uint16_t* x = sized(scratch.x16, some.length * n);
  std::uint16_t* dy = sized(scratch.dy16, some.length * n);
  for (std::size_t i = 0; i < some.length; ++i) {
    kernels.round(some.x + i * some.stride, n, x + i * n);
    kernels.round(some.dy + i * some.stride, n, dy + i * n);
  }
  const auto add = [&](const std::uint16_t* rows, const std::uint16_t* units, float* gradient) {
    kernels.add_dots({.rows = some.length,
                      .columns = some.hidden,
                      .inner = n,
                      .a = rows,
                      .b = units,
                      .c = gradient});
  };
  add(dy, some.active, mixing.dout);
  add(x, some.dhidden, mixing.din);
}

}  // namespace

void token_mixing_backward(const TokenMixingGradient& mixing, TokenMixingScratch& scratch) {
  const std::size_t columns = mixing.segments * mixing.channels;
  // Blocks of whole segments.
  const std::size_t step =
      std::max<std::size_t>(1, kBlockColumns / mixing.channels) * mixing.channels;
  sum_columns(mixing.dy, mixing.length, columns, mixing.dout_bias);
  for (std::size_t at = 0; at < columns; at += step) {
    const std::size_t n = std::min(step, columns - at);
    if (arithmetic() == Arithmetic::bf16) {
      block_backward16(mixing, at, n, scratch);
    } else {
      block_backward(mixing, at, n, scratch);
    }
  }
}

}  // namespace pnlp

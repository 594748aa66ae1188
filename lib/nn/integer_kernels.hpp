// The integer products of eight_bit.hpp: unsigned bytes times signed bytes, summed exactly in 32
// bits. One form for processors with AVX-512 VNNI and VBMI, one for those with AVX2, and a plain
// one; they give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pnlp {

inline constexpr std::size_t kPanelOutputs = 64;
inline constexpr std::uint8_t kZeroByte = 128;  // stands for 0 where rows are normalised

struct RowProduct8 {
  std::size_t rows = 0, groups = 0, outputs = 0;  // groups of four inputs
  const std::uint8_t* x = nullptr;                // [rows][groups][4]
  const float* x_scales = nullptr;                // null: 1 each, with zeros of 0
  const std::int32_t* x_zeros = nullptr;
  const std::int8_t* w = nullptr;  // [outputs / kPanelOutputs][groups][kPanelOutputs][4]
  const float* scales = nullptr;   // by output, to whole panels, as what follows
  const std::int32_t* sums = nullptr;
  const float* bias = nullptr;
  bool accumulate = false;
  float* y = nullptr;  // [rows][outputs]
};

// Rows normalised as layer_norm_forward() does, as bytes: value * gain + shift, rounded, within 0
// and 255.
struct NormalBytes {
  std::size_t rows = 0, channels = 0, stride = 0;  // stride: of bytes
  const float* x = nullptr;                        // [rows][channels]
  const float* gain = nullptr;
  const float* shift = nullptr;
  std::uint8_t* bytes = nullptr;
};

// A hidden layer, looked up in a table of 256 values: a sum times its unit's scale plus its unit's
// bias is the step, rounded, within -128 and 127.
struct Steps8 {
  const float* scales = nullptr;
  const float* bias = nullptr;
  const std::uint8_t* table = nullptr;  // [256], by the step as an unsigned byte
};

// Where a hidden unit's byte stands within its panel: as vectors of 16 units are packed.
constexpr std::size_t hidden_place(std::size_t unit) {
  return unit % 16 / 4 * 16 + unit / 16 * 4 + unit % 4;
}

struct HiddenProduct8 {
  std::size_t rows = 0, groups = 0, panels = 0;  // groups of four inputs
  const std::uint8_t* x = nullptr;               // [rows][groups][4]
  const std::int8_t* w = nullptr;                // as in RowProduct8
  Steps8 steps;                                  // to whole panels
  std::uint8_t* hidden = nullptr;                // [rows][panels][kPanelOutputs], by hidden_place()
};

struct TokenProduct8 {
  std::size_t length = 0, columns = 0, stride = 0;
  std::size_t quads = 0;             // groups of four hidden units
  std::size_t in_groups = 0;         // groups of four positions in `in`
  std::size_t out_positions = 0;     // positions in `out`
  const std::uint8_t* x = nullptr;   // [length] rows of `columns`, `stride` apart
  const std::int8_t* in = nullptr;   // [quads][in_groups][4 units][4 positions]
  Steps8 steps;                      // [units]; positions after the last are bytes of 128
  const std::int8_t* out = nullptr;  // [quads][out_positions][4 units]
  const float* out_scales = nullptr;
  const float* out_bias = nullptr;
  std::uint8_t* scratch = nullptr;  // 128 * (quads + length / 4, rounded up) bytes
  float* y = nullptr;               // as x, added to
};

struct IntegerKernels {
  const char* name;
  // bytes[i] = x[i] / scale + zero, rounded; from the least to the largest of x and 0.
  void (*quantize_row)(const float* x, std::size_t n, std::uint8_t* bytes, float& scale,
                       std::int32_t& zero);
  void (*multiply_rows)(const RowProduct8& product);
  void (*normalize_rows)(const NormalBytes& normal);
  void (*hidden_rows)(const HiddenProduct8& product);
  void (*mix_tokens)(const TokenProduct8& product);
};

// All that this processor can run, the fastest first, the plain one last. The first one is
// integer_kernels() of eight_bit.hpp.
std::span<const IntegerKernels* const> all_integer_kernels();

}  // namespace pnlp

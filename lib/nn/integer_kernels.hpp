// The integer products of eight_bit.hpp: unsigned bytes times signed bytes, summed exactly in 32
// bits. One form for processors with AVX-512 VNNI and VBMI, one for those with AVX2, and a plain
// one; they give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pnlp {

inline constexpr std::size_t kPanelOutputs = 64;

struct RowProduct8 {
  std::size_t rows = 0, groups = 0, outputs = 0;  // groups of four inputs
  const std::uint8_t* x = nullptr;                // [rows][groups][4]
  const float* x_scales = nullptr;
  const std::int32_t* x_zeros = nullptr;
  const std::int8_t* w = nullptr;  // [outputs / kPanelOutputs][groups][kPanelOutputs][4]
  const float* scales = nullptr;   // by output, to whole panels, as what follows
  const std::int32_t* sums = nullptr;
  const float* bias = nullptr;
  bool gelu = false;
  bool accumulate = false;
  float* y = nullptr;  // [rows][outputs]
};

struct TokenProduct8 {
  std::size_t length = 0, columns = 0, stride = 0;
  std::size_t quads = 0;                   // groups of four hidden units
  std::size_t in_groups = 0;               // groups of four positions in `in`
  std::size_t out_positions = 0;           // positions in `out`
  const float* x = nullptr;                // [length] rows of `columns`, `stride` apart
  const std::int8_t* in = nullptr;         // [quads][in_groups][4 units][4 positions]
  const std::int32_t* in_zeros = nullptr;  // [units]: where sums begin
  const float* in_scales = nullptr;        // [units]: of sums, to steps of the table
  const float* in_bias = nullptr;          // [units], in such steps
  const std::uint8_t* table = nullptr;     // [256], by the step as an unsigned byte
  const std::int8_t* out = nullptr;        // [quads][out_positions][4 units]
  const std::int32_t* out_zeros = nullptr;
  const float* out_scales = nullptr;
  const float* out_bias = nullptr;
  std::uint8_t* scratch = nullptr;  // 64 * (quads + length / 4, rounded up + 1) bytes
  float* y = nullptr;               // as x, added to
};

struct IntegerKernels {
  const char* name;
  // bytes[i] = x[i] / scale + zero, rounded; from the least to the largest of x and 0.
  void (*quantize_row)(const float* x, std::size_t n, std::uint8_t* bytes, float& scale,
                       std::int32_t& zero);
  void (*multiply_rows)(const RowProduct8& product);
  void (*mix_tokens)(const TokenProduct8& product);
};

// All that this processor can run, the fastest first, the plain one last.
std::span<const IntegerKernels* const> all_integer_kernels();
// The fastest.
const IntegerKernels& integer_kernels();

}  // namespace pnlp

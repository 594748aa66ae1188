// Prediction in 8 bits: layers prepared once from float weights, run on float rows. Weights have
// one scale an output; activations are quantized as they come, unsigned, one scale a row. Sums of
// products are exact integers, the same on every processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pnlp/base/held.hpp"
#include "pnlp/base/packed_batch.hpp"

namespace pnlp {

// A scale for weights up to `largest`: largest / 127, to 17 significant bits, so that its product
// with a quantized weight is exact and weights that were quantized before are not changed. Rounded
// up, but for weights at the end of the range, where 127 scales are too many.
float int8_scale(float largest);
// round(weight / scale), ties to even; 0 for scale 0. The quotient is within -127 and 127.
inline std::int8_t quantize_weight(float weight, float scale) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: no room for a fraction beside it
  const float sum = weight / scale + kMagic;
  return static_cast<std::int8_t>(scale > 0 ? sum - kMagic : 0.0F);
}

// Reused from call to call; one per thread.
struct Scratch8 {
  std::vector<std::uint8_t> bytes, normal, hidden;
  std::vector<float> scales;
  std::vector<std::int32_t> zeros;
};

struct RowProduct8;
// The form of the products (integer_kernels.hpp) that is the fastest here.
struct IntegerKernels;
const IntegerKernels& integer_kernels();

// y[row][n] = x[row][:] * w[:][n] + bias[n], added to y if `accumulate`.
class Linear8 {
 public:
  // w[inputs][outputs], bias[outputs].
  Linear8(const float* w, const float* bias, std::size_t inputs, std::size_t outputs);
  void run(const float* x, std::size_t rows, bool accumulate, float* y, Scratch8& scratch,
           const IntegerKernels& kernels = integer_kernels()) const;
  // Of rows that begin at x + starts[row].
  void run_at(const float* x, const std::size_t* starts, std::size_t rows, float* y,
              Scratch8& scratch) const;
  // The weights' part of a product.
  RowProduct8 product() const;
  std::size_t inputs() const { return inputs_; }
  std::size_t outputs() const { return outputs_; }

 private:
  // Makes bytes of rows; returns their product with the weights, whose y is not set.
  RowProduct8 quantize(const float* x, const std::size_t* starts, std::size_t rows,
                       const IntegerKernels& kernels, Scratch8& scratch) const;

  std::size_t inputs_, outputs_, groups_;  // groups of four inputs
  std::vector<std::int8_t> weights_;       // [outputs / 64][groups][64][4]
  std::vector<float> scales_, bias_;       // [outputs], to whole blocks of 64
  std::vector<std::int32_t> sums_;         // of an output's weights
};

// The feature table: rows, each times its factor, are added as integers; one scale a column of each
// of its two parts.
struct Table8 {
  std::size_t windowed_rows = 0, width = 0;  // rows of `width` weights
  std::size_t plain_rows = 0, channels = 0;  // then rows of `channels`
  std::vector<float> scales;                 // [width], [channels]
  Held<std::int8_t> weights;

  std::size_t size() const { return windowed_rows * width + plain_rows * channels; }
  // As project_word() of bottleneck.hpp.
  void project(const WordRows& word, std::size_t own_place, float* projected,
               Scratch8& scratch) const;
};
// `shape` of it is filled in by the caller, its weights come from `table`.
void quantize_table(const float* table, Table8& shape);

}  // namespace pnlp

// Mixing in 8 bits: normalised rows as bytes of one scale, hidden layers looked up in a table of
// 256 values of GELU, so that between a normalisation and the skip connection all is integers.
// Ranges follow from the weights.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pnlp/nn/eight_bit.hpp"

namespace pnlp {

// Layer normalisation whose results are bytes: the nearest to value / unit + 128.
class Norm8 {
 public:
  // gain[channels], shift[channels]. A channel has 5 deviations to either side, or more.
  Norm8(const float* gain, const float* shift, std::size_t channels);
  float unit() const { return unit_; }
  // x[rows][channels]; bytes[rows][stride], whose rest is filled with 0.
  void run(const float* x, std::size_t rows, std::size_t stride, std::uint8_t* bytes,
           const IntegerKernels& kernels = integer_kernels()) const;
  // Root mean square of the results.
  float spread() const;
  // Mean and deviation of the products with w[channels][outputs], column `output`, were channels
  // independent.
  void moments(const float* w, std::size_t outputs, std::size_t output, double& mean,
               double& deviation) const;

 private:
  float unit_ = 1;
  std::vector<float> gain_, shift_;  // in units; 128 added to the shift
};

// GELU in 256 steps, from -3.5 to `range`, and its values in units above a zero.
struct GeluSteps {
  explicit GeluSteps(float range);
  // Step of z, an unsigned byte less 128, is z * per_step + first.
  float per_step, first;
  float unit;
  std::int32_t zero;
  alignas(64) std::array<std::uint8_t, 256> table;  // by the step as an unsigned byte
};

// y += GELU(x w + b) v + d, row by row, where x is what a normalisation gives.
class FeedForward8 {
 public:
  struct Layer {
    const float* w;  // [inputs][outputs]
    const float* bias;
    std::size_t inputs, outputs;
  };
  FeedForward8(const Norm8& norm, const Layer& in, const Layer& out);
  std::size_t stride() const { return stride_; }  // bytes of a row of x
  void run(const std::uint8_t* x, std::size_t rows, float* y, Scratch8& scratch,
           const IntegerKernels& kernels = integer_kernels()) const;

 private:
  std::size_t stride_, panels_;
  GeluSteps steps_;
  Linear8 in_, out_;
  std::vector<float> in_scales_, in_bias_, out_scales_, out_bias_;
};

// The token mixing of TokenMixing (kernels.hpp), in one pass: the hidden layer never leaves the
// first-level cache.
class TokenMixing8 {
 public:
  // in[segment][hidden], out[segment][hidden]; `norm` gives the inputs.
  TokenMixing8(const Norm8& norm, const float* in, const float* in_bias, const float* out,
               const float* out_bias, std::size_t segment, std::size_t hidden);
  // x and y[length] rows of `columns`, `stride` apart; added to y.
  void run(std::size_t length, std::size_t columns, std::size_t stride, const std::uint8_t* x,
           float* y, Scratch8& scratch, const IntegerKernels& kernels = integer_kernels()) const;

 private:
  // What depends on the length.
  struct Prepared {
    GeluSteps steps;
    std::vector<float> in_scales, in_bias, out_scales, out_bias;
  };
  Prepared prepare(std::size_t length) const;

  float unit_;
  std::size_t segment_, groups_, quads_;  // groups of four positions, of four units
  std::vector<std::int8_t> in_;           // [quads][groups][4 units][4 positions]
  std::vector<float> in_scales_, in_bias_;
  std::vector<std::int32_t> in_sums_;  // [groups + 1][units]: of the weights before the group
  std::vector<float> ranges_;          // [segment + 1]: largest hidden value by length
  std::vector<std::int8_t> out_;       // [quads][segment][4 units]
  std::vector<float> out_scales_, out_bias_;
  std::vector<std::int32_t> out_sums_;
  std::vector<Prepared> prepared_;  // from length 1 on
};

}  // namespace pnlp

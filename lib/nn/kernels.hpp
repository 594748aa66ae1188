// Products done in registers: rows times a matrix, and token mixing as a whole, forward and most of
// backward; sums of a table's rows; and GELU. They need no code to be generated when a program
// starts, keep the token mixing's hidden layer in the first-level cache, and give every row, and
// every segment, the same bits whatever its company. The best form for the processor is chosen when
// it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pnlp {

// y[row][n] = f(sum over k of x[row][k] * w[k][n] + bias[n]), added to y if `accumulate`; all
// row-major without gaps, but for x if it has `starts`. f is GELU or the identity.
struct RowProduct {
  std::size_t rows = 0, inputs = 0, outputs = 0;
  const float* x = nullptr;
  const std::size_t* starts = nullptr;  // where rows of x begin; they may overlap
  const float* w = nullptr;
  const float* bias = nullptr;
  bool gelu = false;
  bool accumulate = false;
  float* y = nullptr;
};

// For each of `columns` columns c, with `length` positions i and `hidden` units j:
// h[j] = GELU(in_bias[j] + sum over i of in[i][j] * x[i][c]);
// y[i][c] += out_bias[i] + sum over j of out[i][j] * h[j]. Rows of x and y are `stride` floats
// apart.
struct TokenMixing {
  std::size_t length = 0, hidden = 0, columns = 0, stride = 0;
  const float* x = nullptr;
  const float* in = nullptr;  // [length][hidden]
  const float* in_bias = nullptr;
  const float* out = nullptr;  // [length][hidden]
  const float* out_bias = nullptr;
  float* y = nullptr;
};

// Backward of it, h made again: what is left for the gradients of `in` and `out` are products of
// `dhidden` with x and of `active` with dy. Both are floats, or bf16, the upper halves of floats.
template <typename Hidden>
struct TokenMixingBackwardOf {
  std::size_t length = 0, hidden = 0, columns = 0, stride = 0;
  const float* x = nullptr;
  const float* dy = nullptr;
  const float* in = nullptr;  // [length][hidden]
  const float* in_bias = nullptr;
  const float* out = nullptr;  // [length][hidden]
  Hidden* active = nullptr;    // [hidden][columns]: h
  Hidden* dhidden = nullptr;   // [hidden][columns]: the gradient of what h is GELU of
  float* dx = nullptr;         // overwritten
  float* din_bias = nullptr;   // [hidden], added to
};
using TokenMixingBackward = TokenMixingBackwardOf<float>;
using TokenMixingBackward16 = TokenMixingBackwardOf<std::uint16_t>;

// y[width] += the sum over i of factors[i] times the row of `table` that begins at starts[i].
struct RowSum {
  std::size_t count = 0, width = 0;
  const float* table = nullptr;
  const std::size_t* starts = nullptr;
  const float* factors = nullptr;
  float* y = nullptr;
};

// Adds factors[i] times x[width] to the row of `table` that begins at starts[i], for every i.
struct RowScatter {
  std::size_t count = 0, width = 0;
  const float* x = nullptr;
  const std::size_t* starts = nullptr;
  const float* factors = nullptr;
  float* table = nullptr;
};

struct Kernels {
  const char* name;
  void (*multiply_rows)(const RowProduct& product, std::vector<float>& scratch);
  void (*mix_tokens)(const TokenMixing& mixing, std::vector<float>& scratch);
  void (*mix_tokens_backward)(const TokenMixingBackward& mixing, std::vector<float>& scratch);
  void (*add_rows)(const RowSum& sum);
  void (*add_to_rows)(const RowScatter& scatter);
  // y = GELU(x); y may be x.
  void (*gelu)(const float* x, std::size_t n, float* y);
  // x = GELU(x), dx = dx GELU'(x).
  void (*gelu_backward)(std::size_t n, float* x, float* dx);
};

// All that this processor can run, the best one first.
std::span<const Kernels> kernels();

// c[rows][columns] += a[rows][inner] times the transpose of b[columns][inner]: for few rows, where
// laying out b for a general product would take as long as the product. a and b are bf16.
struct DotProducts16 {
  std::size_t rows = 0, columns = 0, inner = 0;
  const std::uint16_t* a = nullptr;
  const std::uint16_t* b = nullptr;
  float* c = nullptr;
};

// By products of bf16 pairs.
struct Kernels16 {
  // y = x rounded to the nearest bf16, to even ones where two are as near.
  void (*round)(const float* x, std::size_t n, std::uint16_t* y);
  void (*mix_tokens)(const TokenMixing& mixing, std::vector<float>& scratch);
  void (*mix_tokens_backward)(const TokenMixingBackward16& mixing, std::vector<float>& scratch);
  void (*add_dots)(const DotProducts16& dots);
};

// Null where the processor has no such products.
const Kernels16* kernels16();

// By the best one.
void multiply_rows(const RowProduct& product, std::vector<float>& scratch);
void mix_tokens(const TokenMixing& mixing, std::vector<float>& scratch);
void mix_tokens_backward(const TokenMixingBackward& mixing, std::vector<float>& scratch);
void add_rows(const RowSum& sum);
void add_to_rows(const RowScatter& scatter);
void gelu(const float* x, std::size_t n, float* y);
void gelu_backward(std::size_t n, float* x, float* dx);

}  // namespace pnlp

// The products of prediction, done in registers: rows times a matrix, and the whole of token
// mixing. They need no code to be generated when a program starts, keep the token mixing's hidden
// layer in the first-level cache, and give every row, and every segment, the same bits whatever its
// company. The best form for the processor is chosen when it runs.
#pragma once

#include <cstddef>
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

struct Kernels {
  const char* name;
  void (*multiply_rows)(const RowProduct& product, std::vector<float>& scratch);
  void (*mix_tokens)(const TokenMixing& mixing, std::vector<float>& scratch);
};

// All that this processor can run, the best one first.
std::span<const Kernels> kernels();

// By the best one.
void multiply_rows(const RowProduct& product, std::vector<float>& scratch);
void mix_tokens(const TokenMixing& mixing, std::vector<float>& scratch);

}  // namespace pnlp

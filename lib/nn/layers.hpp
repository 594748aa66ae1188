// The layers that are not matrix products, forward and backward in pairs, on plain row-major
// arrays. T rows (tokens), C channels. Backward functions add to gradients of parameters and
// overwrite gradients of inputs unless they say otherwise. Formulas: docs of each function; judged
// by a reference in double in the tests.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pnlp {

// Keeps multiversioned copies of hot loops, chosen by the processor at load time.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(PNLP_SANITIZED)
#define PNLP_MULTIVERSION \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define PNLP_MULTIVERSION
#endif

// Layer normalisation (Ba, Kiros, Hinton 2016), epsilon 1e-5.
// xhat[T][C] = (x - mean) / sqrt(var + eps); y = gamma * xhat + beta. `rstd`[T] and `xhat` are kept
// for backward; xhat may be null (prediction), y may be x.
void layer_norm_forward(const float* x, const float* gamma, const float* beta, std::size_t t,
                        std::size_t c, float* y, float* xhat, float* rstd);
// dx[T][C] += gradient with respect to x (added: the skip connection's gradient is already there).
void layer_norm_backward(const float* dy, const float* gamma, const float* xhat, const float* rstd,
                         std::size_t t, std::size_t c, float* dx, float* dgamma, float* dbeta);

// x[row][:] += bias[:] for rows of c.
void add_bias_rows(float* x, const float* bias, std::size_t rows, std::size_t c);
// dbias[:] += sum over rows of dy[row][:].
void sum_rows(const float* dy, std::size_t rows, std::size_t c, float* dbias);
// Gated linear unit (Dauphin et al. 2017): y[row][:] = a * sigmoid(g) with a, g the halves of
// gates[row][2C].
void gated_forward(const float* gates, std::size_t rows, std::size_t c, float* y);
// dgates[row][2C] from dy[row][C].
void gated_backward(const float* gates, const float* dy, std::size_t rows, std::size_t c,
                    float* dgates);
// dbias[row] += sum of dy[row][:].
void sum_columns(const float* dy, std::size_t rows, std::size_t n, float* dbias);
// x += y; x += scale * y.
void add(float* x, const float* y, std::size_t n);
void add_scaled(float* x, const float* y, float scale, std::size_t n);

// Dropout whose mask is a function of (key, position): nothing is stored between forward and
// backward.
struct Dropout {
  std::uint64_t key = 0;
  float rate = 0;  // 0: identity
  // The same mask with a key of its own for another place in the network.
  Dropout at(std::uint64_t place) const;
};
// x *= mask / (1 - rate), for positions [0, n).
void apply_dropout(const Dropout& dropout, float* x, std::size_t n);

// y[i] = exp(x[i] - max x) / sum. In place allowed. Returns log of the sum of exponentials of x.
double softmax(const float* x, std::size_t n, float* y);
// The same without the logarithm.
void probabilities(const float* x, std::size_t n, float* y);

}  // namespace pnlp

// Arithmetic of the reference: dense arrays, and every step its formula.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <vector>

namespace pnlp::test {

template <typename Real>
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<Real> values;

  Matrix() = default;
  Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), values(r * c, Real{0}) {}
  Real& operator()(std::size_t r, std::size_t c) { return values[r * columns + c]; }
  const Real& operator()(std::size_t r, std::size_t c) const { return values[r * columns + c]; }
};

template <typename Real>
Matrix<Real> product(const Matrix<Real>& a, const Matrix<Real>& b) {
  Matrix<Real> c(a.rows, b.columns);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < b.columns; ++j) {
      for (std::size_t k = 0; k < a.columns; ++k) c(i, j) += a(i, k) * b(k, j);
    }
  }
  return c;
}

template <typename Real>
Matrix<Real> transposed(const Matrix<Real>& a) {
  Matrix<Real> t(a.columns, a.rows);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) t(j, i) = a(i, j);
  }
  return t;
}

template <typename Real>
Matrix<Real> rows_of(const Matrix<Real>& a, std::size_t first, std::size_t count) {
  Matrix<Real> part(count, a.columns);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) part(i, j) = a(first + i, j);
  }
  return part;
}

// x(i, j) += bias(j), and x(i, j) += bias(i); a bias is 1 x n and may be longer than needed.
template <typename Real>
void add_rows(const Matrix<Real>& bias, Matrix<Real>& x) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.columns; ++j) x(i, j) += bias(0, j);
  }
}
template <typename Real>
void add_columns(const Matrix<Real>& bias, Matrix<Real>& x) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.columns; ++j) x(i, j) += bias(0, i);
  }
}

template <typename Real>
Real exact_gelu(Real x) {
  return x * Real{0.5} * (Real{1} + std::erf(x / std::sqrt(Real{2})));
}

template <typename Real>
Real exact_gelu_slope(Real x) {
  return Real{0.5} * (Real{1} + std::erf(x / std::sqrt(Real{2}))) +
         x * std::exp(-x * x / Real{2}) / std::sqrt(Real{2} * std::numbers::pi_v<Real>);
}

// Each row to mean 0 and variance 1, then gain and shift (1 x C).
template <typename Real>
Matrix<Real> layer_norm(const Matrix<Real>& x, const Matrix<Real>& gain,
                        const Matrix<Real>& shift) {
  Matrix<Real> y(x.rows, x.columns);
  const auto n = static_cast<Real>(x.columns);
  for (std::size_t i = 0; i < x.rows; ++i) {
    Real mean = 0;
    for (std::size_t j = 0; j < x.columns; ++j) mean += x(i, j) / n;
    Real variance = 0;
    for (std::size_t j = 0; j < x.columns; ++j) {
      variance += (x(i, j) - mean) * (x(i, j) - mean) / n;
    }
    for (std::size_t j = 0; j < x.columns; ++j) {
      y(i, j) = gain(0, j) * (x(i, j) - mean) / std::sqrt(variance + static_cast<Real>(1e-5)) +
                shift(0, j);
    }
  }
  return y;
}

template <typename Real>
std::vector<Real> exact_softmax(const std::vector<Real>& x) {
  Real largest = x.front();
  for (const Real value : x) largest = std::max(largest, value);
  Real sum = 0;
  for (const Real value : x) sum += std::exp(value - largest);
  std::vector<Real> y;
  for (const Real value : x) y.push_back(std::exp(value - largest) / sum);
  return y;
}

// What dropout multiplies a branch by: branch number (2 * layer for tokens, 2 * layer + 1 for
// channels, kConvBranch + layer for convolutions), token of the text, channel. Empty: ones.
constexpr std::size_t kConvBranch = 65536;
// Added to the branches of a shortened text, whose tokens are pools of kPool.
constexpr std::size_t kPoolBranch = 1U << 20;
constexpr std::size_t kPool = 4;
using Mask = std::function<double(std::size_t branch, std::size_t token, std::size_t channel)>;

template <typename Real>
void add_branch(const Matrix<Real>& branch, const Mask& mask, std::size_t number, std::size_t first,
                Matrix<Real>& x) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.columns; ++j) {
      x(i, j) += branch(i, j) * (mask ? static_cast<Real>(mask(number, first + i, j)) : Real{1});
    }
  }
}

}  // namespace pnlp::test

// The judges of the other encoders: each as its paper writes it, text by text.
#pragma once

#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "nn/reference_math.hpp"
#include "pnlp/model/config.hpp"

namespace pnlp::test {

template <typename Real>
using Tensors = std::map<std::string, Matrix<Real>>;

template <typename Real>
class ReferenceEncoders {
 public:
  // All must outlive this.
  ReferenceEncoders(const Shape& shape, const Tensors<Real>& tensors, const Mask& mask)
      : shape_(shape), tensors_(tensors), mask_(mask) {}

  // x[T][C] of one text; as it is for encoders that are not of this file.
  void encode(Matrix<Real>& x) const {
    for (std::size_t i = 0; i < shape_.layers; ++i) {
      const std::string name = shape_.encoder + std::to_string(i) + ".";
      if (shape_.encoder == "lstm" || shape_.encoder == "qrnn") recur(name, i, x);
    }
  }

 private:
  const Matrix<Real>& tensor(const std::string& name) const { return tensors_.at(name); }

  Matrix<Real> norm(const std::string& name, const Matrix<Real>& x) const {
    return layer_norm(x, tensor(name + ".gain"), tensor(name + ".shift"));
  }

  Matrix<Real> linear(const std::string& name, const Matrix<Real>& x) const {
    Matrix<Real> y = product(x, tensor(name));
    add_rows(tensor(name + ".bias"), y);
    return y;
  }

  static Real sigmoid(Real x) { return Real{1} / (Real{1} + std::exp(-x)); }

  // x += out(left, right), the text read in both directions.
  void recur(const std::string& name, std::size_t layer, Matrix<Real>& x) const {
    const Matrix<Real> y = norm(name + "norm", x);
    const auto cell = [&](const std::string& side, const Matrix<Real>& input) {
      return shape_.encoder == "lstm" ? lstm(name + side, input) : qrnn(name + side, input);
    };
    const Matrix<Real> left = cell("left.", y);
    const Matrix<Real> right = reversed(cell("right.", reversed(y)));
    Matrix<Real> both(x.rows, 2 * left.columns);
    for (std::size_t t = 0; t < x.rows; ++t) {
      for (std::size_t k = 0; k < left.columns; ++k) {
        both(t, k) = left(t, k);
        both(t, left.columns + k) = right(t, k);
      }
    }
    add_branch(linear(name + "out", both), mask_, 2 * layer, 0, x);
  }

  static Matrix<Real> reversed(const Matrix<Real>& x) {
    Matrix<Real> y(x.rows, x.columns);
    for (std::size_t t = 0; t < x.rows; ++t) {
      for (std::size_t c = 0; c < x.columns; ++c) y(t, c) = x(x.rows - 1 - t, c);
    }
    return y;
  }

  Matrix<Real> lstm(const std::string& name, const Matrix<Real>& y) const {
    const std::size_t units = tensor(name + "recurrent").rows;
    Matrix<Real> output(y.rows, units);
    Matrix<Real> hidden(1, units);
    Matrix<Real> state(1, units);
    for (std::size_t t = 0; t < y.rows; ++t) {
      const Matrix<Real> from_input = linear(name + "in", rows_of(y, t, 1));
      const Matrix<Real> from_hidden = product(hidden, tensor(name + "recurrent"));
      const auto gate = [&](std::size_t number, std::size_t k) {
        return from_input(0, number * units + k) + from_hidden(0, number * units + k);
      };
      for (std::size_t k = 0; k < units; ++k) {
        state(0, k) =
            sigmoid(gate(1, k) + 1) * state(0, k) + sigmoid(gate(0, k)) * std::tanh(gate(2, k));
        hidden(0, k) = sigmoid(gate(3, k)) * std::tanh(state(0, k));
        output(t, k) = hidden(0, k);
      }
    }
    return output;
  }

  Matrix<Real> qrnn(const std::string& name, const Matrix<Real>& y) const {
    const std::size_t c = y.columns;
    const std::size_t units = tensor(name + "in").columns / 3;
    Matrix<Real> output(y.rows, units);
    Matrix<Real> state(1, units);
    for (std::size_t t = 0; t < y.rows; ++t) {
      Matrix<Real> window(1, 3 * c);
      for (std::size_t back = 0; back < 3 && back <= t; ++back) {
        for (std::size_t i = 0; i < c; ++i) window(0, (2 - back) * c + i) = y(t - back, i);
      }
      const Matrix<Real> gates = linear(name + "in", window);
      for (std::size_t k = 0; k < units; ++k) {
        const Real forget = sigmoid(gates(0, units + k));
        state(0, k) = forget * state(0, k) + (1 - forget) * std::tanh(gates(0, k));
        output(t, k) = sigmoid(gates(0, 2 * units + k)) * state(0, k);
      }
    }
    return output;
  }

  const Shape& shape_;
  const Tensors<Real>& tensors_;
  const Mask& mask_;
};

}  // namespace pnlp::test

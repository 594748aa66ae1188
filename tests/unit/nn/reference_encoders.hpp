// The judges of the other encoders: each as its paper writes it, text by text.
#pragma once

#include <algorithm>
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
    const std::string& encoder = shape_.encoder;
    if (encoder == "transformer") add_segment_positions(x);
    for (std::size_t i = 0; i < shape_.layers; ++i) {
      const std::string name =
          (encoder == "hyper-mixer" ? "hyper" : encoder) + std::to_string(i) + ".";
      if (encoder == "lstm" || encoder == "qrnn") recur(name, i, x);
      if (encoder == "transformer") add_branch(attend(name, x), mask_, 2 * i, 0, x);
      if (encoder == "hyper-mixer") add_branch(mix_by_tokens(name, x), mask_, 2 * i, 0, x);
      if (encoder == "transformer" || encoder == "hyper-mixer" || encoder == "shift") {
        Matrix<Real> y = norm(name + "channel_norm", x);
        if (encoder == "shift") y = shifted(y);
        add_branch(feed_forward(name + "channel", y), mask_, 2 * i + 1, 0, x);
      }
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

  // GELU(y W) V.
  Matrix<Real> feed_forward(const std::string& name, const Matrix<Real>& y) const {
    Matrix<Real> hidden = linear(name + "_in", y);
    for (Real& value : hidden.values) value = exact_gelu(value);
    return linear(name + "_out", hidden);
  }

  static Real sine(std::size_t position, std::size_t channel, std::size_t channels) {
    const double even = static_cast<double>(channel - channel % 2);
    const double angle =
        static_cast<double>(position) / std::pow(10000.0, even / static_cast<double>(channels));
    return static_cast<Real>(channel % 2 == 0 ? std::sin(angle) : std::cos(angle));
  }

  void add_segment_positions(Matrix<Real>& x) const {
    for (std::size_t t = 0; t < x.rows; ++t) {
      for (std::size_t c = 0; c < x.columns; ++c) {
        x(t, c) += tensor("transformer.position")(0, c) * sine(t % shape_.segment, c, x.columns);
      }
    }
  }

  Matrix<Real> attend(const std::string& name, const Matrix<Real>& x) const {
    const std::size_t c = x.columns;
    const std::size_t heads = c % 4 == 0 ? 4 : c % 2 == 0 ? 2 : 1;
    const std::size_t width = c / heads;
    const Matrix<Real> qkv = linear(name + "attention_in", norm(name + "attention_norm", x));
    Matrix<Real> mixed(x.rows, c);
    for (std::size_t t = 0; t < x.rows; ++t) {
      const std::size_t first = t / shape_.segment * shape_.segment;
      const std::size_t last = std::min(x.rows, first + shape_.segment);
      for (std::size_t head = 0; head < heads; ++head) {
        std::vector<Real> scores;
        for (std::size_t j = first; j < last; ++j) {
          scores.push_back(0);
          for (std::size_t k = head * width; k < (head + 1) * width; ++k) {
            scores.back() += qkv(t, k) * qkv(j, c + k) / std::sqrt(static_cast<Real>(width));
          }
        }
        const std::vector<Real> weights = exact_softmax(scores);
        for (std::size_t j = first; j < last; ++j) {
          for (std::size_t k = head * width; k < (head + 1) * width; ++k) {
            mixed(t, k) += weights[j - first] * qkv(j, 2 * c + k);
          }
        }
      }
    }
    return linear(name + "attention_out", mixed);
  }

  static Matrix<Real> shifted(const Matrix<Real>& y) {
    Matrix<Real> z(y.rows, y.columns);
    for (std::size_t t = 0; t < y.rows; ++t) {
      for (std::size_t c = 0; c < y.columns; ++c) {
        const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(t + 7 * c / y.columns) - 3;
        if (from >= 0 && from < static_cast<std::ptrdiff_t>(y.rows))
          z(t, c) = y(static_cast<std::size_t>(from), c);
      }
    }
    return z;
  }

  // HyperMixer's token mixing, W2 GELU(W1^T y), both weights made from the tokens; the text is one
  // sequence, whatever its length.
  Matrix<Real> mix_by_tokens(const std::string& name, const Matrix<Real>& x) const {
    const Matrix<Real> y = norm(name + "token_norm", x);
    Matrix<Real> z = y;
    for (std::size_t t = 0; t < x.rows; ++t) {
      for (std::size_t c = 0; c < x.columns; ++c)
        z(t, c) += tensor(name + "position")(0, c) * sine(t, c, x.columns);
    }
    Matrix<Real> hidden = product(transposed(feed_forward(name + "first", z)), y);
    for (Real& value : hidden.values)
      value = exact_gelu(value / std::sqrt(static_cast<Real>(x.rows)));
    Matrix<Real> branch = product(feed_forward(name + "second", z), hidden);
    for (Real& value : branch.values) value /= std::sqrt(static_cast<Real>(shape_.hidden));
    return branch;
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

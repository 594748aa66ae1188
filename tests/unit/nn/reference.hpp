// The judge of the packed network: pNLP-Mixer as the paper writes it (arXiv 2202.04350, section 3),
// plainly, text by text, on dense arrays and padded segments, in double or float. Slow on purpose:
// every step is its formula.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pnlp/model/config.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp::test {

// A text as lists of feature rows, one list a token; a row listed twice counts twice.
using Text = std::vector<std::vector<std::int32_t>>;

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

// Targets of one label: (label, weight) pairs. With smoothing s the distribution is mixed with the
// uniform one of the same mass.
using Targets = std::vector<std::pair<std::size_t, double>>;

template <typename Real>
Real exact_cross_entropy(const std::vector<Real>& logits, const Targets& targets,
                         double smoothing) {
  std::vector<double> goal(logits.size(), 0.0);
  double mass = 0;
  for (const auto& [label, weight] : targets) {
    goal[label] += weight;
    mass += weight;
  }
  const std::vector<Real> probability = exact_softmax(logits);
  Real loss = 0;
  for (std::size_t i = 0; i < goal.size(); ++i) {
    const double mixed =
        (1 - smoothing) * goal[i] + smoothing * mass / static_cast<double>(goal.size());
    loss -= static_cast<Real>(mixed) * std::log(probability[i]);
  }
  return loss;
}

template <typename Real>
Real exact_sigmoid_loss(const std::vector<Real>& logits, const Targets& targets, double smoothing) {
  std::vector<double> goal(logits.size(), 0.0);
  for (const auto& [label, weight] : targets) goal[label] += weight;
  Real loss = 0;
  for (std::size_t i = 0; i < goal.size(); ++i) {
    const auto mixed = static_cast<Real>((1 - smoothing) * goal[i] + smoothing * 0.5);
    const Real p = Real{1} / (Real{1} + std::exp(-logits[i]));
    loss -= mixed * std::log(p) + (Real{1} - mixed) * std::log(Real{1} - p);
  }
  return loss;
}

// What dropout multiplies a branch by: branch number (2 * layer for tokens, 2 * layer + 1 for
// channels, kConvBranch + layer for convolutions), token of the text, channel. Empty: ones.
constexpr std::size_t kConvBranch = 65536;
using Mask = std::function<double(std::size_t branch, std::size_t token, std::size_t channel)>;

template <typename Real>
class Reference {
 public:
  struct Output {
    std::vector<Real> label;  // [labels]
    Matrix<Real> tags;        // [T][tags]
  };

  Reference(const ModelConfig& config, const ParameterLayout& layout,
            const std::vector<Real>& arena)
      : config_(config) {
    for (const Parameter& parameter : layout.parameters()) {
      const bool vector = parameter.shape.size() == 1;
      Matrix<Real> tensor(vector ? 1 : parameter.shape[0], parameter.shape.back());
      for (std::size_t i = 0; i < parameter.size; ++i) {
        tensor.values[i] = arena[parameter.offset + i];
      }
      tensors_[parameter.name] = std::move(tensor);
    }
  }

  // `input_scale` multiplies the features.
  Output forward(const Text& text, double input_scale = 1, const Mask& mask = {}) const {
    Matrix<Real> x = product(features(text, static_cast<Real>(input_scale)), bottleneck());
    add_rows(tensor("bottleneck.bias"), x);
    const std::string& encoder = config_.shape.encoder;
    if (encoder == "conv") convolve(config_.shape.layers, mask, x);
    if (encoder == "conv-mixer") convolve(1, mask, x);
    if (encoder == "mixer" || encoder == "conv-mixer") x = mix(x, mask);
    x = layer_norm(x, tensor("norm.gain"), tensor("norm.shift"));
    Output output;
    if (has_label(config_.task)) output.label = linear("label", pool(x)).values;
    if (has_tags(config_.task)) output.tags = linear("tags", x);
    return output;
  }

 private:
  const Matrix<Real>& tensor(const std::string& name) const { return tensors_.at(name); }

  // [T][(2w+1) m + p]: counts of the windowed features of w tokens before, the token and w after,
  // zeros past the ends; then the counts of the p features that speak of the token alone.
  Matrix<Real> features(const Text& text, Real scale) const {
    const std::size_t m = config_.windowed_rows();
    const std::size_t p = config_.table_rows() - m;
    const std::size_t w = config_.shape.window;
    Matrix<Real> counts(text.size(), m + p);
    for (std::size_t t = 0; t < text.size(); ++t) {
      for (const std::int32_t row : text[t]) counts(t, static_cast<std::size_t>(row)) += scale;
    }
    Matrix<Real> all(text.size(), (2 * w + 1) * m + p);
    for (std::size_t t = 0; t < text.size(); ++t) {
      for (std::size_t place = 0; place < 2 * w + 1; ++place) {
        const bool inside = t + place >= w && t + place - w < text.size();
        for (std::size_t i = 0; inside && i < m; ++i) {
          all(t, place * m + i) = counts(t + place - w, i);
        }
      }
      for (std::size_t i = 0; i < p; ++i) all(t, (2 * w + 1) * m + i) = counts(t, m + i);
    }
    return all;
  }

  // The dense bottleneck matrix, [(2w+1) m + p][C].
  Matrix<Real> bottleneck() const {
    const std::size_t m = config_.windowed_rows();
    const std::size_t p = config_.table_rows() - m;
    const std::size_t places = 2 * config_.shape.window + 1;
    const Matrix<Real>& table = tensor("table");  // rows: feature by feature, its places in turn
    Matrix<Real> dense(places * m + p, config_.shape.bottleneck);
    for (std::size_t c = 0; c < dense.columns; ++c) {
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t place = 0; place < places; ++place) {
          dense(place * m + i, c) = table(i * places + place, c);
        }
      }
      for (std::size_t i = 0; i < p; ++i) dense(places * m + i, c) = table(places * m + i, c);
    }
    return dense;
  }

  // x[t] += a * sigmoid(g), (a, g) = bias + sum over d of LayerNorm(x[t + d]) W[d + 1]; a segment
  // ends the neighbourhood.
  void convolve(std::size_t layers, const Mask& mask, Matrix<Real>& x) const {
    const std::size_t c = x.columns;
    const std::size_t s = config_.shape.segment;
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const std::string name = "conv" + std::to_string(layer);
      const Matrix<Real> normal =
          layer_norm(x, tensor(name + ".norm.gain"), tensor(name + ".norm.shift"));
      Matrix<Real> gates(x.rows, 2 * c);
      for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t tap = 0; tap < 3; ++tap) {
          if (t + tap == 0 || t + tap - 1 >= x.rows || (t + tap - 1) / s != t / s) continue;
          const auto part =
              product(rows_of(normal, t + tap - 1, 1), rows_of(tensor(name), tap * c, c));
          for (std::size_t i = 0; i < 2 * c; ++i) gates(t, i) += part(0, i);
        }
      }
      add_rows(tensor(name + ".bias"), gates);
      Matrix<Real> branch(x.rows, c);
      for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t i = 0; i < c; ++i) {
          branch(t, i) = gates(t, i) / (Real{1} + std::exp(-gates(t, c + i)));
        }
      }
      add_branch(branch, mask, kConvBranch + layer, 0, x);
    }
  }

  // A text of more than S tokens is mixed segment by segment.
  Matrix<Real> mix(const Matrix<Real>& x, const Mask& mask) const {
    Matrix<Real> all(x.rows, x.columns);
    const std::size_t s = config_.shape.segment;
    for (std::size_t first = 0; first < x.rows; first += s) {
      Matrix<Real> part = rows_of(x, first, std::min(s, x.rows - first));
      for (std::size_t layer = 0; layer < config_.shape.layers; ++layer) {
        add_branch(mix_tokens(part, layer), mask, 2 * layer, first, part);
        add_branch(mix_channels(part, layer), mask, 2 * layer + 1, first, part);
      }
      for (std::size_t i = 0; i < part.rows; ++i) {
        for (std::size_t j = 0; j < part.columns; ++j) all(first + i, j) = part(i, j);
      }
    }
    return all;
  }

  static void add_branch(const Matrix<Real>& branch, const Mask& mask, std::size_t number,
                         std::size_t first, Matrix<Real>& x) {
    for (std::size_t i = 0; i < x.rows; ++i) {
      for (std::size_t j = 0; j < x.columns; ++j) {
        x(i, j) += branch(i, j) * (mask ? static_cast<Real>(mask(number, first + i, j)) : Real{1});
      }
    }
  }

  // W2 GELU(W1 LayerNorm(x)), W1 [H][S], W2 [S][H]. With x of S rows the textbook's; with L < S
  // rows W1 has its first L columns and W2 its first L rows.
  Matrix<Real> mix_tokens(const Matrix<Real>& x, std::size_t layer) const {
    const std::string name = "mixer" + std::to_string(layer) + ".";
    const Matrix<Real> normal =
        layer_norm(x, tensor(name + "token_norm.gain"), tensor(name + "token_norm.shift"));
    const Matrix<Real> w1 = transposed(rows_of(tensor(name + "token_in"), 0, x.rows));
    const Matrix<Real> w2 = rows_of(tensor(name + "token_out"), 0, x.rows);
    Matrix<Real> hidden = product(w1, normal);
    add_columns(tensor(name + "token_in.bias"), hidden);
    for (Real& value : hidden.values) value = exact_gelu(value);
    Matrix<Real> branch = product(w2, hidden);
    add_columns(tensor(name + "token_out.bias"), branch);
    return branch;
  }

  // GELU(LayerNorm(x) W3) W4, W3 [C][H], W4 [H][C].
  Matrix<Real> mix_channels(const Matrix<Real>& x, std::size_t layer) const {
    const std::string name = "mixer" + std::to_string(layer) + ".";
    const Matrix<Real> normal =
        layer_norm(x, tensor(name + "channel_norm.gain"), tensor(name + "channel_norm.shift"));
    Matrix<Real> hidden = linear(name + "channel_in", normal);
    for (Real& value : hidden.values) value = exact_gelu(value);
    return linear(name + "channel_out", hidden);
  }

  // Attention pooling: [1][C], the mean of the rows weighted by softmax(x . query); zeros for no
  // rows.
  Matrix<Real> pool(const Matrix<Real>& x) const {
    Matrix<Real> pooled(1, x.columns);
    if (x.rows == 0) return pooled;
    const std::vector<Real> attention =
        exact_softmax(product(x, transposed(tensor("pool.query"))).values);
    for (std::size_t t = 0; t < x.rows; ++t) {
      for (std::size_t c = 0; c < x.columns; ++c) pooled(0, c) += attention[t] * x(t, c);
    }
    return pooled;
  }

  Matrix<Real> linear(const std::string& name, const Matrix<Real>& x) const {
    Matrix<Real> y = product(x, tensor(name));
    add_rows(tensor(name + ".bias"), y);
    return y;
  }

  ModelConfig config_;
  std::map<std::string, Matrix<Real>> tensors_;
};

}  // namespace pnlp::test

// The judge of the packed network: pNLP-Mixer as the paper writes it (arXiv 2202.04350, section 3),
// plainly, text by text, on dense arrays and padded segments, in double or float. Slow on purpose:
// every step is its formula.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nn/reference_encoders.hpp"
#include "nn/reference_math.hpp"
#include "pnlp/model/config.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp::test {

// A text as lists of feature rows, one list a token; a row listed twice counts twice.
using Text = std::vector<std::vector<std::int32_t>>;

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
    if (encoder == "conv-mixer" || encoder == "hourglass") convolve(1, mask, x);
    if (encoder == "hourglass") mix_pools(mask, x);
    if (encoder == "mixer" || encoder == "conv-mixer") x = mix(x, mask);
    ReferenceEncoders<Real>(config_.shape, tensors_, mask).encode(x);
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

  // The mixer on means of kPool tokens; what it gives is added to each of them.
  void mix_pools(const Mask& mask, Matrix<Real>& x) const {
    Matrix<Real> pooled((x.rows + kPool - 1) / kPool, x.columns);
    for (std::size_t p = 0; p < pooled.rows; ++p) {
      const std::size_t count = std::min(kPool, x.rows - p * kPool);
      for (std::size_t t = p * kPool; t < p * kPool + count; ++t) {
        for (std::size_t c = 0; c < x.columns; ++c)
          pooled(p, c) += x(t, c) / static_cast<Real>(count);
      }
    }
    Mask pool_mask;
    if (mask) {
      pool_mask = [&](std::size_t branch, std::size_t pool, std::size_t channel) {
        return mask(kPoolBranch + branch, pool, channel);
      };
    }
    const Matrix<Real> mixed = mix(pooled, pool_mask);
    for (std::size_t t = 0; t < x.rows; ++t) {
      for (std::size_t c = 0; c < x.columns; ++c) x(t, c) += mixed(t / kPool, c);
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

#include "pnlp/nn/blocks.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/onednn.hpp"

namespace pnlp {
namespace {

// Rows done at a time: their hidden layer should stay in the second-level cache.
constexpr std::size_t kBlockRows = 128;

}  // namespace

const float* drop_gradient(const Dropout& dropout, const float* dx, std::size_t n,
                           BlockScratch& scratch) {
  if (dropout.rate <= 0) return dx;
  float* dbranch = sized(scratch.branch, n);
  std::copy_n(dx, n, dbranch);
  apply_dropout(dropout, dbranch, n);
  return dbranch;
}

Linear::Linear(const std::string& name, std::size_t inputs, std::size_t outputs,
               ParameterLayout& layout)
    : inputs_(inputs),
      outputs_(outputs),
      weight_(layout.add(name, {inputs, outputs}, Init::normal,
                         1.0 / std::sqrt(static_cast<double>(inputs)))),
      bias_(layout.add(name + ".bias", {outputs}, Init::zero)) {}

RowProduct Linear::product(const float* w, const float* x, std::size_t rows, float* y) const {
  return {.rows = rows,
          .inputs = inputs_,
          .outputs = outputs_,
          .x = x,
          .w = w + weight_,
          .bias = w + bias_,
          .y = y};
}

void Linear::run(const float* w, const float* x, std::size_t rows, bool keep, bool accumulate,
                 float* y, std::vector<float>& kernels) const {
  if (!keep) {
    RowProduct rowwise = product(w, x, rows, y);
    rowwise.accumulate = accumulate;
    multiply_rows(rowwise, kernels);
    return;
  }
  gemm(Transpose::no, Transpose::no, rows, outputs_, inputs_, x, inputs_, w + weight_, outputs_,
       accumulate, y, outputs_);
  add_bias_rows(y, w + bias_, rows, outputs_);
}

void Linear::run_at(const float* w, const float* x, const std::size_t* starts, std::size_t rows,
                    float* y, std::vector<float>& kernels) const {
  RowProduct rowwise = product(w, x, rows, y);
  rowwise.starts = starts;
  multiply_rows(rowwise, kernels);
}

void Linear::run_gelu(const float* w, const float* x, std::size_t rows, float* y,
                      std::vector<float>& kernels) const {
  RowProduct rowwise = product(w, x, rows, y);
  rowwise.gelu = true;
  multiply_rows(rowwise, kernels);
}

void Linear::backward_weights(const float* x, const float* dy, std::size_t rows, float* g) const {
  if (rows == 0) return;
  sum_rows(dy, rows, outputs_, g + bias_);
  gemm(Transpose::yes, Transpose::no, inputs_, outputs_, rows, x, inputs_, dy, outputs_, true,
       g + weight_, outputs_);
}

void Linear::backward_input(const float* w, const float* dy, std::size_t rows, bool accumulate,
                            float* dx) const {
  if (rows == 0) return;
  gemm(Transpose::no, Transpose::yes, rows, inputs_, outputs_, dy, outputs_, w + weight_, outputs_,
       accumulate, dx, inputs_);
}

void Linear::backward(const float* w, const float* x, const float* dy, std::size_t rows,
                      bool accumulate, float* dx, float* g) const {
  backward_weights(x, dy, rows, g);
  backward_input(w, dy, rows, accumulate, dx);
}

Norm::Norm(const std::string& name, std::size_t channels, ParameterLayout& layout)
    : channels_(channels),
      gain_(layout.add(name + ".gain", {channels}, Init::one)),
      shift_(layout.add(name + ".shift", {channels}, Init::zero)) {}

void Norm::predict(const float* w, const float* x, std::size_t t, float* normal) const {
  layer_norm_forward(x, w + gain_, w + shift_, t, channels_, normal, nullptr, nullptr);
}

const float* Norm::forward(const float* w, const float* x, std::size_t t, NormMemory& kept) const {
  float* normal = sized(kept.normal, t * channels_);
  layer_norm_forward(x, w + gain_, w + shift_, t, channels_, normal,
                     sized(kept.xhat, t * channels_), sized(kept.rstd, t));
  return normal;
}

void Norm::backward(const float* w, const float* dnormal, std::size_t t, const NormMemory& kept,
                    float* dx, float* g) const {
  layer_norm_backward(dnormal, w + gain_, kept.xhat.data(), kept.rstd.data(), t, channels_, dx,
                      g + gain_, g + shift_);
}

FeedForward::FeedForward(const std::string& prefix, std::size_t inputs, std::size_t hidden,
                         std::size_t outputs, ParameterLayout& layout)
    : in_(prefix + "_in", inputs, hidden, layout), out_(prefix + "_out", hidden, outputs, layout) {}

void FeedForward::predict(const float* w, const float* x, std::size_t rows, bool accumulate,
                          float* y, BlockScratch& scratch) const {
  float* hidden = sized(scratch.hidden, kBlockRows * in_.outputs());
  for (std::size_t row = 0; row < rows; row += kBlockRows) {
    const std::size_t some = std::min(kBlockRows, rows - row);
    in_.run_gelu(w, x + row * in_.inputs(), some, hidden, scratch.kernels);
    out_.run(w, hidden, some, false, accumulate, y + row * out_.outputs(), scratch.kernels);
  }
}

void FeedForward::forward(const float* w, const float* x, std::size_t rows, bool accumulate,
                          float* y, FeedForwardMemory& kept, BlockScratch& scratch) const {
  const std::size_t h = in_.outputs();
  sized(kept.hidden, rows * h);
  for (std::size_t row = 0; row < rows; row += kBlockRows) {
    const std::size_t some = std::min(kBlockRows, rows - row);
    float* hidden = kept.hidden.data() + row * h;
    float* active = sized(scratch.active, some * h);
    in_.run(w, x + row * in_.inputs(), some, true, false, hidden, scratch.kernels);
    gelu(hidden, some * h, active);
    out_.run(w, active, some, true, accumulate, y + row * out_.outputs(), scratch.kernels);
  }
}

void FeedForward::backward(const float* w, const float* x, const float* dy, std::size_t rows,
                           bool accumulate, float* dx, FeedForwardMemory& kept,
                           BlockScratch& scratch, float* g) const {
  const std::size_t h = in_.outputs();
  float* dhidden = sized(scratch.dhidden, rows * h);
  out_.backward_input(w, dy, rows, false, dhidden);
  gelu_backward(rows * h, kept.hidden.data(), dhidden);
  out_.backward_weights(kept.hidden.data(), dy, rows, g);
  in_.backward(w, x, dhidden, rows, accumulate, dx, g);
}

ChannelMixing::ChannelMixing(const std::string& prefix, std::size_t channels, std::size_t hidden,
                             ParameterLayout& layout)
    : channels_(channels),
      norm_(prefix + "channel_norm", channels, layout),
      layers_(prefix + "channel", channels, hidden, channels, layout) {}

void ChannelMixing::predict(const float* w, std::size_t t, float* x, BlockScratch& scratch) const {
  float* normal = sized(scratch.normal, kBlockRows * channels_);
  for (std::size_t row = 0; row < t; row += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, t - row);
    norm_.predict(w, x + row * channels_, rows, normal);
    layers_.predict(w, normal, rows, true, x + row * channels_, scratch);
  }
}

void ChannelMixing::forward(const float* w, std::size_t t, const Dropout& dropout, float* x,
                            ChannelMixingMemory& kept, BlockScratch& scratch) const {
  const float* normal = norm_.forward(w, x, t, kept.norm);
  // Without dropout the product is added to the skip connection where it stands.
  const bool direct = dropout.rate <= 0;
  float* branch = direct ? x : sized(scratch.branch, t * channels_);
  layers_.forward(w, normal, t, direct, branch, kept.layers, scratch);
  if (direct) return;
  apply_dropout(dropout, branch, t * channels_);
  add(x, branch, t * channels_);
}

void ChannelMixing::backward(const float* w, std::size_t t, const Dropout& dropout, float* dx,
                             ChannelMixingMemory& kept, BlockScratch& scratch, float* g) const {
  const float* dbranch = drop_gradient(dropout, dx, t * channels_, scratch);
  float* dnormal = sized(scratch.dnormal, t * channels_);
  layers_.backward(w, kept.norm.normal.data(), dbranch, t, false, dnormal, kept.layers, scratch, g);
  norm_.backward(w, dnormal, t, kept.norm, dx, g);
}

ChannelMixing8::ChannelMixing8(const ChannelMixing& mixing, const float* w)
    : channels_(mixing.channels_),
      norm_(mixing.norm_.eight(w)),
      layers_(mixing.layers_.eight(norm_, w)) {}

void ChannelMixing8::run(std::size_t t, float* x, BlockScratch& scratch) const {
  const std::size_t stride = layers_.stride();
  std::vector<std::uint8_t>& normal = scratch.scratch8.normal;
  normal.resize(std::max(normal.size(), kBlockRows * stride));
  for (std::size_t row = 0; row < t; row += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, t - row);
    norm_.run(x + row * channels_, rows, stride, normal.data());
    layers_.run(normal.data(), rows, x + row * channels_, scratch.scratch8);
  }
}

}  // namespace pnlp

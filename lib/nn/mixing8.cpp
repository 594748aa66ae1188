#include "pnlp/nn/mixing8.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pnlp/nn/integer_kernels.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/layers.hpp"

namespace pnlp {
namespace {

constexpr float kLowest = -3.5F;     // below it GELU is taken for 0
constexpr float kLeastGelu = 0.17F;  // nowhere is GELU below minus this
constexpr float kDeviations = 5;     // values are expected within so many
constexpr float kLeastRange = 0.5F;
constexpr float kMost = 1e30F;                // of a range
constexpr std::size_t kPreparedLengths = 64;  // longer ones need more work than their tables
constexpr std::size_t kBlockRows = 48;  // rows whose hidden layer stays in the first-level cache

std::size_t up(std::size_t n, std::size_t step) {
  return (n + step - 1) / step;
}

float bounded(double value) {
  return static_cast<float>(std::clamp(value, -1e38, 1e38));
}

template <typename T>
T* sized(std::vector<T>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

}  // namespace

Norm8::Norm8(const float* gain, const float* shift, std::size_t channels)
    : gain_(gain, gain + channels), shift_(shift, shift + channels) {
  float most = 0;
  for (std::size_t c = 0; c < channels; ++c)
    most = std::max(most, std::abs(shift[c]) + kDeviations * std::abs(gain[c]));
  if (most > 0) unit_ = std::min(most, kMost) / 127.0F;
  for (std::size_t c = 0; c < channels; ++c) {
    gain_[c] /= unit_;
    shift_[c] = shift_[c] / unit_ + float{kZeroByte};
  }
}

void Norm8::run(const float* x, std::size_t rows, std::size_t stride, std::uint8_t* bytes,
                const IntegerKernels& kernels) const {
  kernels.normalize_rows({.rows = rows,
                          .channels = gain_.size(),
                          .stride = stride,
                          .x = x,
                          .gain = gain_.data(),
                          .shift = shift_.data(),
                          .bytes = bytes});
}

float Norm8::spread() const {
  double sum = 0;
  for (std::size_t c = 0; c < gain_.size(); ++c) {
    const double gain = gain_[c];
    const double shift = shift_[c] - float{kZeroByte};
    sum += gain * gain + shift * shift;
  }
  return bounded(unit_ * std::sqrt(sum / static_cast<double>(gain_.size())));
}

void Norm8::moments(const float* w, std::size_t outputs, std::size_t output, double& mean,
                    double& deviation) const {
  double sum = 0;
  double squares = 0;
  for (std::size_t c = 0; c < gain_.size(); ++c) {
    const double weight = static_cast<double>(w[c * outputs + output]) * unit_;
    sum += weight * (shift_[c] - float{kZeroByte});
    squares += weight * gain_[c] * weight * gain_[c];
  }
  mean = sum;
  deviation = std::sqrt(squares);
}

GeluSteps::GeluSteps(float range) {
  const float step = (range - kLowest) / 255.0F;
  per_step = 1.0F / step;
  first = -kLowest * per_step - 128.0F;
  std::array<float, 256> values;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = kLowest + static_cast<float>(i) * step;
  gelu(values.data(), values.size(), values.data());
  unit = (values.back() + kLeastGelu) / 255.0F;
  zero = static_cast<std::int32_t>(std::ceil(kLeastGelu / unit));
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float entry = std::floor(values[i] / unit + 0.5F) + static_cast<float>(zero);
    // Signed bytes are looked up: -128 stands for the lowest value.
    table[(i + 128) % 256] = static_cast<std::uint8_t>(entry > 0 ? std::min(entry, 255.0F) : 0.0F);
  }
}

namespace {

float hidden_range(const Norm8& norm, const FeedForward8::Layer& in) {
  double range = kLeastRange;
  for (std::size_t n = 0; n < in.outputs; ++n) {
    double mean = 0;
    double deviation = 0;
    norm.moments(in.w, in.outputs, n, mean, deviation);
    range = std::max(range, std::abs(mean + in.bias[n]) + kDeviations * deviation);
  }
  return static_cast<float>(std::min<double>(range, kMost));
}

// Rows in the order in which hidden bytes stand, to whole panels.
std::vector<float> in_places(const FeedForward8::Layer& out) {
  std::vector<float> w(up(out.inputs, kPanelOutputs) * kPanelOutputs * out.outputs);
  for (std::size_t j = 0; j < out.inputs; ++j) {
    const std::size_t place = j / kPanelOutputs * kPanelOutputs + hidden_place(j % kPanelOutputs);
    std::copy_n(out.w + j * out.outputs, out.outputs, w.data() + place * out.outputs);
  }
  return w;
}

}  // namespace

FeedForward8::FeedForward8(const Norm8& norm, const Layer& in, const Layer& out)
    : stride_(up(in.inputs, 4) * 4),
      panels_(up(in.outputs, kPanelOutputs)),
      steps_(hidden_range(norm, in)),
      in_(in.w, in.bias, in.inputs, in.outputs),
      out_(in_places(out).data(), out.bias, panels_ * kPanelOutputs, out.outputs) {
  const RowProduct8 first = in_.product();
  for (std::size_t n = 0; n < panels_ * kPanelOutputs; ++n) {
    const double scale = static_cast<double>(first.scales[n]) * norm.unit() * steps_.per_step;
    in_scales_.push_back(bounded(scale));
    in_bias_.push_back(bounded(static_cast<double>(first.bias[n]) * steps_.per_step + steps_.first -
                               scale * kZeroByte * first.sums[n]));
  }
  const RowProduct8 second = out_.product();
  for (std::size_t n = 0; n < up(out.outputs, kPanelOutputs) * kPanelOutputs; ++n) {
    const double scale = static_cast<double>(second.scales[n]) * steps_.unit;
    out_scales_.push_back(bounded(scale));
    out_bias_.push_back(bounded(second.bias[n] - scale * steps_.zero * second.sums[n]));
  }
}

void FeedForward8::run(const std::uint8_t* x, std::size_t rows, float* y, Scratch8& scratch,
                       const IntegerKernels& kernels) const {
  const std::size_t units = panels_ * kPanelOutputs;
  std::uint8_t* hidden = sized(scratch.hidden, kBlockRows * units);
  RowProduct8 second = out_.product();
  second.scales = out_scales_.data();
  second.bias = out_bias_.data();
  second.x = hidden;
  second.accumulate = true;
  for (std::size_t row = 0; row < rows; row += kBlockRows) {
    second.rows = std::min(kBlockRows, rows - row);
    kernels.hidden_rows({.rows = second.rows,
                         .groups = stride_ / 4,
                         .panels = panels_,
                         .x = x + row * stride_,
                         .w = in_.product().w,
                         .steps = {.scales = in_scales_.data(),
                                   .bias = in_bias_.data(),
                                   .table = steps_.table.data()},
                         .hidden = hidden});
    second.y = y + row * out_.outputs();
    kernels.multiply_rows(second);
  }
}

TokenMixing8::TokenMixing8(const Norm8& norm, const float* in, const float* in_bias,
                           const float* out, const float* out_bias, std::size_t segment,
                           std::size_t hidden)
    : unit_(norm.unit()), segment_(segment), groups_(up(segment, 4)), quads_(up(hidden, 4)) {
  const std::size_t units = quads_ * 4;
  in_.resize(quads_ * groups_ * 16);
  in_scales_.resize(units);
  in_bias_.resize(units);
  in_sums_.resize((groups_ + 1) * units);
  out_.resize(quads_ * segment * 4);
  out_scales_.resize(segment);
  out_bias_.assign(out_bias, out_bias + segment);
  out_sums_.resize(segment);
  std::copy_n(in_bias, hidden, in_bias_.data());
  for (std::size_t i = 0; i < segment; ++i) {
    for (std::size_t j = 0; j < hidden; ++j) {
      in_scales_[j] = std::max(in_scales_[j], std::abs(in[i * hidden + j]));
      out_scales_[i] = std::max(out_scales_[i], std::abs(out[i * hidden + j]));
    }
  }
  for (float& scale : in_scales_) scale = int8_scale(scale);
  for (float& scale : out_scales_) scale = int8_scale(scale);
  const float spread = norm.spread();
  std::vector<float> squares(hidden);
  ranges_.resize(segment + 1);
  for (std::size_t i = 0; i < segment; ++i) {
    for (std::size_t j = 0; j < hidden; ++j) {
      const std::int8_t q = quantize_weight(in[i * hidden + j], in_scales_[j]);
      in_[((j / 4 * groups_ + i / 4) * 4 + j % 4) * 4 + i % 4] = q;
      in_sums_[(i / 4 + 1) * units + j] += q;
      const std::int8_t r = quantize_weight(out[i * hidden + j], out_scales_[i]);
      out_[(j / 4 * segment + i) * 4 + j % 4] = r;
      out_sums_[i] += r;
      squares[j] += in[i * hidden + j] * in[i * hidden + j];
      ranges_[i + 1] = std::max(
          ranges_[i + 1], std::abs(in_bias[j]) + kDeviations * spread * std::sqrt(squares[j]));
    }
  }
  for (std::size_t at = units; at < in_sums_.size(); ++at) in_sums_[at] += in_sums_[at - units];
  for (std::size_t length = 1; length <= std::min(segment, kPreparedLengths); ++length)
    prepared_.push_back(prepare(length));
}

TokenMixing8::Prepared TokenMixing8::prepare(std::size_t length) const {
  const std::size_t units = quads_ * 4;
  Prepared made{.steps = GeluSteps(std::min(std::max(ranges_[length], kLeastRange), kMost)),
                .in_scales = std::vector<float>(units),
                .in_bias = std::vector<float>(units),
                .out_scales = std::vector<float>(length),
                .out_bias = std::vector<float>(length)};
  const std::int32_t* sums = in_sums_.data() + up(length, 4) * units;
  const float per_step = made.steps.per_step * unit_;
  for (std::size_t j = 0; j < units; ++j) {
    const float scale = std::min(in_scales_[j] * per_step, kMost);
    made.in_scales[j] = scale;
    made.in_bias[j] = in_bias_[j] * made.steps.per_step + made.steps.first -
                      scale * static_cast<float>(kZeroByte * sums[j]);
  }
  for (std::size_t i = 0; i < length; ++i) {
    const float scale = std::min(out_scales_[i] * made.steps.unit, kMost);
    made.out_scales[i] = scale;
    made.out_bias[i] = out_bias_[i] - scale * static_cast<float>(made.steps.zero * out_sums_[i]);
  }
  return made;
}

void TokenMixing8::run(std::size_t length, std::size_t columns, std::size_t stride,
                       const std::uint8_t* x, float* y, Scratch8& scratch,
                       const IntegerKernels& kernels) const {
  std::optional<Prepared> own;
  if (length > prepared_.size()) own = prepare(length);
  const Prepared& prepared = own ? *own : prepared_[length - 1];
  kernels.mix_tokens({.length = length,
                      .columns = columns,
                      .stride = stride,
                      .quads = quads_,
                      .in_groups = groups_,
                      .out_positions = segment_,
                      .x = x,
                      .in = in_.data(),
                      .steps = {.scales = prepared.in_scales.data(),
                                .bias = prepared.in_bias.data(),
                                .table = prepared.steps.table.data()},
                      .out = out_.data(),
                      .out_scales = prepared.out_scales.data(),
                      .out_bias = prepared.out_bias.data(),
                      .scratch = sized(scratch.bytes, 128 * (quads_ + up(length, 4))),
                      .y = y});
}

}  // namespace pnlp

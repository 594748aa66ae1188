#include "pnlp/nn/eight_bit.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "pnlp/nn/integer_kernels.hpp"
#include "pnlp/nn/layers.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kPanel = kPanelOutputs;
constexpr float kLowest = -3.5F;  // below it GELU is taken for 0
constexpr float kDeviations = 5;  // hidden values are expected within so many

std::size_t up(std::size_t n, std::size_t step) {
  return (n + step - 1) / step;
}

PNLP_MULTIVERSION
void add_bytes(const std::int8_t* __restrict weights, std::size_t n,
               std::int32_t* __restrict sums) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) sums[i] += weights[i];
}

PNLP_MULTIVERSION
void add_times(const std::int8_t* __restrict weights, std::int32_t factor, std::size_t n,
               std::int32_t* __restrict sums) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) sums[i] += factor * weights[i];
}

// `unit`: what one of `sums` counts; a power of two.
PNLP_MULTIVERSION
void scale_sums(const std::int32_t* sums, const float* scales, float unit, std::size_t n,
                float* out) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) out[i] += static_cast<float>(sums[i]) * (scales[i] * unit);
}

}  // namespace

float int8_scale(float largest) {
  constexpr std::uint32_t kDropped = (1U << 7) - 1;
  const auto bits = std::bit_cast<std::uint32_t>(largest / 127.0F);
  const auto above = std::bit_cast<float>((bits + kDropped) & ~kDropped);
  return std::isfinite(127.0F * above) ? above : std::bit_cast<float>(bits & ~kDropped);
}

Linear8::Linear8(const float* w, const float* bias, std::size_t inputs, std::size_t outputs)
    : inputs_(inputs), outputs_(outputs), groups_(up(inputs, 4)) {
  const std::size_t padded = up(outputs, kPanel) * kPanel;
  weights_.resize(padded * groups_ * 4);
  scales_.resize(padded);
  bias_.resize(padded);
  sums_.resize(padded);
  std::copy_n(bias, outputs, bias_.data());
  for (std::size_t k = 0; k < inputs; ++k) {
    for (std::size_t n = 0; n < outputs; ++n)
      scales_[n] = std::max(scales_[n], std::abs(w[k * outputs + n]));
  }
  for (float& scale : scales_) scale = int8_scale(scale);
  for (std::size_t k = 0; k < inputs; ++k) {
    for (std::size_t n = 0; n < outputs; ++n) {
      const std::int8_t q = quantize_weight(w[k * outputs + n], scales_[n]);
      sums_[n] += q;
      weights_[((n / kPanel * groups_ + k / 4) * kPanel + n % kPanel) * 4 + k % 4] = q;
    }
  }
}

RowProduct8 Linear8::quantize(const float* x, const std::size_t* starts, std::size_t rows,
                              const IntegerKernels& kernels, Scratch8& scratch) const {
  const std::size_t bytes = groups_ * 4;
  scratch.bytes.resize(std::max(scratch.bytes.size(), rows * bytes));
  scratch.scales.resize(std::max(scratch.scales.size(), rows));
  scratch.zeros.resize(std::max(scratch.zeros.size(), rows));
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint8_t* to = scratch.bytes.data() + row * bytes;
    const float* from = x + (starts == nullptr ? row * inputs_ : starts[row]);
    kernels.quantize_row(from, inputs_, to, scratch.scales[row], scratch.zeros[row]);
    std::fill(to + inputs_, to + bytes, std::uint8_t{0});  // their weights are 0
  }
  return {.rows = rows,
          .groups = groups_,
          .outputs = outputs_,
          .x = scratch.bytes.data(),
          .x_scales = scratch.scales.data(),
          .x_zeros = scratch.zeros.data(),
          .w = weights_.data(),
          .scales = scales_.data(),
          .sums = sums_.data(),
          .bias = bias_.data()};
}

void Linear8::run(const float* x, std::size_t rows, bool gelu, bool accumulate, float* y,
                  Scratch8& scratch, const IntegerKernels& kernels) const {
  RowProduct8 product = quantize(x, nullptr, rows, kernels, scratch);
  product.gelu = gelu;
  product.accumulate = accumulate;
  product.y = y;
  kernels.multiply_rows(product);
}

void Linear8::run_at(const float* x, const std::size_t* starts, std::size_t rows, float* y,
                     Scratch8& scratch) const {
  const IntegerKernels& kernels = integer_kernels();
  RowProduct8 product = quantize(x, starts, rows, kernels, scratch);
  product.y = y;
  kernels.multiply_rows(product);
}

TokenMixing8::TokenMixing8(const float* in, const float* in_bias, const float* out,
                           const float* out_bias, std::size_t segment, std::size_t hidden,
                           float spread)
    : segment_(segment), groups_(up(segment, 4)), quads_(up(hidden, 4)) {
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
}

void TokenMixing8::run(std::size_t length, std::size_t columns, std::size_t stride, const float* x,
                       float* y, Scratch8& scratch, const IntegerKernels& kernels) const {
  const std::size_t units = quads_ * 4;
  // Hidden values from kLowest to `range` in 256 steps, and what GELU makes of each.
  const float range = std::min(std::max(ranges_[length], 0.5F), 1e30F);
  const float step = (range - kLowest) / 255.0F;
  std::array<float, 256> values;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = kLowest + static_cast<float>(i) * step;
  gelu_forward(values.data(), values.size(), values.data());
  const float out_step = (values.back() + 0.17F) / 255.0F;
  const auto zero = static_cast<std::int32_t>(std::ceil(0.17F / out_step));
  alignas(64) std::array<std::uint8_t, 256> table;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float entry = std::floor(values[i] / out_step + 0.5F) + static_cast<float>(zero);
    // Signed bytes are looked up: -128 stands for the lowest value.
    table[(i + 128) % 256] = static_cast<std::uint8_t>(entry > 0 ? std::min(entry, 255.0F) : 0.0F);
  }
  scratch.scales.resize(2 * units + 2 * length);
  scratch.zeros.resize(units + length);
  float* scales = scratch.scales.data();
  float* bias = scales + units;
  float* out_scales = bias + units;
  std::int32_t* in_zeros = scratch.zeros.data();
  std::int32_t* out_zeros = in_zeros + units;
  const float inverse = 1.0F / step;
  for (std::size_t j = 0; j < units; ++j) {
    scales[j] = in_scales_[j] * inverse;
    bias[j] = (in_bias_[j] - kLowest) * inverse - 128.0F;
    in_zeros[j] = -128 * in_sums_[up(length, 4) * units + j];
  }
  for (std::size_t i = 0; i < length; ++i) {
    out_scales[i] = out_scales_[i] * out_step;
    out_zeros[i] = -zero * out_sums_[i];
  }
  scratch.bytes.resize(std::max(scratch.bytes.size(), 64 * (quads_ + up(length, 4)) + 64));
  const TokenProduct8 product{.length = length,
                              .columns = columns,
                              .stride = stride,
                              .quads = quads_,
                              .in_groups = groups_,
                              .out_positions = segment_,
                              .x = x,
                              .in = in_.data(),
                              .in_zeros = in_zeros,
                              .in_scales = scales,
                              .in_bias = bias,
                              .table = table.data(),
                              .out = out_.data(),
                              .out_zeros = out_zeros,
                              .out_scales = out_scales,
                              .out_bias = out_bias_.data(),
                              .scratch = scratch.bytes.data(),
                              .y = y};
  kernels.mix_tokens(product);
}

void Table8::project(const WordRows& word, std::size_t own_place, float* projected,
                     Scratch8& scratch) const {
  scratch.zeros.assign(width + channels, 0);
  std::int32_t* sums = scratch.zeros.data();
  const std::int8_t* plain = weights.data() + windowed_rows * width;
  for (std::size_t i = 0; i < word.rows.size(); ++i) {
    const auto r = static_cast<std::size_t>(word.rows[i]);
    const bool windowed = r < windowed_rows;
    const std::int8_t* row =
        windowed ? weights.data() + r * width : plain + (r - windowed_rows) * channels;
    std::int32_t* to = windowed ? sums : sums + width;
    const std::size_t columns = windowed ? width : channels;
    if (word.factors.empty()) {
      add_bytes(row, columns, to);
    } else {
      add_times(row, word.factors[i], columns, to);
    }
  }
  const float unit = word.factors.empty() ? 1.0F : 1.0F / float{kFactorOne};
  std::fill_n(projected, width, 0.0F);
  scale_sums(sums, scales.data(), unit, width, projected);
  scale_sums(sums + width, scales.data() + width, unit, channels, projected + own_place * channels);
}

void quantize_table(const float* table, Table8& shape) {
  shape.scales.assign(shape.width + shape.channels, 0.0F);
  std::vector<std::int8_t> weights(shape.size());
  const auto part = [&](const float* from, std::size_t rows, std::size_t columns, float* scales,
                        std::int8_t* to) {
    for (std::size_t i = 0; i < rows * columns; ++i)
      scales[i % columns] = std::max(scales[i % columns], std::abs(from[i]));
    for (std::size_t i = 0; i < columns; ++i) scales[i] = int8_scale(scales[i]);
    for (std::size_t i = 0; i < rows * columns; ++i)
      to[i] = quantize_weight(from[i], scales[i % columns]);
  };
  const std::size_t windowed = shape.windowed_rows * shape.width;
  part(table, shape.windowed_rows, shape.width, shape.scales.data(), weights.data());
  part(table + windowed, shape.plain_rows, shape.channels, shape.scales.data() + shape.width,
       weights.data() + windowed);
  shape.weights = std::move(weights);
}

}  // namespace pnlp

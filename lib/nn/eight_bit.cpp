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

RowProduct8 Linear8::product() const {
  return {.groups = groups_,
          .outputs = outputs_,
          .w = weights_.data(),
          .scales = scales_.data(),
          .sums = sums_.data(),
          .bias = bias_.data()};
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
  RowProduct8 made = product();
  made.rows = rows;
  made.x = scratch.bytes.data();
  made.x_scales = scratch.scales.data();
  made.x_zeros = scratch.zeros.data();
  return made;
}

void Linear8::run(const float* x, std::size_t rows, bool accumulate, float* y, Scratch8& scratch,
                  const IntegerKernels& kernels) const {
  RowProduct8 product = quantize(x, nullptr, rows, kernels, scratch);
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

#include "pnlp/nn/mixing8.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "nn/noise.hpp"
#include "nn/token_mixing.hpp"
#include "pnlp/nn/integer_kernels.hpp"
#include "pnlp/nn/layers.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

double gelu(double x) {
  return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
}

// What bytes of `norm` stand for.
std::vector<double> values(const std::vector<std::uint8_t>& bytes, float unit) {
  std::vector<double> result;
  for (const std::uint8_t byte : bytes) result.push_back((byte - 128.0) * unit);
  return result;
}

std::vector<std::uint8_t> any_bytes(Random& random, std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(64 + random.below(128));
  return bytes;
}

Norm8 plain_norm(std::size_t channels) {
  const std::vector<float> ones(channels, 1.0F);
  const std::vector<float> zeros(channels, 0.0F);
  return {ones.data(), zeros.data(), channels};
}

}  // namespace

TEST_CASE("normalised rows as bytes are those of the normalisation, and the forms agree") {
  Random random(1);
  for (const std::size_t channels : {1U, 3U, 16U, 40U, 64U, 84U, 130U}) {
    constexpr std::size_t kRows = 5;
    const std::size_t stride = (channels + 3) / 4 * 4;
    const auto gain = normals(random, channels);
    const auto shift = normals(random, channels);
    auto x = normals(random, kRows * channels, 3.0);
    std::fill_n(x.begin(), channels, 2.0F);  // no deviation
    const Norm8 norm(gain.data(), shift.data(), channels);
    std::vector<std::uint8_t> fast(kRows * stride + 1, 77);
    norm.run(x.data(), kRows, stride, fast.data());
    for (const IntegerKernels* kernel : all_integer_kernels()) {
      std::vector<std::uint8_t> other(kRows * stride + 1, 77);
      norm.run(x.data(), kRows, stride, other.data(), *kernel);
      CHECK(fast == other);
    }
    CHECK(fast.back() == 77);
    std::vector<float> normal(kRows * channels);
    layer_norm_forward(x.data(), gain.data(), shift.data(), kRows, channels, normal.data(), nullptr,
                       nullptr);
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t c = 0; c < stride; ++c) {
        const std::uint8_t byte = fast[row * stride + c];
        if (c >= channels) {
          CHECK(byte == 0);
          continue;
        }
        const double value = normal[row * channels + c] / norm.unit();
        CHECK(std::abs(byte - 128 - std::min(127.0, std::max(-128.0, value))) < 0.501);
      }
    }
  }
}

TEST_CASE("the unit of normalised bytes spans the widest channel") {
  const std::vector<float> gain = {1, -3, 2};
  const std::vector<float> shift = {0, 0.5F, -6};
  const Norm8 norm(gain.data(), shift.data(), 3);
  CHECK(norm.unit() == doctest::Approx((6 + 5 * 2) / 127.0));
  CHECK(norm.spread() == doctest::Approx(std::sqrt((1 + 9.25 + 40) / 3)).epsilon(1e-4));
  const std::vector<float> w = {1, 0, 0, 2, 5, -1};  // of 2 outputs
  double mean = 0;
  double deviation = 0;
  norm.moments(w.data(), 2, 1, mean, deviation);
  CHECK(mean == doctest::Approx(0.5 * 2 + 6));
  CHECK(deviation == doctest::Approx(std::sqrt(36.0 + 4)));
  const std::vector<float> nothing(3, 0.0F);
  const Norm8 none(nothing.data(), nothing.data(), 3);
  std::vector<std::uint8_t> bytes(4);
  none.run(gain.data(), 1, 4, bytes.data());
  CHECK(bytes == std::vector<std::uint8_t>{128, 128, 128, 0});
}

TEST_CASE("numbers that are none, or too large, become some bytes, the same in all forms") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Norm8 norm = plain_norm(16);
  std::vector<float> x(32, 1.0F);
  x[3] = kInfinity;
  x[17] = 3e38F;
  x[18] = -3e38F;
  std::vector<std::uint8_t> fast(32);
  norm.run(x.data(), 2, 16, fast.data());
  for (const IntegerKernels* kernel : all_integer_kernels()) {
    std::vector<std::uint8_t> other(32);
    norm.run(x.data(), 2, 16, other.data(), *kernel);
    CHECK(fast == other);
  }
}

TEST_CASE("a hidden layer in 8 bits is near the one in floats, and its forms agree") {
  Random random(2);
  for (const std::size_t inputs : {1U, 6U, 64U}) {
    for (const std::size_t hidden : {1U, 20U, 64U, 70U}) {
      for (const std::size_t outputs : {1U, 16U, 70U}) {
        constexpr std::size_t kRows = 59;
        const auto w = normals(random, inputs * hidden, 0.5);
        const auto bias = normals(random, hidden, 0.5);
        const auto v = normals(random, hidden * outputs, 0.5);
        const auto out_bias = normals(random, outputs);
        const Norm8 norm = plain_norm(inputs);
        const FeedForward8 layers(norm, {w.data(), bias.data(), inputs, hidden},
                                  {v.data(), out_bias.data(), hidden, outputs});
        const auto x = any_bytes(random, kRows * layers.stride());
        const auto numbers = values(x, norm.unit());
        Scratch8 scratch;
        std::vector<float> fast(kRows * outputs, 0.5F);
        layers.run(x.data(), kRows, fast.data(), scratch);
        for (const IntegerKernels* kernel : all_integer_kernels()) {
          std::vector<float> other(kRows * outputs, 0.5F);
          layers.run(x.data(), kRows, other.data(), scratch, *kernel);
          CHECK(fast == other);
        }
        double worst = 0;
        for (std::size_t row = 0; row < kRows; ++row) {
          std::vector<float> alone(outputs, 0.5F);
          layers.run(x.data() + row * layers.stride(), 1, alone.data(), scratch);
          CHECK(std::memcmp(alone.data(), fast.data() + row * outputs, 4 * outputs) == 0);
          for (std::size_t n = 0; n < outputs; ++n) {
            double sum = 0.5 + out_bias[n];
            for (std::size_t j = 0; j < hidden; ++j) {
              double z = bias[j];
              for (std::size_t k = 0; k < inputs; ++k)
                z += numbers[row * layers.stride() + k] * w[k * hidden + j];
              sum += gelu(z) * v[j * outputs + n];
            }
            worst = std::max(worst, std::abs(sum - fast[row * outputs + n]));
          }
        }
        CHECK(worst < 0.05 * std::sqrt(static_cast<double>(inputs * hidden)) + 0.02);
      }
    }
  }
}

TEST_CASE("token mixing in 8 bits is near the one in floats, and its forms agree") {
  Random random(4);
  constexpr std::size_t kSegment = 21;
  const Norm8 norm = plain_norm(1);
  for (const std::size_t hidden : {1U, 4U, 30U}) {
    const auto in = normals(random, kSegment * hidden, 0.3);
    const auto out = normals(random, kSegment * hidden, 0.3);
    const auto in_bias = normals(random, hidden, 0.3);
    const auto out_bias = normals(random, kSegment);
    const TokenMixing8 mixing(norm, in.data(), in_bias.data(), out.data(), out_bias.data(),
                              kSegment, hidden);
    Scratch8 scratch;
    for (const std::size_t length : {1U, 3U, 4U, 5U, 8U, 9U, 13U, 21U}) {
      for (const std::size_t columns : {1U, 16U, 37U, 64U}) {
        const std::size_t stride = columns + 2;
        const auto x = any_bytes(random, length * stride);
        const auto numbers = values(x, norm.unit());
        std::vector<float> fast(length * stride, 0.5F);
        mixing.run(length, columns, stride, x.data(), fast.data(), scratch);
        for (const IntegerKernels* kernel : all_integer_kernels()) {
          std::vector<float> other(length * stride, 0.5F);
          mixing.run(length, columns, stride, x.data(), other.data(), scratch, *kernel);
          CHECK(fast == other);
        }
        const std::vector<float> floats(numbers.begin(), numbers.end());
        const double worst = mixing_error({.length = length,
                                           .hidden = hidden,
                                           .columns = columns,
                                           .stride = stride,
                                           .x = floats.data(),
                                           .in = in.data(),
                                           .in_bias = in_bias.data(),
                                           .out = out.data(),
                                           .out_bias = out_bias.data()},
                                          std::vector<float>(fast.size(), 0.5F), fast);
        CHECK(worst < 0.02 * std::sqrt(static_cast<double>(hidden)) + 0.03);
      }
    }
  }
}

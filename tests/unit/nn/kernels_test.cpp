#include "pnlp/nn/kernels.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "nn/noise.hpp"
#include "nn/reference_math.hpp"
#include "nn/token_mixing.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

std::vector<float> multiply(const Kernels& kernels, RowProduct product, std::vector<float> y) {
  std::vector<float> scratch;
  product.y = y.data();
  kernels.multiply_rows(product, scratch);
  return y;
}

std::vector<float> mix(const Kernels& kernels, TokenMixing mixing, std::vector<float> y) {
  std::vector<float> scratch;
  mixing.y = y.data();
  kernels.mix_tokens(mixing, scratch);
  return y;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float gelu_of(const Kernels& kernel, float x) {
  kernel.gelu(&x, 1, &x);
  return x;
}

float slope_of(const Kernels& kernel, float x) {
  float slope = 1;
  kernel.gelu_backward(1, &x, &slope);
  return slope;
}

}  // namespace

TEST_CASE("there is a kernel for every processor, and the best comes first") {
  REQUIRE(!kernels().empty());
  CHECK(kernels().back().name == std::string("plain"));
}

TEST_CASE("rows times a matrix: every form against its definition, in all odd sizes") {
  for (const Kernels& kernel : kernels()) {
    for (const std::size_t rows : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 13U}) {
      for (const std::size_t outputs : {1U, 3U, 16U, 17U, 63U, 64U, 65U, 130U}) {
        for (const std::size_t inputs : {1U, 5U, 40U}) {
          const auto x = noise(rows * inputs, 1);
          const auto w = noise(inputs * outputs, 2);
          const auto bias = noise(outputs, 3);
          const auto before = noise(rows * outputs, 4);
          for (const bool gelu : {false, true}) {
            for (const bool accumulate : {false, true}) {
              const auto y = multiply(kernel,
                                      {.rows = rows,
                                       .inputs = inputs,
                                       .outputs = outputs,
                                       .x = x.data(),
                                       .w = w.data(),
                                       .bias = bias.data(),
                                       .gelu = gelu,
                                       .accumulate = accumulate},
                                      before);
              double worst = 0;
              for (std::size_t r = 0; r < rows; ++r) {
                for (std::size_t n = 0; n < outputs; ++n) {
                  double sum = bias[n];
                  for (std::size_t k = 0; k < inputs; ++k)
                    sum += static_cast<double>(x[r * inputs + k]) * w[k * outputs + n];
                  if (gelu) sum = exact_gelu(sum);
                  if (accumulate) sum += before[r * outputs + n];
                  worst = std::max(worst, std::abs(sum - y[r * outputs + n]));
                }
              }
              CHECK(worst < 3e-5);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("token mixing: every form against its definition, in all odd sizes") {
  for (const Kernels& kernel : kernels()) {
    for (const std::size_t length : {1U, 2U, 3U, 7U, 8U, 9U, 12U, 17U, 30U}) {
      for (const std::size_t hidden : {1U, 7U, 8U, 20U}) {
        for (const std::size_t columns : {1U, 5U, 16U, 37U}) {
          const std::size_t stride = columns + 3;
          const auto x = noise(length * stride, 1);
          const auto in = noise(length * hidden, 2, 0.5);
          const auto out = noise(length * hidden, 3, 0.5);
          const auto in_bias = noise(hidden, 4);
          const auto out_bias = noise(length, 5);
          const auto before = noise(length * stride, 6);
          const TokenMixing mixing{.length = length,
                                   .hidden = hidden,
                                   .columns = columns,
                                   .stride = stride,
                                   .x = x.data(),
                                   .in = in.data(),
                                   .in_bias = in_bias.data(),
                                   .out = out.data(),
                                   .out_bias = out_bias.data()};
          CHECK(mixing_error(mixing, before, mix(kernel, mixing, before)) < 1e-4);
        }
      }
    }
  }
}

TEST_CASE("a row has the same bits alone and in company, and in every form with fused sums") {
  constexpr std::size_t kRows = 11;
  constexpr std::size_t kInputs = 33;
  constexpr std::size_t kOutputs = 70;
  const auto x = noise(kRows * kInputs, 1);
  const auto w = noise(kInputs * kOutputs, 2);
  const auto bias = noise(kOutputs, 3);
  RowProduct product{.rows = kRows,
                     .inputs = kInputs,
                     .outputs = kOutputs,
                     .x = x.data(),
                     .w = w.data(),
                     .bias = bias.data(),
                     .gelu = true};
  std::vector<float> first;
  for (const Kernels& kernel : kernels()) {
    const auto all = multiply(kernel, product, std::vector<float>(kRows * kOutputs));
    for (std::size_t r = 0; r < kRows; ++r) {
      RowProduct one = product;
      one.rows = 1;
      one.x += r * kInputs;
      const auto alone = multiply(kernel, one, std::vector<float>(kOutputs));
      CHECK(std::memcmp(alone.data(), all.data() + r * kOutputs, 4 * kOutputs) == 0);
    }
    if (first.empty()) first = all;
    if (kernel.name != std::string("plain")) CHECK(first == all);
  }
}

TEST_CASE("rows may begin anywhere and overlap") {
  constexpr std::size_t kInputs = 9;
  constexpr std::size_t kOutputs = 70;
  const std::vector<std::size_t> starts = {3, 0, 6, 3, 12, 9, 1, 2};
  const auto x = noise(12 + kInputs, 1);
  const auto w = noise(kInputs * kOutputs, 2);
  const auto bias = noise(kOutputs, 3);
  std::vector<float> copied;
  for (const std::size_t start : starts)
    copied.insert(copied.end(), x.data() + start, x.data() + start + kInputs);
  RowProduct product{.rows = starts.size(),
                     .inputs = kInputs,
                     .outputs = kOutputs,
                     .x = copied.data(),
                     .w = w.data(),
                     .bias = bias.data()};
  for (const Kernels& kernel : kernels()) {
    product.x = copied.data();
    product.starts = nullptr;
    const auto apart = multiply(kernel, product, std::vector<float>(starts.size() * kOutputs));
    product.x = x.data();
    product.starts = starts.data();
    CHECK(multiply(kernel, product, std::vector<float>(apart.size())) == apart);
  }
}

TEST_CASE("token mixing backward: every form against its definition, in all odd sizes") {
  for (const Kernels& kernel : kernels()) {
    for (const std::size_t length : {1U, 2U, 7U, 8U, 9U, 17U, 30U}) {
      for (const std::size_t hidden : {1U, 7U, 8U, 20U}) {
        for (const std::size_t columns : {1U, 5U, 16U, 37U}) {
          const std::size_t stride = columns + 3;
          const auto x = noise(length * stride, 1);
          const auto dy = noise(length * stride, 2);
          const auto in = noise(length * hidden, 3, 0.5);
          const auto out = noise(length * hidden, 4, 0.5);
          const auto in_bias = noise(hidden, 5);
          const auto bias_before = noise(hidden, 6);
          std::vector<float> active(hidden * columns);
          std::vector<float> dhidden(hidden * columns);
          std::vector<float> dx(length * stride, 7.0F);
          std::vector<float> din_bias = bias_before;
          std::vector<float> scratch(3, 1.0F);  // what is left there does not matter
          const TokenMixingBackward mixing{.length = length,
                                           .hidden = hidden,
                                           .columns = columns,
                                           .stride = stride,
                                           .x = x.data(),
                                           .dy = dy.data(),
                                           .in = in.data(),
                                           .in_bias = in_bias.data(),
                                           .out = out.data(),
                                           .active = active.data(),
                                           .dhidden = dhidden.data(),
                                           .dx = dx.data(),
                                           .din_bias = din_bias.data()};
          kernel.mix_tokens_backward(mixing, scratch);
          CHECK(mixing_backward_error(mixing, bias_before) < 6e-4);
          for (std::size_t i = 0; i < length; ++i) {
            for (std::size_t c = columns; c < stride; ++c) REQUIRE(dx[i * stride + c] == 7.0F);
          }
        }
      }
    }
  }
}

TEST_CASE("GELU and its slope are within 2e-6 and 2e-5 of the exact ones") {
  for (const Kernels& kernel : kernels()) {
    double worst = 0;
    double worst_slope = 0;
    for (int i = -80000; i <= 80000; ++i) {
      const float x = static_cast<float>(i) * 1e-4F;
      const auto exact = static_cast<double>(x);
      worst = std::max(worst, std::abs(gelu_of(kernel, x) - exact_gelu(exact)));
      worst_slope = std::max(worst_slope, std::abs(slope_of(kernel, x) - exact_gelu_slope(exact)));
    }
    CHECK(worst < 2e-6);
    CHECK(worst_slope < 2e-5);
  }
}

TEST_CASE("GELU at points known by hand, past its edges and far out") {
  for (const Kernels& kernel : kernels()) {
    CHECK(gelu_of(kernel, 0.0F) == 0.0F);
    CHECK(slope_of(kernel, 0.0F) == 0.5F);
    CHECK(gelu_of(kernel, 1.0F) == doctest::Approx(0.841345).epsilon(1e-5));
    CHECK(gelu_of(kernel, -1.0F) == doctest::Approx(-0.158655).epsilon(1e-5));
    for (const float x : {5.3F, 10.0F, 1e4F, 1e30F, 3e38F, kInfinity}) {
      CAPTURE(x);
      CHECK(gelu_of(kernel, x) == x);
      CHECK(gelu_of(kernel, -x) == 0.0F);
      CHECK(slope_of(kernel, x) == 1.0F);
      CHECK(slope_of(kernel, -x) == 0.0F);
    }
    // A loss that is not finite must be seen.
    CHECK(std::isnan(gelu_of(kernel, std::nanf(""))));
    CHECK(std::isnan(slope_of(kernel, std::nanf(""))));
    // Rising from x = 1 on, across the edge, and falling before -1 towards zero.
    for (float x = 1.0F; x < 6.0F; x += 0.001F) {
      REQUIRE(gelu_of(kernel, x + 0.001F) > gelu_of(kernel, x));
      REQUIRE(gelu_of(kernel, -x - 0.001F) >= gelu_of(kernel, -x) - 2e-6F);
    }
  }
}

TEST_CASE("GELU over arrays: every length, in place or not, and backward") {
  for (const Kernels& kernel : kernels()) {
    for (std::size_t n = 0; n < 70; ++n) {
      const auto x = noise(n, 3, 2.0);
      std::vector<float> y(n + 1, 9.0F);
      kernel.gelu(x.data(), n, y.data());
      auto value = x;
      std::vector<float> slope(n + 1, 2.0F);
      kernel.gelu_backward(n, value.data(), slope.data());
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(y[i] == gelu_of(kernel, x[i]));
        REQUIRE(value[i] == y[i]);
        REQUIRE(slope[i] == 2.0F * slope_of(kernel, x[i]));
      }
      CHECK(y[n] == 9.0F);
      CHECK(slope[n] == 2.0F);
    }
  }
}

TEST_CASE("sums of rows, and sums into rows: every form against its definition, in all widths") {
  constexpr std::size_t kTable = 700;
  const auto table = noise(kTable, 1);
  for (const Kernels& kernel : kernels()) {
    for (const std::size_t count : {0U, 1U, 3U}) {
      for (const std::size_t width : {1U, 3U, 8U, 11U, 16U, 37U, 64U, 130U, 300U}) {
        const std::vector<std::size_t> starts = {7, 400, 7};  // one row twice
        const std::vector<float> factors = {0.5F, -2.0F, 3.0F};
        const auto x = noise(width, 2);
        auto y = x;
        kernel.add_rows({.count = count,
                         .width = width,
                         .table = table.data(),
                         .starts = starts.data(),
                         .factors = factors.data(),
                         .y = y.data()});
        auto sums = table;
        kernel.add_to_rows({.count = count,
                            .width = width,
                            .x = x.data(),
                            .starts = starts.data(),
                            .factors = factors.data(),
                            .table = sums.data()});
        std::vector<double> exact(table.begin(), table.end());
        for (std::size_t c = 0; c < width; ++c) {
          double sum = x[c];
          for (std::size_t i = 0; i < count; ++i) {
            sum += static_cast<double>(factors[i]) * table[starts[i] + c];
            exact[starts[i] + c] += static_cast<double>(factors[i]) * x[c];
          }
          REQUIRE(std::abs(sum - y[c]) < 1e-5);
        }
        for (std::size_t i = 0; i < kTable; ++i) REQUIRE(std::abs(exact[i] - sums[i]) < 1e-5);
      }
    }
  }
}

#include "pnlp/nn/kernels.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "nn/noise.hpp"
#include "nn/reference_math.hpp"
#include "nn/token_mixing.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

std::vector<float> noise(std::size_t n, std::uint64_t seed, double scale = 1) {
  Random random(seed);
  return normals(random, n, scale);
}

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

TEST_CASE("GELU at and beyond the edges of its polynomial") {
  const std::vector<float> x = {-1e30F, -100,  -4.76F, -4.75F, -4.74F, 0,
                                4.74F,  4.75F, 4.76F,  100,    1e30F};
  const float one = 1;
  const float zero = 0;
  for (const Kernels& kernel : kernels()) {
    const auto y = multiply(kernel,
                            {.rows = x.size(),
                             .inputs = 1,
                             .outputs = 1,
                             .x = x.data(),
                             .w = &one,
                             .bias = &zero,
                             .gelu = true},
                            std::vector<float>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(std::abs(y[i] - exact_gelu(static_cast<double>(x[i]))) <=
            1.5e-5 + 1e-6 * std::abs(x[i] > 0 ? x[i] : 0));
    }
  }
}

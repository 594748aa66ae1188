// Products in bf16. On processors without them only what does not need them is tested.
#include "pnlp/nn/arithmetic.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "nn/noise.hpp"
#include "nn/reference_math.hpp"
#include "nn/token_mixing.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/onednn.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

float from_bf16(std::uint16_t x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16U);
}

// To the nearest, of two as near to the even one.
float rounded(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fffU + (bits >> 16U & 1U)) & 0xffff0000U);
}

std::vector<float> rounded(std::vector<float> x) {
  for (float& value : x) value = rounded(value);
  return x;
}

std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b, std::size_t m,
                           std::size_t n, std::size_t k, Transpose ta, Transpose tb,
                           std::vector<float> c) {
  gemm(ta, tb, m, n, k, a.data(), ta == Transpose::yes ? m : k, b.data(),
       tb == Transpose::yes ? k : n, true, c.data(), n);
  return c;
}

}  // namespace

TEST_CASE("the arithmetic of a thread is that of the innermost scope, and fp32 outside") {
  const Arithmetic best = has_bf16() ? Arithmetic::bf16 : Arithmetic::fp32;
  CHECK(arithmetic() == Arithmetic::fp32);
  {
    const ArithmeticScope outer(Arithmetic::bf16);
    CHECK(arithmetic() == best);
    {
      const ArithmeticScope inner(Arithmetic::fp32);
      CHECK(arithmetic() == Arithmetic::fp32);
    }
    CHECK(arithmetic() == best);
  }
  CHECK(arithmetic() == Arithmetic::fp32);
}

TEST_CASE("floats are rounded to the nearest bf16, and what is not a number stays so") {
  if (!has_bf16()) return;
  std::vector<float> x = noise(1000, 1, 10);
  x.insert(x.end(), {0.0F, -0.0F, 1.00390625F, 1.01171875F, std::numeric_limits<float>::infinity(),
                     std::numeric_limits<float>::max(), 0x1p-126F});
  for (const std::size_t n : {0U, 1U, 15U, 16U, 17U, 1007U}) {
    std::vector<std::uint16_t> y(n + 1, 7);
    kernels16()->round(x.data(), n, y.data());
    for (std::size_t i = 0; i < n; ++i) CHECK(from_bf16(y[i]) == rounded(x[i]));
    CHECK(y[n] == 7);
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::uint16_t y = 0;
  kernels16()->round(&nan, 1, &y);
  CHECK(std::isnan(from_bf16(y)));
}

TEST_CASE("within a scope of bf16 a product is that of the rounded factors") {
  if (!has_bf16()) return;
  for (const std::size_t m : {1U, 2U, 9U, 40U}) {
    for (const std::size_t n : {1U, 2U, 33U}) {
      for (const std::size_t k : {1U, 7U, 100U}) {
        const auto a = noise(m * k, 1);
        const auto b = noise(k * n, 2);
        const auto c = noise(m * n, 3);
        for (const Transpose ta : {Transpose::no, Transpose::yes}) {
          for (const Transpose tb : {Transpose::no, Transpose::yes}) {
            const auto expected = product(rounded(a), rounded(b), m, n, k, ta, tb, c);
            const ArithmeticScope scope(Arithmetic::bf16);
            const auto found = product(a, b, m, n, k, ta, tb, c);
            for (std::size_t i = 0; i < m * n; ++i)
              CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-4));
          }
        }
      }
    }
  }
}

TEST_CASE("products of rows by rows in bf16, in all odd sizes") {
  if (!has_bf16()) return;
  for (const std::size_t rows : {1U, 2U, 3U, 4U, 5U, 9U}) {
    for (const std::size_t columns : {1U, 3U, 4U, 6U, 17U}) {
      for (const std::size_t inner : {1U, 31U, 32U, 33U, 256U}) {
        const auto a = noise(rows * inner, 1);
        const auto b = noise(columns * inner, 2);
        const auto before = noise(rows * columns, 3);
        std::vector<std::uint16_t> a16(a.size()), b16(b.size());
        kernels16()->round(a.data(), a.size(), a16.data());
        kernels16()->round(b.data(), b.size(), b16.data());
        std::vector<float> c = before;
        c.push_back(7);
        kernels16()->add_dots({.rows = rows,
                               .columns = columns,
                               .inner = inner,
                               .a = a16.data(),
                               .b = b16.data(),
                               .c = c.data()});
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            double sum = before[i * columns + j];
            for (std::size_t k = 0; k < inner; ++k)
              sum += static_cast<double>(rounded(a[i * inner + k])) * rounded(b[j * inner + k]);
            CHECK(std::abs(sum - c[i * columns + j]) < 1e-4);
          }
        }
        CHECK(c.back() == 7);
      }
    }
  }
}

// Factors are bf16 to begin with, so that the hidden layer is rounded and nothing else.
TEST_CASE("token mixing in bf16, forward and backward, against its definition in all odd sizes") {
  if (!has_bf16()) return;
  const Kernels16& kernel = *kernels16();
  for (const std::size_t length : {1U, 2U, 3U, 7U, 8U, 9U, 12U, 17U, 30U}) {
    for (const std::size_t hidden : {1U, 2U, 7U, 8U, 20U, 23U}) {
      for (const std::size_t columns : {1U, 5U, 16U, 32U, 37U, 70U}) {
        const std::size_t stride = columns + 3;
        const auto x = rounded(noise(length * stride, 1));
        const auto dy = rounded(noise(length * stride, 7));
        const auto in = rounded(noise(length * hidden, 2, 0.3));
        const auto out = rounded(noise(length * hidden, 3, 0.3));
        const auto in_bias = noise(hidden, 4);
        const auto out_bias = noise(length, 5);
        const auto before = noise(length * stride, 6);
        std::vector<float> scratch;
        // Half a unit in the last of eight bits for each hidden value, and the values' number.
        const double tolerance = 0.005 * (3 + std::sqrt(static_cast<double>(hidden)));
        TokenMixing mixing{.length = length,
                           .hidden = hidden,
                           .columns = columns,
                           .stride = stride,
                           .x = x.data(),
                           .in = in.data(),
                           .in_bias = in_bias.data(),
                           .out = out.data(),
                           .out_bias = out_bias.data()};
        std::vector<float> y = before;
        mixing.y = y.data();
        kernel.mix_tokens(mixing, scratch);
        CHECK(mixing_error(mixing, before, y) < tolerance);

        std::vector<std::uint16_t> active(hidden * columns), dhidden(hidden * columns);
        std::vector<float> dx(length * stride), din_bias = in_bias;
        const auto backward = [&](auto* active_units, auto* dhidden_units) {
          return TokenMixingBackwardOf<std::remove_pointer_t<decltype(active_units)>>{
              .length = length,
              .hidden = hidden,
              .columns = columns,
              .stride = stride,
              .x = x.data(),
              .dy = dy.data(),
              .in = in.data(),
              .in_bias = in_bias.data(),
              .out = out.data(),
              .active = active_units,
              .dhidden = dhidden_units,
              .dx = dx.data(),
              .din_bias = din_bias.data()};
        };
        kernel.mix_tokens_backward(backward(active.data(), dhidden.data()), scratch);
        std::vector<float> wide_active, wide_dhidden;
        for (const std::uint16_t value : active) wide_active.push_back(from_bf16(value));
        for (const std::uint16_t value : dhidden) wide_dhidden.push_back(from_bf16(value));
        CHECK(mixing_backward_error(backward(wide_active.data(), wide_dhidden.data()), in_bias) <
              3 * tolerance);
      }
    }
  }
}

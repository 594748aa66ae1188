#include "pnlp/nn/logistic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool close(double found, double expected) {
  return std::abs(found - expected) <= 1e-15 * std::abs(expected);
}

}  // namespace

TEST_CASE("exponential and logarithm of doubles are those of the C library") {
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const double x = (i % 2 == 0 ? -708.0 : -1.0) * random.uniform();
    CAPTURE(x);
    CHECK(close(exponential(x), std::exp(x)));
    CHECK(close(exponential(-x / 708), std::exp(-x / 708)));
    const double y = std::exp(x);
    CHECK(close(logarithm(y), std::log(y)));
    CHECK(close(logarithm(1 / y), std::log(1 / y)));
    CHECK(close(logarithm(1 + y / 2), std::log(1 + y / 2)));
  }
}

TEST_CASE("exponential and logarithm at their ends") {
  CHECK(exponential(0) == 1);
  CHECK(exponential(-708.5) == 0);
  CHECK(exponential(-1e300) == 0);
  CHECK(exponential(-kInfinity) == 0);
  CHECK(logarithm(1) == 0);
  CHECK(logarithm(0) == -kInfinity);
  CHECK(logarithm(std::numeric_limits<double>::min() / 2) == -kInfinity);
  CHECK(close(logarithm(std::numeric_limits<double>::min()), -708.39641853226410622));
  CHECK(close(logarithm(std::numeric_limits<double>::max()), 709.78271289338399684));
  for (int power = -1000; power <= 1000; ++power)
    CHECK(close(logarithm(std::ldexp(1.0, power)), power * std::log(2.0)));
}

TEST_CASE("logistic functions of floats") {
  for (double x = -80; x <= 80; x += 0.37) {
    CAPTURE(x);
    const auto value = static_cast<float>(x);
    const auto exact = static_cast<double>(value);
    CHECK(static_cast<double>(logistic(value)) ==
          doctest::Approx(1 / (1 + std::exp(-exact))).epsilon(2e-6));
    CHECK(std::abs(static_cast<double>(hyperbolic_tangent(value)) - std::tanh(exact)) < 4e-7);
    CHECK(static_cast<double>(power_of_two(value)) ==
          doctest::Approx(std::exp2(exact)).epsilon(1e-6));
  }
}

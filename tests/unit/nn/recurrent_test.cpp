#include "pnlp/nn/recurrent.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/packing.hpp"
#include "pnlp/nn/logistic.hpp"

using namespace pnlp;
using namespace pnlp::test;

TEST_CASE("steps: all sequences walk together, the longest first") {
  // Texts of 2, 0, 3 and 2 tokens in segments of 2: packed are first the full segments of texts 0,
  // 2 and 3, position by position (tokens 0 to 2, then 3 to 5), then the rest of text 2 (token 6).
  const std::vector<Text> texts = {Text(2), Text(0), Text(3), Text(2)};
  const Steps steps = make_steps(pack(texts, 2));
  CHECK(steps.steps() == 3);
  CHECK(steps.tokens() == 7);
  CHECK(steps.starts == std::vector<std::size_t>{0, 3, 6, 7});
  CHECK(steps.token[0] == std::vector<std::size_t>{1, 0, 2, 4, 3, 5, 6});
  CHECK(steps.token[1] == std::vector<std::size_t>{6, 3, 5, 4, 0, 2, 1});
}

TEST_CASE("no steps without tokens") {
  CHECK(make_steps(pack({}, 2)).steps() == 0);
  CHECK(make_steps(pack({Text(0), Text(0)}, 2)).steps() == 0);
}

TEST_CASE("logistic function and hyperbolic tangent keep their bounds") {
  double logistic_error = 0;
  double tangent_error = 0;
  for (int i = -100000; i <= 100000; ++i) {
    const float x = static_cast<float>(i) * 1e-3F;
    const auto exact = static_cast<double>(x);
    const double s = 1 / (1 + std::exp(-exact));
    // Below -87 the smallest value stands.
    if (x > -87) logistic_error = std::max(logistic_error, std::abs(logistic(x) / s - 1));
    tangent_error = std::max(tangent_error, std::abs(hyperbolic_tangent(x) - std::tanh(exact)));
  }
  CHECK(logistic_error < 1e-6);
  CHECK(tangent_error < 3e-7);
  CHECK(logistic(-1e30F) >= 0);
  CHECK(logistic(1e30F) == 1);
  CHECK(hyperbolic_tangent(-1e30F) == -1);
  CHECK(hyperbolic_tangent(1e30F) == 1);
}

TEST_CASE("powers of two") {
  double error = 0;
  for (int i = -100000; i <= 100000; ++i) {
    const float x = static_cast<float>(i) * 1e-3F;
    const double exact = std::exp2(static_cast<double>(x));
    error = std::max(error, std::abs(power_of_two(x) / exact - 1));
  }
  CHECK(error < 2e-7);
  CHECK(power_of_two(0) == 1);
}

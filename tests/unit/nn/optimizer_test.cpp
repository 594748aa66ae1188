#include "pnlp/nn/optimizer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "nn/noise.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;
using pnlp::test::normals;

namespace {

AdamState state_of(std::size_t n) {
  AdamState state;
  state.first.assign(n, 0.0F);
  state.second.assign(n, 0.0F);
  return state;
}

}  // namespace

TEST_CASE("three steps of Adam, worked out by hand") {
  // beta1 1/2, beta2 3/4, epsilon 0, rate 1/10; gradients 2, 4, -8.
  // m: 1, 2.5, -2.75; corrected by 1/2, 3/4, 7/8: 2, 10/3, -22/7.
  // v: 1, 4.75, 19.5625; corrected by 1/4, 7/16, 37/64: 4, 76/7, 1252/37.
  AdamOptions options;
  options.beta1 = 0.5;
  options.beta2 = 0.75;
  options.epsilon = 0;
  std::vector<float> weight{1.0F};
  AdamState state = state_of(1);
  const std::vector<float> gradients{2, 4, -8};
  double expected = 1.0;
  const std::vector<double> moves{2.0 / 2.0, (10.0 / 3.0) / std::sqrt(76.0 / 7.0),
                                  (-22.0 / 7.0) / std::sqrt(1252.0 / 37.0)};
  for (std::uint64_t step = 1; step <= 3; ++step) {
    adam_update(adam_step(options, 0.1, step, 1.0F, true), 0, 1, &gradients[step - 1],
                weight.data(), state);
    expected -= 0.1 * moves[step - 1];
    CHECK(static_cast<double>(weight[0]) == doctest::Approx(expected).epsilon(1e-6));
  }
  CHECK(state.first[0] == doctest::Approx(-2.75));
  CHECK(state.second[0] == doctest::Approx(19.5625));
}

TEST_CASE("epsilon stands outside the root") {
  AdamOptions options;
  options.epsilon = 1.0;
  std::vector<float> weight{0.0F};
  AdamState state = state_of(1);
  const float gradient = 3.0F;
  adam_update(adam_step(options, 0.5, 1, 1.0F, true), 0, 1, &gradient, weight.data(), state);
  // First step: corrected m = 3, v = 9, so 0.5 * 3 / (3 + 1).
  CHECK(static_cast<double>(weight[0]) == doctest::Approx(-0.375).epsilon(1e-5));
}

TEST_CASE("decay beside the step (AdamW), in the gradient (Adam), or not at all") {
  AdamOptions options;
  options.epsilon = 0;
  options.weight_decay = 0.5;
  const float gradient = 4.0F;
  const auto after = [&](bool decoupled, bool decay, float scale) {
    options.decoupled = decoupled;
    std::vector<float> weight{2.0F};
    AdamState state = state_of(1);
    adam_update(adam_step(options, 0.1, 1, scale, decay), 0, 1, &gradient, weight.data(), state);
    return std::pair(weight[0], state.first[0]);
  };
  // AdamW: 2 * (1 - 0.1 * 0.5) - 0.1; the first step's move is the sign of the gradient.
  CHECK(after(true, true, 1.0F).first == doctest::Approx(1.8));
  CHECK(after(true, true, 1.0F).second == doctest::Approx(0.1 * 4));
  // Adam: the gradient is 4 + 0.5 * 2.
  CHECK(after(false, true, 1.0F).first == doctest::Approx(1.9));
  CHECK(after(false, true, 1.0F).second == doctest::Approx(0.1 * 5));
  CHECK(after(true, false, 1.0F).first == doctest::Approx(1.9));
  CHECK(after(false, false, 1.0F).second == doctest::Approx(0.1 * 4));
  // The scale (clipping) acts on the gradient, not on the decay.
  CHECK(after(false, true, 0.25F).second == doctest::Approx(0.1 * (1 + 1)));
}

TEST_CASE("an update by ranges is the update of the whole, and touches nothing else") {
  Random random(6);
  constexpr std::size_t kSize = 1000;
  const auto start = normals(random, kSize);
  AdamOptions options;
  options.weight_decay = 0.01;
  auto whole = start;
  auto parts = start;
  AdamState whole_state = state_of(kSize);
  AdamState part_state = state_of(kSize);
  std::vector<float> whole_average(kSize, 0.5F);
  std::vector<float> part_average(kSize, 0.5F);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    const auto gradients = normals(random, kSize);
    adam_update(adam_step(options, 1e-2, step, 0.5F, true), 0, kSize, gradients.data(),
                whole.data(), whole_state);
    average_update(0.9F, 0, kSize, whole.data(), whole_average.data());
    std::size_t begin = 0;
    for (const std::size_t end : {1, 8, 63, 64, 513, 1000}) {
      adam_update(adam_step(options, 1e-2, step, 0.5F, true), begin, end, gradients.data(),
                  parts.data(), part_state);
      average_update(0.9F, begin, end, parts.data(), part_average.data());
      begin = end;
    }
  }
  CHECK(parts == whole);
  CHECK(part_state.first == whole_state.first);
  CHECK(part_state.second == whole_state.second);
  CHECK(part_average == whole_average);

  auto inside = start;
  AdamState state = state_of(kSize);
  adam_update(adam_step(options, 1e-2, 1, 1.0F, true), 10, 20, start.data(), inside.data(), state);
  for (std::size_t i = 0; i < kSize; ++i) {
    REQUIRE((inside[i] != start[i]) == (i >= 10 && i < 20));
    REQUIRE((state.second[i] != 0) == (i >= 10 && i < 20));
  }
}

TEST_CASE("the running average") {
  const std::vector<float> weights{10, 20};
  std::vector<float> average{0, 40};
  average_update(0.75F, 0, 2, weights.data(), average.data());
  CHECK(average == std::vector<float>{2.5F, 35});
  average_update(0.0F, 0, 2, weights.data(), average.data());
  CHECK(average == weights);
}

TEST_CASE("sum of squares") {
  const std::vector<float> values{3, -4, 12};
  CHECK(sum_of_squares(values.data(), 3) == 169.0);
  CHECK(sum_of_squares(values.data(), 0) == 0.0);
  // A million ones: a plain sum in float would be right, one of 0.1 would not.
  const std::vector<float> many(1000001, 0.1F);
  CHECK(sum_of_squares(many.data(), many.size()) == doctest::Approx(10000.01).epsilon(1e-5));
  const std::vector<float> bad{1, std::nanf("")};
  CHECK(std::isnan(sum_of_squares(bad.data(), 2)));
}

TEST_CASE("the rate rises linearly, then stays or falls along half a cosine") {
  // 100 steps, a tenth of them warm-up.
  CHECK(scheduled_rate(2.0, 0.1, false, 0, 100) == doctest::Approx(0.2));
  CHECK(scheduled_rate(2.0, 0.1, false, 4, 100) == doctest::Approx(1.0));
  CHECK(scheduled_rate(2.0, 0.1, false, 9, 100) == doctest::Approx(2.0));
  CHECK(scheduled_rate(2.0, 0.1, false, 10, 100) == 2.0);
  CHECK(scheduled_rate(2.0, 0.1, false, 99, 100) == 2.0);
  CHECK(scheduled_rate(2.0, 0.1, true, 4, 100) == doctest::Approx(1.0));
  CHECK(scheduled_rate(2.0, 0.1, true, 9, 100) == doctest::Approx(2.0));
  CHECK(scheduled_rate(2.0, 0.1, true, 54, 100) == doctest::Approx(1.0));  // half of the fall
  CHECK(scheduled_rate(2.0, 0.1, true, 39, 100) == doctest::Approx(1.5));  // cos(60 degrees)
  CHECK(scheduled_rate(2.0, 0.1, true, 99, 100) == doctest::Approx(0.0));
  CHECK(scheduled_rate(2.0, 0.1, true, 1000, 100) == doctest::Approx(0.0));  // past the end
  // No warm-up: the first step has almost the whole rate. All warm-up: only a rise.
  CHECK(scheduled_rate(1.0, 0.0, false, 0, 10) == 1.0);
  CHECK(scheduled_rate(1.0, 0.0, true, 0, 1000) == doctest::Approx(1.0).epsilon(1e-4));
  CHECK(scheduled_rate(1.0, 1.0, true, 4, 10) == doctest::Approx(0.5));
  for (const std::uint64_t steps : {0, 1, 2}) {
    for (const bool cosine : {false, true}) {
      const double rate = scheduled_rate(1.0, 0.1, cosine, 0, steps);
      CHECK(rate >= 0.0);
      CHECK(rate <= 1.0);
    }
  }
}

#include "pnlp/nn/loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "nn/noise.hpp"
#include "nn/reference.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

using Function = double (*)(const float*, std::size_t, const std::int32_t*, const float*,
                            std::size_t, float, float, float*);
using Exact = double (*)(const std::vector<double>&, const Targets&, double);

// The library's loss and gradient against the formula and its central differences.
void compare(Function function, Exact exact, const std::vector<float>& logits,
             const Targets& targets, double smoothing, double scale) {
  std::vector<std::int32_t> labels;
  std::vector<float> weights;
  for (const auto& [label, weight] : targets) {
    labels.push_back(static_cast<std::int32_t>(label));
    weights.push_back(static_cast<float>(weight));
  }
  std::vector<float> gradient(logits.size(), 99.0F);  // overwritten
  const double loss =
      function(logits.data(), logits.size(), labels.data(), weights.data(), labels.size(),
               static_cast<float>(smoothing), static_cast<float>(scale), gradient.data());
  std::vector<double> x(logits.begin(), logits.end());
  CHECK(loss == doctest::Approx(scale * exact(x, targets, smoothing)).epsilon(1e-5));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = x[i];
    x[i] = value + 1e-5;
    const double above = exact(x, targets, smoothing);
    x[i] = value - 1e-5;
    const double below = exact(x, targets, smoothing);
    x[i] = value;
    const double expected = scale * (above - below) / 2e-5;
    CAPTURE(i);
    CHECK(std::abs(static_cast<double>(gradient[i]) - expected) < 2e-6 * scale);
  }
}

double divergence(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] * std::log(p[i] / q[i]);
  return sum;
}

// KL(b || a) of what two rows of logits answer.
double softmax_divergence(const std::vector<double>& b, const std::vector<double>& a) {
  return divergence(exact_softmax(b), exact_softmax(a));
}

double sigmoid_divergence(const std::vector<double>& b, const std::vector<double>& a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double p = 1 / (1 + std::exp(-a[i]));
    const double q = 1 / (1 + std::exp(-b[i]));
    sum += divergence({q, 1 - q}, {p, 1 - p});
  }
  return sum;
}

using ExactDivergence = double (*)(const std::vector<double>&, const std::vector<double>&);

// What is added to the gradients of two rows' losses, and what is returned.
void check_together(Function loss, ExactDivergence exact, const std::vector<float>& a,
                    const std::vector<float>& b, double scale, double weight) {
  const std::size_t k = a.size();
  const std::int32_t label = 0;
  const float one = 1.0F;
  const auto gradient = [&](const std::vector<float>& logits) {
    std::vector<float> made(k);
    loss(logits.data(), k, &label, &one, 1, 0.1F, static_cast<float>(scale), made.data());
    return made;
  };
  const std::vector<float> da = gradient(a);
  const std::vector<float> db = gradient(b);
  std::vector<float> a_drawn = da;
  std::vector<float> b_drawn = db;
  const double found = draw_together(a.data(), b.data(), k, static_cast<float>(weight),
                                     a_drawn.data(), b_drawn.data());
  const std::vector<double> x(a.begin(), a.end());
  const std::vector<double> y(b.begin(), b.end());
  CHECK(found == doctest::Approx(weight * scale * (exact(x, y) + exact(y, x))).epsilon(1e-4));
  const auto check = [&](std::vector<double> moved, const std::vector<double>& other,
                         const std::vector<float>& before, const std::vector<float>& after) {
    for (std::size_t i = 0; i < k; ++i) {
      const double value = moved[i];
      moved[i] = value + 1e-5;
      const double above = exact(other, moved);
      moved[i] = value - 1e-5;
      const double below = exact(other, moved);
      moved[i] = value;
      const double expected = weight * scale * (above - below) / 2e-5;
      CAPTURE(i);
      CHECK(std::abs(static_cast<double>(after[i] - before[i]) - expected) < 4e-6 * weight * scale);
    }
  };
  check(x, y, da, a_drawn);
  check(y, x, db, b_drawn);
}

}  // namespace

TEST_CASE("cross-entropy worked out by hand") {
  // Softmax of (0, ln 3) is (1/4, 3/4).
  const std::vector<float> logits{0.0F, std::log(3.0F)};
  std::vector<float> gradient(2);
  const std::int32_t label = 0;
  const float one = 1.0F;
  CHECK(cross_entropy(logits.data(), 2, &label, &one, 1, 0.0F, 1.0F, gradient.data()) ==
        doctest::Approx(std::log(4.0)));
  CHECK(gradient[0] == doctest::Approx(-0.75));
  CHECK(gradient[1] == doctest::Approx(0.75));
  // Smoothing 0.2 makes the target (0.9, 0.1): loss 0.9 ln 4 + 0.1 ln (4/3).
  CHECK(cross_entropy(logits.data(), 2, &label, &one, 1, 0.2F, 2.0F, gradient.data()) ==
        doctest::Approx(2 * (0.9 * std::log(4.0) + 0.1 * std::log(4.0 / 3.0))));
  CHECK(gradient[0] == doctest::Approx(2 * (0.25 - 0.9)));
  CHECK(gradient[1] == doctest::Approx(2 * (0.75 - 0.1)));
}

TEST_CASE("losses equal their formulas, with any targets, weights, smoothing and scale") {
  Random random(5);
  for (const std::size_t k : {1, 2, 5, 17}) {
    for (const double smoothing : {0.0, 0.1, 1.0}) {
      const auto logits = normals(random, k, 2.0);
      const std::vector<Targets> all = {
          {{0, 1.0}}, {{k - 1, 0.5}}, {{0, 0.25}, {k - 1, 0.75}}, {{0, 0.4}, {0, 0.2}}, {}};
      for (const Targets& targets : all) {
        for (const double scale : {1.0, 0.125, 3.0}) {
          CAPTURE(k);
          CAPTURE(smoothing);
          CAPTURE(targets.size());
          compare(cross_entropy, exact_cross_entropy<double>, logits, targets, smoothing, scale);
          compare(sigmoid_cross_entropy, exact_sigmoid_loss<double>, logits, targets, smoothing,
                  scale);
        }
      }
    }
  }
}

TEST_CASE("two answers are drawn together by their divergences") {
  Random random(6);
  for (const std::size_t k : {1, 2, 5, 17, 33}) {
    const auto a = normals(random, k, 2.0);
    const auto b = normals(random, k, 2.0);
    CAPTURE(k);
    for (const double scale : {1.0, 0.125}) {
      for (const double weight : {0.5, 4.0}) {
        check_together(cross_entropy, softmax_divergence, a, b, scale, weight);
        check_together(sigmoid_cross_entropy, sigmoid_divergence, a, b, scale, weight);
      }
    }
    std::vector<float> da = a;
    std::vector<float> db = a;
    CHECK(draw_together(a.data(), b.data(), k, 3.0F, da.data(), db.data()) == 0);
    CHECK(da == a);
    CHECK(db == a);
  }
}

TEST_CASE("losses are finite for logits far out, and grow with the distance") {
  std::vector<float> gradient(3);
  const float one = 1.0F;
  for (const float far : {100.0F, 1e4F, 1e30F}) {
    const std::vector<float> logits{far, -far, 0};
    const std::int32_t right = 0;
    const std::int32_t wrong = 1;
    CAPTURE(far);
    CHECK(cross_entropy(logits.data(), 3, &right, &one, 1, 0, 1, gradient.data()) ==
          doctest::Approx(0.0));
    CHECK(cross_entropy(logits.data(), 3, &wrong, &one, 1, 0, 1, gradient.data()) ==
          doctest::Approx(2.0 * static_cast<double>(far)));
    CHECK(gradient[0] == 1.0F);
    CHECK(gradient[1] == -1.0F);
    CHECK(sigmoid_cross_entropy(logits.data(), 3, &right, &one, 1, 0, 1, gradient.data()) ==
          doctest::Approx(std::log(2.0)));
    CHECK(sigmoid_cross_entropy(logits.data(), 3, &wrong, &one, 1, 0, 1, gradient.data()) ==
          doctest::Approx(2.0 * static_cast<double>(far) + std::log(2.0)));
    CHECK(gradient[0] == 1.0F);
    CHECK(gradient[1] == -1.0F);
    CHECK(gradient[2] == 0.5F);
  }
}

TEST_CASE("a loss of logits that are not finite is not finite") {
  std::vector<float> gradient(2);
  const std::vector<float> logits{std::nanf(""), 0};
  const std::int32_t label = 1;
  const float one = 1.0F;
  CHECK_FALSE(
      std::isfinite(cross_entropy(logits.data(), 2, &label, &one, 1, 0, 1, gradient.data())));
  CHECK_FALSE(std::isfinite(
      sigmoid_cross_entropy(logits.data(), 2, &label, &one, 1, 0, 1, gradient.data())));
}

TEST_CASE("sigmoid") {
  CHECK(sigmoid(0.0F) == 0.5F);
  CHECK(sigmoid(std::log(3.0F)) == doctest::Approx(0.75));
  CHECK(sigmoid(-std::log(3.0F)) == doctest::Approx(0.25));
  CHECK(sigmoid(1000.0F) == 1.0F);
  CHECK(sigmoid(-1000.0F) == 0.0F);
  CHECK(sigmoid(-80.0F) == doctest::Approx(std::exp(-80.0)).epsilon(1e-5));
}

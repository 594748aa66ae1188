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

double exact_softmax_divergence(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> p = exact_softmax(a);
  const std::vector<double> q = exact_softmax(b);
  return (divergence(p, q) + divergence(q, p)) / 2;
}

double exact_sigmoid_divergence(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double p = 1 / (1 + std::exp(-a[i]));
    const double q = 1 / (1 + std::exp(-b[i]));
    sum += (divergence({p, 1 - p}, {q, 1 - q}) + divergence({q, 1 - q}, {p, 1 - p})) / 2;
  }
  return sum;
}

using Divergence = double (*)(const float*, const float*, std::size_t, float, float*, float*);
using ExactDivergence = double (*)(const std::vector<double>&, const std::vector<double>&);

// The same for the divergence of two rows.
void compare(Divergence function, ExactDivergence exact, const std::vector<float>& a,
             const std::vector<float>& b, double scale) {
  std::vector<float> da(a.size(), 99.0F);  // overwritten
  std::vector<float> db(a.size(), 99.0F);
  const double found =
      function(a.data(), b.data(), a.size(), static_cast<float>(scale), da.data(), db.data());
  std::vector<double> x(a.begin(), a.end());
  std::vector<double> y(b.begin(), b.end());
  CHECK(found == doctest::Approx(scale * exact(x, y)).epsilon(1e-4));
  const auto check = [&](std::vector<double>& moved, const std::vector<float>& gradient) {
    for (std::size_t i = 0; i < moved.size(); ++i) {
      const double value = moved[i];
      moved[i] = value + 1e-5;
      const double above = exact(x, y);
      moved[i] = value - 1e-5;
      const double below = exact(x, y);
      moved[i] = value;
      CAPTURE(i);
      CHECK(std::abs(static_cast<double>(gradient[i]) - scale * (above - below) / 2e-5) <
            4e-6 * scale);
    }
  };
  check(x, da);
  check(y, db);
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

TEST_CASE("divergences equal their formulas, and are nothing between equals") {
  Random random(6);
  for (const std::size_t k : {1, 2, 5, 17, 33}) {
    const auto a = normals(random, k, 2.0);
    const auto b = normals(random, k, 2.0);
    for (const double scale : {1.0, 0.125, 3.0}) {
      CAPTURE(k);
      compare(softmax_divergence, exact_softmax_divergence, a, b, scale);
      compare(sigmoid_divergence, exact_sigmoid_divergence, a, b, scale);
    }
    for (const Divergence function : {softmax_divergence, sigmoid_divergence}) {
      std::vector<float> da(k);
      std::vector<float> db(k);
      CHECK(function(a.data(), a.data(), k, 1.0F, da.data(), db.data()) == 0);
      CHECK(da == std::vector<float>(k, 0.0F));
      CHECK(db == std::vector<float>(k, 0.0F));
    }
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

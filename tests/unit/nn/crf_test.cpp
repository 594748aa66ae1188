// The CRF against sums over all sequences, and its gradients against central differences.
#include "pnlp/nn/crf.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/nn/loss.hpp"

using namespace pnlp;

namespace {

using Path = std::vector<std::int32_t>;

CrfValues random_values(std::size_t slots, Random& random) {
  CrfValues values(slots);
  for (auto* part : {&values.start, &values.next, &values.inside, &values.end}) {
    for (double& value : *part) value = random.normal();
  }
  return values;
}

std::vector<double> random_logits(std::size_t n, Random& random) {
  std::vector<double> logits(n);
  for (double& logit : logits) logit = 2 * random.normal();
  return logits;
}

bool well_formed(const Path& path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::int32_t before = i == 0 ? 0 : path[i - 1];
    if (path[i] != 0 && path[i] % 2 == 0 && before != path[i] && before != path[i] - 1)
      return false;
  }
  return true;
}

// The transitions of a path, each with its place in `values`.
void for_transitions(const Path& path, CrfValues& values,
                     const std::function<void(double&)>& visit) {
  const std::size_t slots = values.inside.size() / 2;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto tag = static_cast<std::size_t>(path[i]);
    const bool inside = tag != 0 && tag % 2 == 0;
    if (i == 0) {
      visit(values.start[(tag + 1) / 2]);
    } else if (inside) {
      const bool from_inside = path[i - 1] == path[i];
      visit(values.inside[(from_inside ? slots : 0) + tag / 2 - 1]);
    } else {
      visit(values.next[static_cast<std::size_t>(path[i - 1]) * (1 + slots) + (tag + 1) / 2]);
    }
  }
  visit(values.end[static_cast<std::size_t>(path.back())]);
}

double score(const Path& path, const std::vector<double>& logits, CrfValues& weights) {
  const std::size_t tags = weights.end.size();
  double sum = 0;
  for (std::size_t i = 0; i < path.size(); ++i)
    sum += logits[i * tags + static_cast<std::size_t>(path[i])];
  for_transitions(path, weights, [&](double& weight) { sum += weight; });
  return sum;
}

std::vector<Path> all_paths(std::size_t length, std::size_t tags) {
  std::vector<Path> paths;
  Path path(length, 0);
  for (;;) {
    if (well_formed(path)) paths.push_back(path);
    std::size_t at = 0;
    while (at < length && ++path[at] == static_cast<std::int32_t>(tags)) path[at++] = 0;
    if (at == length) return paths;
  }
}

// Probabilities of all paths.
std::vector<double> distribution(const std::vector<Path>& paths, const std::vector<double>& logits,
                                 CrfValues weights, double* log_sum = nullptr) {
  std::vector<double> chances;
  double sum = 0;
  for (const Path& path : paths) {
    chances.push_back(std::exp(score(path, logits, weights)));
    sum += chances.back();
  }
  for (double& chance : chances) chance /= sum;
  if (log_sum != nullptr) *log_sum = std::log(sum);
  return chances;
}

std::vector<double*> all_of(CrfValues& values) {
  std::vector<double*> all;
  for (auto* part : {&values.start, &values.next, &values.inside, &values.end}) {
    for (double& value : *part) all.push_back(&value);
  }
  return all;
}

}  // namespace

TEST_CASE("sums, probabilities and expected transitions are those of all sequences") {
  Random random(31);
  for (int round = 0; round < 60; ++round) {
    const std::size_t slots = 1 + random.below(2);
    const std::size_t tags = 1 + 2 * slots;
    const std::size_t length = 1 + random.below(4);
    const bool weighed = round % 4 != 0;
    CrfValues weights = weighed ? random_values(slots, random) : CrfValues(slots);
    const std::vector<double> logits = random_logits(length * tags, random);
    TagChain chain(slots);
    if (weighed) chain.set_weights(weights);
    double log_sum = 0;
    const auto paths = all_paths(length, tags);
    const auto chances = distribution(paths, logits, weights, &log_sum);
    REQUIRE(chain.run(logits.data(), length) == doctest::Approx(log_sum).epsilon(1e-10));
    std::vector<double> row(tags);
    for (std::size_t at = 0; at < length; ++at) {
      chain.probabilities(at, row.data());
      for (std::size_t tag = 0; tag < tags; ++tag) {
        double expected = 0;
        for (std::size_t i = 0; i < paths.size(); ++i)
          expected += paths[i][at] == static_cast<std::int32_t>(tag) ? chances[i] : 0;
        REQUIRE(row[tag] == doctest::Approx(expected).epsilon(1e-10));
      }
    }
    CrfValues expected(slots);
    for (std::size_t i = 0; i < paths.size(); ++i)
      for_transitions(paths[i], expected, [&](double& count) { count += 0.5 * chances[i]; });
    CrfValues found(slots);
    chain.add_transitions(0.5, found);
    const auto a = all_of(expected);
    const auto b = all_of(found);
    for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(*b[i] == doctest::Approx(*a[i]));
  }
}

TEST_CASE("the loss is a cross-entropy, and its gradients are central differences") {
  Random random(32);
  for (int round = 0; round < 20; ++round) {
    const std::size_t slots = 1 + random.below(3);
    const std::size_t tags = 1 + 2 * slots;
    const std::size_t length = 1 + random.below(4);
    CrfValues weights = random_values(slots, random);
    std::vector<double> logits = random_logits(length * tags, random);
    const std::vector<double> chain = random_logits(length * tags, random);
    const std::vector<double> zeros(length * tags, 0.0);
    const auto paths = all_paths(length, tags);
    const Path& path = paths[random.below(paths.size())];
    CrfLoss loss(slots);
    const auto value = [&] {
      loss.set_weights(weights);
      loss.begin(logits.data(), length, 1.5);
      loss.add_path(path, 0.5);
      loss.add_chain(chain.data(), 0.3);
      loss.add_chain(zeros.data(), 0.2);
      return loss.finish();
    };
    // By the book: the mean surprise under the mixture of the targets.
    const auto chances = distribution(paths, logits, weights);
    const auto taught = distribution(paths, chain, CrfValues(slots));
    double expected = 0;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const double even = 1.0 / static_cast<double>(paths.size());
      const double target = 0.3 * taught[i] + 0.2 * even + (paths[i] == path ? 0.5 : 0);
      expected -= 1.5 * target * std::log(chances[i]);
    }
    REQUIRE(value() == doctest::Approx(expected).epsilon(1e-9));

    const std::vector<double> dlogits(loss.dlogits().begin(), loss.dlogits().end());
    CrfValues gradients = loss.transitions();
    constexpr double kStep = 1e-5;
    const auto slope = [&](double& at) {
      const double before = at;
      at = before + kStep;
      const double up = value();
      at = before - kStep;
      const double down = value();
      at = before;
      return (up - down) / (2 * kStep);
    };
    for (std::size_t i = 0; i < logits.size(); ++i)
      REQUIRE(std::abs(dlogits[i] - slope(logits[i])) < 1e-8);
    const auto places = all_of(weights);
    const auto found = all_of(gradients);
    for (std::size_t i = 0; i < places.size(); ++i)
      REQUIRE(std::abs(*found[i] - slope(*places[i])) < 1e-8);
  }
}

TEST_CASE("gradients of transitions add up over records, and begin anew with new weights") {
  Random random(33);
  const CrfValues weights = random_values(2, random);
  const std::vector<double> logits = random_logits(15, random);
  CrfLoss loss(2);
  const auto record = [&] {
    loss.begin(logits.data(), 3, 1.0);
    loss.add_path(Path{1, 2, 0}, 1.0);
    loss.finish();
  };
  loss.set_weights(weights);
  record();
  CrfValues once = loss.transitions();
  record();
  CrfValues twice = loss.transitions();
  const auto a = all_of(once);
  const auto b = all_of(twice);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(*b[i] == doctest::Approx(2 * *a[i]));
  loss.set_weights(weights);
  record();
  CHECK(loss.transitions().next == once.next);
}

TEST_CASE("far logits and weights, and long texts, stay finite") {
  Random random(34);
  CrfValues weights = random_values(2, random);
  for (double* weight : all_of(weights)) *weight *= 1e6;
  TagChain chain(2);
  chain.set_weights(weights);
  constexpr std::size_t kLength = 5000;
  std::vector<double> logits = random_logits(kLength * 5, random);
  for (double& logit : logits) logit *= 30;
  std::vector<double> row(5);
  for (const bool far : {false, true}) {
    if (!far) chain.set_weights(random_values(2, random));
    if (far) chain.set_weights(weights);
    CHECK(std::isfinite(chain.run(logits.data(), kLength)));
    for (std::size_t at = 0; at < kLength; at += 7) {
      chain.probabilities(at, row.data());
      double sum = 0;
      for (const double p : row) sum += p;
      REQUIRE(sum == doctest::Approx(1.0).epsilon(far ? 1e-3 : 1e-6));  // 1e6 a token
    }
  }
}

TEST_CASE("tags that are not well-formed are no target") {
  CrfLoss loss(2);
  loss.set_weights(CrfValues(2));
  const std::vector<double> logits(10, 0.0);
  loss.begin(logits.data(), 2, 1.0);
  CHECK_THROWS_AS(loss.add_path(Path{2, 0}, 1.0), Error);
  CHECK_THROWS_AS(loss.add_path(Path{0, 2}, 1.0), Error);
  CHECK_THROWS_AS(loss.add_path(Path{1, 4}, 1.0), Error);
  CHECK_NOTHROW(loss.add_path(Path{1, 2}, 1.0));
}

TEST_CASE("probabilities of tags: softmax without weights, else of all sequences") {
  const std::vector<float> logits = {0, 1, 5, /**/ 2, 0, 1};
  const std::vector<const float*> rows = {logits.data(), logits.data() + 3};
  std::vector<float> out(6);
  TagProbabilities(1, std::nullopt).run(rows.data(), 2, out.data());
  const double sum = 1 + std::exp(1.0) + std::exp(5.0);
  CHECK(out[2] == doctest::Approx(std::exp(5.0) / sum));
  std::vector<float> zeros(6, 0.0F);
  const CrfWeights weights = {zeros.data(), zeros.data(), zeros.data(), zeros.data()};
  TagProbabilities(1, weights).run(rows.data(), 2, out.data());
  // An inside tag cannot be first; O of weight 1 is followed by O or B, B of weight e by all.
  const double o = 1 * (std::exp(2.0) + 1);
  const double b = std::exp(1.0) * (std::exp(2.0) + 1 + std::exp(1.0));
  CHECK(out[0] == doctest::Approx(o / (o + b)));
  CHECK(out[1] == doctest::Approx(b / (o + b)));
  CHECK(out[2] == 0);
  CHECK(out[5] == doctest::Approx(std::exp(1.0) * std::exp(1.0) / (o + b)));
  TagProbabilities(1, weights).run(rows.data(), 0, out.data());  // nothing to do
}

// Expected numbers stand for probabilities, since transitions are the same.
TEST_CASE("two answers of a CRF are drawn together by the divergences of their sequences") {
  Random random(35);
  for (int round = 0; round < 20; ++round) {
    const std::size_t slots = 1 + random.below(2);
    const std::size_t tags = 1 + 2 * slots;
    const std::size_t length = 1 + random.below(3);
    const CrfValues weights = random_values(slots, random);
    const auto paths = all_paths(length, tags);
    const Path& gold = paths[random.below(paths.size())];
    CrfLoss crf(slots);
    crf.set_weights(weights);
    const auto gradient = [&](const std::vector<double>& logits) {
      crf.begin(logits.data(), length, 0.5);
      crf.add_path(gold, 1);
      crf.finish();
      return std::vector<float>(crf.dlogits().begin(), crf.dlogits().end());
    };
    const std::vector<double> a = random_logits(length * tags, random);
    const std::vector<double> b = random_logits(length * tags, random);
    const std::vector<float> a_float(a.begin(), a.end());
    const std::vector<float> b_float(b.begin(), b.end());
    const auto divergence = [&](const std::vector<double>& from, const std::vector<double>& to) {
      const auto p = distribution(paths, from, weights);
      const auto q = distribution(paths, to, weights);
      double sum = 0;
      for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] * std::log(p[i] / q[i]);
      return sum;
    };
    const std::vector<float> before = gradient(a);
    std::vector<float> da = before;
    std::vector<float> db = gradient(b);
    const double found =
        draw_together(a_float.data(), b_float.data(), da.size(), 2.0F, da.data(), db.data());
    REQUIRE(found ==
            doctest::Approx(2 * 0.5 * (divergence(a, b) + divergence(b, a))).epsilon(1e-4));
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::vector<double> moved = a;
      moved[i] = a[i] + 1e-5;
      const double above = divergence(b, moved);
      moved[i] = a[i] - 1e-5;
      const double below = divergence(b, moved);
      const double expected = 2 * 0.5 * (above - below) / 2e-5;
      REQUIRE(std::abs(static_cast<double>(da[i] - before[i]) - expected) < 1e-5);
    }
  }
}

#include "pnlp/nn/decode.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "nn/noise.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;
using pnlp::test::normals;

namespace {

bool may_follow(std::int32_t tag, std::int32_t previous) {
  if (tag == 0 || tag % 2 == 1) return true;  // O or the beginning of a slot
  return previous == tag - 1 || previous == tag;
}

bool well_formed(const std::vector<std::int32_t>& tags) {
  std::int32_t previous = 0;
  for (const std::int32_t tag : tags) {
    if (!may_follow(tag, previous)) return false;
    previous = tag;
  }
  return true;
}

std::vector<std::int32_t> decode(BioDecoder& decoder, const std::vector<float>& logits,
                                 std::size_t tags) {
  const std::size_t length = logits.size() / tags;
  std::vector<const float*> rows;
  for (std::size_t t = 0; t < length; ++t) rows.push_back(logits.data() + t * tags);
  std::vector<std::int32_t> out(length, -7);
  decoder.decode(rows.data(), length, tags, {}, nullptr, out.data());
  return out;
}

double score(const std::vector<float>& logits, std::size_t tags,
             const std::vector<std::int32_t>& sequence) {
  double sum = 0;
  for (std::size_t t = 0; t < sequence.size(); ++t) {
    sum += static_cast<double>(logits[t * tags + static_cast<std::size_t>(sequence[t])]);
  }
  return sum;
}

bool uses_only(const std::vector<std::int32_t>& tags, std::span<const std::uint8_t> slots) {
  return slots.empty() || std::ranges::all_of(tags, [&](std::int32_t tag) {
           return tag == 0 || slots[static_cast<std::size_t>(tag - 1) / 2] != 0;
         });
}

// The largest score of all well-formed sequences of allowed slots.
double best_score(const std::vector<float>& logits, std::size_t tags,
                  std::span<const std::uint8_t> slots = {}) {
  const std::size_t length = logits.size() / tags;
  std::vector<std::int32_t> sequence(length, 0);
  double best = -1e300;
  for (;;) {
    if (well_formed(sequence) && uses_only(sequence, slots))
      best = std::max(best, score(logits, tags, sequence));
    std::size_t at = 0;
    while (at < length && ++sequence[at] == static_cast<std::int32_t>(tags)) sequence[at++] = 0;
    if (at == length) return best;
  }
}

}  // namespace

TEST_CASE("the best single tags, when they are well formed") {
  BioDecoder decoder;
  CHECK(decode(decoder, {0, 5, 1, /**/ 0, 1, 5, /**/ 5, 0, 1}, 3) ==
        std::vector<std::int32_t>{1, 2, 0});
}

TEST_CASE("an inside tag needs its beginning: the sum decides what gives way") {
  BioDecoder decoder;
  // I alone is worth 5; B 4; O 0.
  CHECK(decode(decoder, {0, 4, 5}, 3) == std::vector<std::int32_t>{1});
  // O then I: 3 + 5 is forbidden; B I gives 2 + 5, O B gives 3 + 1.
  CHECK(decode(decoder, {3, 2, 0, /**/ 0, 1, 5}, 3) == std::vector<std::int32_t>{1, 2});
  // I of the other slot may not follow: tags O, B0, I0, B1, I1.
  CHECK(decode(decoder, {0, 9, 0, 0, 0, /**/ 0, 0, 1, 0, 2}, 5) == std::vector<std::int32_t>{1, 2});
}

TEST_CASE("ties go to the lower tag") {
  BioDecoder decoder;
  CHECK(decode(decoder, std::vector<float>(9, 0.0F), 3) == std::vector<std::int32_t>{0, 0, 0});
  CHECK(decode(decoder, {0, 1, 0, 1, 0}, 5) == std::vector<std::int32_t>{1});
  // Continue from B or from I at the same score: from B.
  CHECK(decode(decoder, {0, 1, 0, /**/ 0, 1, 1, /**/ 0, 0, 9}, 3) ==
        std::vector<std::int32_t>{1, 1, 2});
}

TEST_CASE("no tokens, and no slots") {
  BioDecoder decoder;
  CHECK(decode(decoder, {}, 3).empty());
  CHECK(decode(decoder, {-3, 4, 0}, 1) == std::vector<std::int32_t>{0, 0, 0});
}

TEST_CASE("the score is the largest of all well-formed sequences") {
  Random random(7);
  BioDecoder decoder;
  for (int round = 0; round < 400; ++round) {
    const std::size_t tags = 1 + 2 * random.below(3);
    const std::size_t length = 1 + random.below(tags == 5 ? 5 : 6);
    auto logits = normals(random, tags * length, 2.0);
    // Every other time small integers, for ties.
    for (float& logit : logits) logit = round % 2 == 0 ? logit : std::round(logit / 2);
    const auto found = decode(decoder, logits, tags);
    REQUIRE(well_formed(found));
    REQUIRE(score(logits, tags, found) == doctest::Approx(best_score(logits, tags)).epsilon(1e-9));
  }
}

TEST_CASE("always well formed, whatever the logits and their length") {
  Random random(8);
  BioDecoder decoder;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> odd = {std::nanf(""), kInfinity, -kInfinity, 3e38F, -3e38F, 0.0F};
  for (int round = 0; round < 3000; ++round) {
    const std::size_t tags = 1 + 2 * random.below(20);
    const std::size_t length = 1 + random.below(30);
    auto logits = normals(random, tags * length, 10.0);
    for (float& logit : logits) {
      if (round % 3 == 0) logit = odd[random.below(odd.size())];
      if (round % 3 == 1 && random.below(20) == 0) logit = odd[random.below(odd.size())];
    }
    const auto found = decode(decoder, logits, tags);
    for (const std::int32_t tag : found) {
      REQUIRE(tag >= 0);
      REQUIRE(tag < static_cast<std::int32_t>(tags));
    }
    REQUIRE(well_formed(found));
  }
  // A long text of forbidden wishes.
  std::vector<float> wishes(3 * 20000, 0.0F);
  for (std::size_t t = 0; t < 20000; ++t) wishes[3 * t + 2] = 1e30F;
  const auto found = decode(decoder, wishes, 3);
  CHECK(well_formed(found));
  CHECK(found[0] == 1);
  CHECK(found[19999] == 2);
}

TEST_CASE("slots that may not be used are not") {
  Random random(9);
  BioDecoder decoder;
  for (int round = 0; round < 200; ++round) {
    const std::size_t length = 1 + random.below(5);
    const auto logits = normals(random, 5 * length, 2.0);
    const std::vector<std::uint8_t> slots = {static_cast<std::uint8_t>(random.below(2)),
                                             static_cast<std::uint8_t>(random.below(2))};
    std::vector<const float*> rows;
    for (std::size_t t = 0; t < length; ++t) rows.push_back(logits.data() + t * 5);
    std::vector<std::int32_t> found(length);
    const double best = decoder.decode(rows.data(), length, 5, slots, nullptr, found.data());
    REQUIRE(well_formed(found));
    REQUIRE(uses_only(found, slots));
    REQUIRE(best == doctest::Approx(score(logits, 5, found)));
    REQUIRE(best == doctest::Approx(best_score(logits, 5, slots)));
  }
}

TEST_CASE("label and tags are decided together") {
  // Two labels; slot 0 goes with label 0 only, slot 1 with both. Tags O, B0, I0, B1, I1.
  const std::vector<std::uint8_t> label_slots = {1, 1, 0, 1};
  JointDecoder decoder;
  const auto decide = [&](const std::vector<float>& labels, const std::vector<float>& tags) {
    const float* row = tags.data();
    std::int32_t tag = -1;
    const std::size_t label = decoder.decode(labels, &row, 1, 5, label_slots, nullptr, &tag);
    return std::pair(label, tag);
  };
  using Decision = std::pair<std::size_t, std::int32_t>;
  CHECK(decide({2, 0}, {0, 3, 0, 0, 0}) == Decision(0, 1));
  // The slot is surer than the label: the label gives way.
  CHECK(decide({0, 2}, {0, 3, 0, 0, 0}) == Decision(0, 1));
  // The label is surer: the slot gives way, to O or to one that fits.
  CHECK(decide({0, 4}, {0, 3, 0, 0, 0}) == Decision(1, 0));
  CHECK(decide({0, 4}, {0, 3, 0, 1, 0}) == Decision(1, 3));
  // Nothing to decide for a text without tokens.
  CHECK(decoder.decode(std::vector<float>{0, 1}, nullptr, 0, 5, label_slots, nullptr, nullptr) ==
        1);
}

TEST_CASE("the decision is the best pair of all") {
  Random random(10);
  JointDecoder decoder;
  for (int round = 0; round < 200; ++round) {
    const std::size_t length = 1 + random.below(4);
    const std::size_t labels = 2 + random.below(4);
    const auto logits = normals(random, 5 * length, 2.0);
    const auto label_logits = normals(random, labels, 2.0);
    std::vector<std::uint8_t> label_slots(2 * labels);
    for (std::uint8_t& slot : label_slots) slot = static_cast<std::uint8_t>(random.below(2));
    std::vector<const float*> rows;
    for (std::size_t t = 0; t < length; ++t) rows.push_back(logits.data() + t * 5);
    std::vector<std::int32_t> found(length);
    const std::size_t label =
        decoder.decode(label_logits, rows.data(), length, 5, label_slots, nullptr, found.data());
    double best = -1e300;
    for (std::size_t i = 0; i < labels; ++i) {
      best = std::max(best, static_cast<double>(label_logits[i]) +
                                best_score(logits, 5, std::span(label_slots).subspan(2 * i, 2)));
    }
    REQUIRE(well_formed(found));
    REQUIRE(uses_only(found, std::span(label_slots).subspan(2 * label, 2)));
    REQUIRE(static_cast<double>(label_logits[label]) + score(logits, 5, found) ==
            doctest::Approx(best));
  }
}

TEST_CASE("with transitions the best of all sequences, and the best pair of all") {
  Random random(12);
  BioDecoder decoder;
  JointDecoder joint;
  for (int round = 0; round < 300; ++round) {
    const std::size_t length = 1 + random.below(4);
    auto logits = normals(random, 5 * length, 2.0);
    const auto start = normals(random, 3, 2.0);
    const auto next = normals(random, 15, 2.0);
    const auto inside = normals(random, 4, 2.0);
    const auto end = normals(random, 5, 2.0);
    const Transitions crf({start.data(), next.data(), inside.data(), end.data()}, 5);
    const auto total = [&](const std::vector<std::int32_t>& path) {
      double sum = score(logits, 5, path);
      for (std::size_t t = 0; t < length; ++t) {
        const auto tag = static_cast<std::size_t>(path[t]);
        const std::size_t free = (tag + 1) / 2;
        if (t == 0) {
          sum += static_cast<double>(start[free]);
        } else if (tag != 0 && tag % 2 == 0) {
          sum += static_cast<double>(inside[(path[t - 1] == path[t] ? 2 : 0) + tag / 2 - 1]);
        } else {
          sum += static_cast<double>(next[static_cast<std::size_t>(path[t - 1]) * 3 + free]);
        }
      }
      return sum + static_cast<double>(end[static_cast<std::size_t>(path.back())]);
    };
    const auto best_total = [&](std::span<const std::uint8_t> slots) {
      std::vector<std::int32_t> path(length, 0);
      double best = -1e300;
      for (;;) {
        if (well_formed(path) && uses_only(path, slots)) best = std::max(best, total(path));
        std::size_t at = 0;
        while (at < length && ++path[at] == 5) path[at++] = 0;
        if (at == length) return best;
      }
    };
    std::vector<const float*> rows;
    for (std::size_t t = 0; t < length; ++t) rows.push_back(logits.data() + t * 5);
    std::vector<std::int32_t> found(length);
    const double best = decoder.decode(rows.data(), length, 5, {}, &crf, found.data());
    REQUIRE(well_formed(found));
    REQUIRE(best == doctest::Approx(total(found)));
    REQUIRE(best == doctest::Approx(best_total({})));

    const auto label_logits = normals(random, 3, 2.0);
    std::vector<std::uint8_t> label_slots(6);
    for (std::uint8_t& slot : label_slots) slot = static_cast<std::uint8_t>(random.below(2));
    const std::size_t label =
        joint.decode(label_logits, rows.data(), length, 5, label_slots, &crf, found.data());
    double best_pair = -1e300;
    for (std::size_t i = 0; i < 3; ++i) {
      best_pair = std::max(best_pair, static_cast<double>(label_logits[i]) +
                                          best_total(std::span(label_slots).subspan(2 * i, 2)));
    }
    REQUIRE(uses_only(found, std::span(label_slots).subspan(2 * label, 2)));
    REQUIRE(static_cast<double>(label_logits[label]) + total(found) == doctest::Approx(best_pair));
  }
}

TEST_CASE("logits that are no numbers decide something well formed") {
  Random random(11);
  JointDecoder decoder;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> odd = {std::nanf(""), kInfinity, -kInfinity, 0.0F, 1.0F};
  for (int round = 0; round < 500; ++round) {
    std::vector<float> labels(30);
    std::vector<float> tags(10);
    for (float& logit : labels) logit = odd[random.below(odd.size())];
    for (float& logit : tags) logit = odd[random.below(odd.size())];
    std::vector<std::uint8_t> label_slots(60);
    for (std::uint8_t& slot : label_slots) slot = static_cast<std::uint8_t>(random.below(2));
    const std::vector<const float*> rows = {tags.data(), tags.data() + 5};
    std::vector<std::int32_t> found(2);
    const std::size_t label =
        decoder.decode(labels, rows.data(), 2, 5, label_slots, nullptr, found.data());
    REQUIRE(label < 30);
    REQUIRE(well_formed(found));
    REQUIRE(uses_only(found, std::span(label_slots).subspan(2 * label, 2)));
  }
}

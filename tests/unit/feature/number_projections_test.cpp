#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "pnlp/base/hash.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/feature/minhash.hpp"
#include "pnlp/feature/projection_kinds.hpp"
#include "pnlp/feature/simhash.hpp"

using namespace pnlp;

namespace {

ProjectionSpec spec_of(std::string kind, std::uint32_t numbers) {
  ProjectionSpec spec;
  spec.kind = std::move(kind);
  spec.hashes = numbers;
  spec.channels.clear();
  return spec;
}

// The first channel's numbers: -1, 0 and 1.
std::vector<int> numbers(const ProjectionSpec& spec, std::string_view word,
                         std::vector<ProjectionUnit> units) {
  std::vector<std::uint16_t> values(spec.hashes);
  make_projection(spec)->project(word, units, values);
  std::vector<int> out;
  for (const std::uint16_t value : values) {
    const int parts = static_cast<std::int16_t>(value);
    CHECK(parts % kFactorOne == 0);
    out.push_back(parts / kFactorOne);
  }
  return out;
}

double agreement(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return static_cast<double>(equal) / static_cast<double>(a.size());
}

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("numbers are those of the manual page") {
  const ProjectionSpec sim = spec_of("simhash", 12);
  CHECK(numbers(sim, "", {{.text = "wake"}}) == Numbers{0, 0, 1, -1, 0, 0, 0, -1, -1, 0, 0, 1});
  CHECK(numbers(sim, "", {{.text = "at"}}) == Numbers{1, -1, 1, 1, -1, 1, 1, 1, 1, -1, 1, -1});
  const ProjectionSpec ternary = spec_of("ternary", 12);
  const Numbers wake = {-1, 0, 0, 1, 1, 0, -1, 0, 1, 0, 0, 0};
  CHECK(numbers(ternary, "wake", {}) == wake);
  CHECK(numbers(ternary, "Wake", {{.text = "any"}}) == wake);
  CHECK(numbers(ternary, "\xc3\x89t\xc3\xa9", {}) == Numbers{0, -1, 0, 1, 1, 1, 0, 0, 1, 0, 0, -1});
  const ProjectionSpec binary = spec_of("binary", 12);
  CHECK(numbers(binary, "", {{.text = "wake"}}) == Numbers{1, 1, -1, 1, -1, 1, 1, 1, 1, -1, 1, 1});
}

TEST_CASE("more numbers begin with the fewer; those behind a whole block are others") {
  for (const char* kind : {"simhash", "ternary", "binary"}) {
    const std::vector<ProjectionUnit> units = {{.text = "ab"}};
    const Numbers few = numbers(spec_of(kind, 30), "ab", units);
    const Numbers many = numbers(spec_of(kind, 200), "ab", units);
    CHECK(std::equal(few.begin(), few.end(), many.begin()));
    for (const std::ptrdiff_t block : {32, 64, 128}) {
      CHECK_FALSE(std::equal(few.begin(), few.end(), many.begin() + block));
    }
    ProjectionSpec seeded = spec_of(kind, 200);
    seeded.seed = 1;
    CHECK(numbers(seeded, "ab", units) != many);
  }
}

TEST_CASE("a unit's numbers do not depend on whether it was seen before, nor on its number") {
  for (const ProjectionKind& kind : projection_kinds()) {
    if (kind.vectors) continue;  // looks every unit up
    const ProjectionSpec spec = spec_of(std::string(kind.name), 100);
    const std::vector<ProjectionUnit> plain = {{.text = "wake"},
                                               {.text = "ing", .continuation = true}};
    std::vector<ProjectionUnit> known = plain;
    known[0].id = 7;
    known[1].id = 7;  // a continuation is another key
    const auto projection = make_projection(spec);
    std::vector<std::uint16_t> first(100);
    std::vector<std::uint16_t> again(100);
    std::vector<std::uint16_t> without(100);
    projection->project("waking", known, first);
    projection->project("waking", known, again);
    projection->project("waking", plain, without);
    CHECK(first == again);
    CHECK(first == without);
  }
}

// Two sets of n-grams with Jaccard similarity J: a minimum is the same with probability J, its bit
// by chance else.
TEST_CASE("signs of two words agree with probability (1 + J) / 2") {
  const ProjectionSpec spec = spec_of("binary", 4096);
  // Trigrams: rem emi min ind nde der | rem ema mai ain ind nde der: 4 of 9.
  const double agree = agreement(numbers(spec, "", {{.text = "reminder"}}),
                                 numbers(spec, "", {{.text = "remainder"}}));
  CHECK(std::abs(agree - (1 + 4.0 / 9) / 2) < 4 * std::sqrt(0.25 / 4096));
}

TEST_CASE("a simhash sums over all units, counts n-grams as often as they occur, and is odd") {
  const ProjectionSpec spec = spec_of("simhash", 512);
  const Numbers at = numbers(spec, "", {{.text = "at"}});
  CHECK(std::ranges::count(at, 0) == 0);  // a single n-gram: signs, never 0
  CHECK(numbers(spec, "at", {}) == at);   // no units: the word
  CHECK(numbers(spec, "", {{.text = "at"}, {.text = "at"}, {.text = "on"}}) == at);
  const Numbers on = numbers(spec, "", {{.text = "on"}});
  const Numbers both = numbers(spec, "", {{.text = "at"}, {.text = "on"}});
  for (std::size_t i = 0; i < both.size(); ++i) CHECK(2 * both[i] == at[i] + on[i]);
  // Signs are fair: standard deviation of 512 of them is 11.3.
  int sum = 0;
  for (const int sign : at) sum += sign;
  CHECK(std::abs(sum) < 4 * 23);
}

TEST_CASE(
    "a quarter of the ternary numbers is 1, a quarter -1, the rest 0; words are independent") {
  const ProjectionSpec spec = spec_of("ternary", 4096);
  const Numbers a = numbers(spec, "reminder", {});
  const Numbers b = numbers(spec, "remainder", {});
  const double deviation = std::sqrt(4096 * 0.25 * 0.75);
  for (const Numbers& word : {a, b}) {
    CHECK(std::abs(static_cast<double>(std::ranges::count(word, 1)) - 1024) < 4 * deviation);
    CHECK(std::abs(static_cast<double>(std::ranges::count(word, -1)) - 1024) < 4 * deviation);
  }
  double product = 0;  // of variance 1/4 each
  for (std::size_t i = 0; i < a.size(); ++i) product += a[i] * b[i];
  CHECK(std::abs(product) < 4 * std::sqrt(4096 * 0.25));
}

TEST_CASE("numbers stand first, word channels behind them as ever") {
  ProjectionSpec minhash;
  std::vector<std::uint16_t> old(76);
  make_projection(minhash)->project("wake", {}, old);
  ProjectionSpec spec = minhash;
  spec.kind = "simhash";
  spec.hashes = 10;
  const auto projection = make_projection(spec);
  CHECK(projection->channels()[0] == Channel{"simhash", 10, true});
  CHECK(projection->channels()[1] == Channel{"word", 1, false});
  std::vector<std::uint16_t> values(22);
  projection->project("wake", {}, values);
  CHECK(std::equal(values.begin() + 10, values.end(), old.begin() + 64, old.end()));
}

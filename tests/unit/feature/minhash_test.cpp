#include "pnlp/feature/minhash.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

ProjectionSpec spec_of(std::uint32_t hashes, std::uint32_t ngram = 3, bool lowercase = false) {
  ProjectionSpec spec;
  spec.hashes = hashes;
  spec.ngram = ngram;
  spec.lowercase = lowercase;
  return spec;
}

std::vector<std::uint16_t> fingerprint(const ProjectionSpec& spec, std::string_view word,
                                       std::vector<ProjectionUnit> units) {
  MinHash minhash(spec);
  std::vector<std::uint16_t> out(spec.hashes);
  minhash.fingerprint(word, units, out);
  return out;
}

double agreement(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return static_cast<double>(equal) / static_cast<double>(a.size());
}

std::set<std::string> trigrams(const std::string& ascii) {
  std::set<std::string> all;
  for (std::size_t i = 0; i + 3 <= ascii.size(); ++i) all.insert(ascii.substr(i, 3));
  return all;
}

double jaccard(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> both = a;
  both.insert(b.begin(), b.end());
  return static_cast<double>(a.size() + b.size() - both.size()) / static_cast<double>(both.size());
}

}  // namespace

TEST_CASE("the hash family is that of the manual page") {
  const ProjectionSpec spec = spec_of(4);
  const auto is = [&](std::vector<ProjectionUnit> units, std::vector<std::uint16_t> values) {
    CHECK(fingerprint(spec, "", std::move(units)) == values);
  };
  is({{.text = "wake"}}, {36481, 39281, 48770, 35921});
  is({{.text = "ing", .continuation = true}}, {16207, 61436, 6169, 26306});
  is({{.text = "ing"}}, {52795, 13189, 13719, 29079});
  is({{.text = "\xe0\xb8\x81\xe0\xb8\x82\xe0\xb8\x84\xe0\xb8\x87"}}, {27616, 27017, 52836, 23119});
  is({{.text = "at"}}, {17105, 25216, 41810, 13776});
  is({{.text = "\xe2\x96\x81"
               "a\xc3\xa9\xe2\x96\x81"}},
     {13535, 30949, 22641, 16272});
}

TEST_CASE("agreement of fingerprints estimates the Jaccard similarity of trigram sets") {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"reminder", "remainder"},
      {"playing", "replaying"},
      {"tomorrow", "morrow"},
      {"weather", "whether"},
      {"national", "nationwide"},
      {"alarm", "kettle"},
      {"internationalisation", "internationalization"},
      {"temperature", "temperate"},
  };
  constexpr std::uint32_t kHashes = 4096;
  double chi2 = 0;
  for (const auto& pair : pairs) {
    const std::string& a = pair.first;
    const std::string& b = pair.second;
    const double expected = jaccard(trigrams(a), trigrams(b));
    const ProjectionSpec spec = spec_of(kHashes);
    const double seen =
        agreement(fingerprint(spec, a, {{.text = a}}), fingerprint(spec, b, {{.text = b}}));
    const double sigma = std::sqrt(expected * (1 - expected) / kHashes);
    CAPTURE(a);
    CAPTURE(expected);
    CHECK(std::abs(seen - expected) <= 4 * sigma + 1e-3);  // 16 bits agree by chance as well
    if (sigma > 0) chi2 += std::pow((seen - expected) / sigma, 2);
  }
  CHECK(chi2 < 24.3);  // 0.999 quantile of chi-square with 7 degrees of freedom
}

TEST_CASE("every n-gram is the minimum equally often") {
  // "abcdefgh" has six trigrams: each must win a sixth of the hash functions.
  constexpr std::uint32_t kHashes = 4096;
  const ProjectionSpec spec = spec_of(kHashes);
  const auto word = fingerprint(spec, "", {{.text = "abcdefgh"}});
  double chi2 = 0;
  for (const std::string& gram : trigrams("abcdefgh")) {
    const double wins = agreement(word, fingerprint(spec, "", {{.text = gram}})) * kHashes;
    chi2 += std::pow(wins - kHashes / 6.0, 2) / (kHashes / 6.0);
  }
  CHECK(chi2 < 20.5);  // 5 degrees of freedom, 0.999
}

TEST_CASE("values are uniform modulo every table size, also of minima over many n-grams") {
  const ProjectionSpec spec = spec_of(64);
  MinHash minhash(spec);
  std::vector<std::uint16_t> out(64);
  for (const std::size_t length : {3UL, 12UL, 60UL}) {
    std::array<double, 256> low{};
    std::array<double, 256> high{};
    Random random(length);
    constexpr int kWords = 1000;
    for (int i = 0; i < kWords; ++i) {
      // Letters out of 16384, so that no trigram comes twice and values are independent.
      std::string word;
      for (std::size_t k = 0; k < length; ++k) {
        word.push_back(static_cast<char>(0xe5 + random.below(4)));
        word.push_back(static_cast<char>(0x80 + random.below(64)));
        word.push_back(static_cast<char>(0x80 + random.below(64)));
      }
      const ProjectionUnit unit{.text = word};
      minhash.fingerprint(word, {&unit, 1}, out);
      for (const std::uint16_t value : out) {
        ++low[value % 256];
        ++high[value / 256];
      }
    }
    const double expected = kWords * 64 / 256.0;
    for (const auto& counts : {low, high}) {
      double chi2 = 0;
      for (const double count : counts) chi2 += std::pow(count - expected, 2) / expected;
      CHECK(chi2 < 330.5);  // 255 degrees of freedom, 0.999
      CHECK(chi2 > 188.0);  // 0.0005: not more even than chance
    }
  }
}

TEST_CASE("a word's fingerprint is the minimum over its units") {
  // Union of the units' n-grams: the value of a hash function is that of one of the units.
  const ProjectionSpec spec = spec_of(256);
  const auto first = fingerprint(spec, "", {{.text = "wake"}});
  const auto second = fingerprint(spec, "", {{.text = "ing", .continuation = true}});
  const auto both =
      fingerprint(spec, "", {{.text = "wake"}, {.text = "ing", .continuation = true}});
  const auto swapped =
      fingerprint(spec, "", {{.text = "ing", .continuation = true}, {.text = "wake"}});
  std::size_t of_second = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK((both[i] == first[i] || both[i] == second[i]));
    of_second += both[i] == second[i] ? 1 : 0;
  }
  CHECK(both == swapped);
  // "wake" has two trigrams, the continuation one: a third, within four standard deviations.
  CHECK(of_second > 55);
  CHECK(of_second < 116);
}

TEST_CASE("n-grams are of code points") {
  const ProjectionSpec spec = spec_of(64);
  // Three code points are one trigram, so they are hashed like the whole.
  const std::string thai = "\xe0\xb8\x81\xe0\xb8\x82\xe0\xb8\x84";
  CHECK(fingerprint(spec, "", {{.text = thai}}) == fingerprint(spec, thai, {}));
  // Four are two.
  const std::string four = thai + "\xe0\xb8\x87";
  const auto values = fingerprint(spec, "", {{.text = four}});
  const auto second = fingerprint(spec, "", {{.text = four.substr(3)}});
  const auto first = fingerprint(spec, "", {{.text = thai}});
  for (std::size_t i = 0; i < 64; ++i) CHECK((values[i] == first[i] || values[i] == second[i]));
  CHECK(values != first);
  CHECK(values != second);
}

TEST_CASE("short units and continuations are hashed whole, and differ from the inside of a word") {
  const ProjectionSpec spec = spec_of(64);
  const auto inside = fingerprint(spec, "", {{.text = "ing"}});
  const auto continuation = fingerprint(spec, "", {{.text = "ing", .continuation = true}});
  CHECK(agreement(inside, continuation) < 0.1);
  const auto longer = fingerprint(spec, "", {{.text = "inging", .continuation = true}});
  CHECK(agreement(longer, continuation) < 0.1);
  CHECK(fingerprint(spec, "", {{.text = "at"}}) == fingerprint(spec, "at", {}));
}

TEST_CASE("units without text say nothing; a word of none but these is hashed whole") {
  const ProjectionSpec spec = spec_of(16);
  CHECK(fingerprint(spec, "wake", {{.text = ""}, {.text = "wa"}}) ==
        fingerprint(spec, "wake", {{.text = "wa"}}));
  CHECK(fingerprint(spec, "wake", {{.text = ""}}) == fingerprint(spec, "wake", {}));
  CHECK(fingerprint(spec, "wake", {}) != fingerprint(spec, "woke", {}));
  CHECK(fingerprint(spec, "", {}).size() == 16);
}

TEST_CASE("lower case, n-gram length, seed and number of hashes") {
  const auto lower = fingerprint(spec_of(32, 3, true), "", {{.text = "WAKE \xc3\x89T\xc3\x89"}});
  CHECK(lower == fingerprint(spec_of(32), "", {{.text = "wake \xc3\xa9t\xc3\xa9"}}));
  CHECK(fingerprint(spec_of(32, 2), "", {{.text = "wake"}}) !=
        fingerprint(spec_of(32), "", {{.text = "wake"}}));
  ProjectionSpec reseeded = spec_of(32);
  reseeded.seed = 7;
  CHECK(agreement(fingerprint(reseeded, "", {{.text = "wake"}}),
                  fingerprint(spec_of(32), "", {{.text = "wake"}})) < 0.1);
  // Hash function i does not depend on how many there are.
  auto more = fingerprint(spec_of(64), "", {{.text = "wake"}});
  more.resize(32);
  CHECK(more == fingerprint(spec_of(32), "", {{.text = "wake"}}));
}

TEST_CASE("the unit cache changes nothing, also when it overflows") {
  // 4096 hashes of four bytes: 2048 units fill the cache.
  const ProjectionSpec spec = spec_of(4096);
  MinHash cached(spec);
  std::vector<std::uint16_t> out(4096);
  const auto text = [](std::uint32_t id) { return "unit" + std::to_string(id % 5000); };
  for (std::uint32_t id = 0; id < 5000; ++id) {
    const std::string unit_text = text(id);
    const ProjectionUnit unit{.text = unit_text, .id = id};
    cached.fingerprint("", {&unit, 1}, out);
  }
  for (const std::uint32_t id : {4999U, 17U, 4999U, 2048U, 17U}) {
    const std::string unit_text = text(id);
    const ProjectionUnit unit{.text = unit_text, .id = id};
    cached.fingerprint("", {&unit, 1}, out);
    CHECK(out == fingerprint(spec, "", {{.text = unit_text}}));
    const ProjectionUnit other{.text = unit_text, .id = id, .continuation = true};
    cached.fingerprint("", {&other, 1}, out);
    CHECK(out == fingerprint(spec, "", {{.text = unit_text, .continuation = true}}));
  }
}

#include "pnlp/feature/word_ngrams.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

using Keys = std::vector<std::uint64_t>;
using Rows = std::vector<std::int32_t>;

using Letters = std::vector<std::uint16_t>;

Rows rows_of(WordNgramOptions options, const Keys& keys, const Letters& letters = {}) {
  WordNgrams ngrams(options);
  Rows rows;
  ngrams.append(keys, letters, rows);
  return rows;
}

}  // namespace

TEST_CASE("rows of word n-grams are fixed, and each is told once") {
  // Worked out from pnlp-model(5) in Python.
  CHECK(rows_of({.longest = 1, .rows = 1000}, {7, 9, 7, 9}) == Rows{833, 28});
  // 7; 7 9, 9; 9 7; what follows was there before.
  CHECK(rows_of({.longest = 2, .rows = 1000}, {7, 9, 7, 9}) == Rows{833, 211, 28, 475});
  CHECK(rows_of({.longest = 3, .rows = 1000003}, {7, 9, 7}) ==
        Rows{833668, 211645, 28755, 451589, 475466});
  CHECK(rows_of({.longest = 2, .rows = 1000}, {}).empty());
  CHECK(rows_of({.longest = 0, .rows = 1000}, {7, 9}).empty());
  CHECK(WordNgrams({}).empty());
  // Behind them, n-grams of letters by their values.
  CHECK(rows_of({.longest = 1, .rows = 1000}, {7, 9}, {7, 65535, 7}) == Rows{833, 28, 355, 284});
  CHECK(rows_of({.longest = 0, .rows = 1000}, {7}, {7}).empty());
}

TEST_CASE("rows of a text do not depend on the texts before it, and lie in the table") {
  WordNgrams kept({.longest = 3, .rows = 97});
  Random random(5);
  Rows all;
  for (int text = 0; text < 200; ++text) {
    Keys keys(random.below(40));
    for (std::uint64_t& key : keys) key = random.below(30);
    Letters letters(random.below(100));
    for (std::uint16_t& value : letters) value = static_cast<std::uint16_t>(random.below(60));
    const std::size_t begin = all.size();
    kept.append(keys, letters, all);
    const Rows own(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
    REQUIRE(own == rows_of({.longest = 3, .rows = 97}, keys, letters));
    REQUIRE(std::set<std::int32_t>(own.begin(), own.end()).size() == own.size());
    for (const std::int32_t row : own) REQUIRE((row >= 0 && row < 97));
  }
}

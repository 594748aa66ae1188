#include "pnlp/feature/word_cache.hpp"

#include <doctest/doctest.h>

#include <string>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/row_table.hpp"

using namespace pnlp;

namespace {

std::vector<std::uint16_t> row_of(std::uint32_t number) {
  return {static_cast<std::uint16_t>(number), static_cast<std::uint16_t>(number >> 16), 7};
}

}  // namespace

TEST_CASE("a word cache gives back what was put in") {
  WordCache cache(5000, 3);
  CHECK(cache.find("") == WordCache::kNone);
  for (std::uint32_t i = 0; i < 5000; ++i) CHECK(cache.insert(std::to_string(i), row_of(i)) == i);
  CHECK(cache.size() == 5000);
  CHECK(cache.rows().words() == 5000);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    REQUIRE(cache.find(std::to_string(i)) == i);
    const auto values = cache.rows().word(i);
    CHECK(std::vector<std::uint16_t>(values.begin(), values.end()) == row_of(i));
  }
  CHECK(cache.find("5000") == WordCache::kNone);
}

TEST_CASE("keys of any length are told apart") {
  WordCache cache(1000, 3);
  const auto key = [](std::size_t size, char last) { return std::string(size, 'x') + last; };
  for (std::uint32_t size = 0; size < 100; ++size) {
    CHECK(cache.insert(key(size, 'a'), row_of(1)) == 2 * size);
    CHECK(cache.find(key(size, 'b')) == WordCache::kNone);
    CHECK(cache.insert(key(size, 'b'), row_of(2)) == 2 * size + 1);
  }
  for (std::uint32_t size = 0; size < 100; ++size) {
    CHECK(cache.find(key(size, 'a')) == 2 * size);
    CHECK(cache.find(key(size, 'b')) == 2 * size + 1);
  }
}

TEST_CASE("a full word cache begins anew when it is trimmed") {
  WordCache cache(10, 3);
  for (std::uint32_t i = 0; i < 10; ++i) {
    cache.trim();
    cache.insert(std::to_string(i), row_of(i));
  }
  CHECK(cache.generation() == 0);
  CHECK(cache.find("3") == 3);
  CHECK(cache.insert("10", row_of(10)) == 10);  // not before
  CHECK(cache.find("3") == 3);
  cache.trim();
  CHECK(cache.generation() == 1);
  CHECK(cache.size() == 0);
  CHECK(cache.rows().words() == 0);
  CHECK(cache.find("3") == WordCache::kNone);
  CHECK(cache.insert("11", row_of(11)) == 0);
  CHECK(cache.find("11") == 0);
  cache.trim();
  CHECK(cache.generation() == 1);
}

TEST_CASE("a word cache that was crowded once is as good as a new one") {
  WordCache cache(10, 3);
  for (std::uint32_t i = 0; i < 100000; ++i) cache.insert(std::to_string(i), row_of(i));
  for (int round = 0; round < 3; ++round) {
    cache.trim();
    for (std::uint32_t i = 0; i < 20; ++i) CHECK(cache.insert(std::to_string(i), row_of(i)) == i);
    for (std::uint32_t i = 0; i < 20; ++i) CHECK(cache.find(std::to_string(i)) == i);
  }
}

TEST_CASE("keys take bounded memory") {
  WordCache cache(100, 3);
  for (std::uint32_t i = 0; i < 100; ++i) {
    cache.trim();
    CHECK(cache.size() <= 7);
    cache.insert(std::string(1000, 'x') + std::to_string(i), row_of(i));
  }
  WordCache none(0, 3);
  none.insert("a", row_of(1));
  none.trim();
  CHECK(none.find("a") == WordCache::kNone);
}

TEST_CASE("a row table numbers distinct rows by first appearance") {
  RowTable table(3);
  for (std::uint32_t i = 0; i < 3000; ++i) CHECK(table.add(row_of(i)) == i);
  for (std::uint32_t i = 0; i < 3000; i += 7) CHECK(table.add(row_of(i)) == i);
  CHECK(table.size() == 3000);
  CHECK(table.values().size() == 9000);
  CHECK(std::vector<std::uint16_t>(table.row(2999).begin(), table.row(2999).end()) == row_of(2999));
  table.clear();
  CHECK(table.size() == 0);
  CHECK(table.add(row_of(5)) == 0);
  for (int i = 0; i < 20; ++i) {
    table.clear();  // shrinks step by step
    CHECK(table.add(row_of(6)) == 0);
    CHECK(table.add(row_of(6)) == 0);
  }
  CHECK_THROWS_AS(RowTable(0), Error);
}

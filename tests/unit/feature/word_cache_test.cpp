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
  CHECK(cache.find("") == nullptr);
  for (std::uint32_t i = 0; i < 5000; ++i) cache.insert(std::to_string(i), row_of(i));
  CHECK(cache.size() == 5000);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const std::uint16_t* values = cache.find(std::to_string(i));
    REQUIRE(values != nullptr);
    CHECK(std::vector<std::uint16_t>(values, values + 3) == row_of(i));
  }
  CHECK(cache.find("5000") == nullptr);
}

TEST_CASE("a full word cache begins anew") {
  WordCache cache(10, 3);
  for (std::uint32_t i = 0; i < 10; ++i) cache.insert(std::to_string(i), row_of(i));
  CHECK(cache.find("3") != nullptr);
  cache.insert("10", row_of(10));
  CHECK(cache.size() == 1);
  CHECK(cache.find("3") == nullptr);
  CHECK(cache.find("10") != nullptr);
}

TEST_CASE("keys take bounded memory") {
  WordCache cache(100, 3);
  cache.insert(std::string(1025, 'x'), row_of(1));
  CHECK(cache.size() == 0);
  for (std::uint32_t i = 0; i < 100; ++i) {
    cache.insert(std::string(1000, 'x') + std::to_string(i), row_of(i));
    CHECK(cache.size() <= 7);
  }
  WordCache none(0, 3);
  none.insert("a", row_of(1));
  CHECK(none.find("a") == nullptr);
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

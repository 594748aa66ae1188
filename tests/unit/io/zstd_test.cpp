#include "pnlp/io/zstd.hpp"

#include <doctest/doctest.h>

#include <string>

#include "io/scratch.hpp"

using namespace pnlp;
using test::message_of;

TEST_CASE("what was compressed comes back") {
  for (const std::string& plain : {std::string(), std::string("a"), std::string(100000, 'x')}) {
    CHECK(decompress(compress(plain), plain.size()) == plain);
    CHECK(decompress(compress(plain, 3), 1U << 20) == plain);
  }
  CHECK(compress(std::string(100000, 'x')).size() < 100);
}

TEST_CASE("a claim above the limit is refused before memory is taken") {
  CHECK(message_of([] { decompress(compress(std::string(1000, 'x')), 999); }) ==
        "compressed data is damaged: it claims 1000 bytes, at most 999 are possible");
}

TEST_CASE("every prefix, and anything after the end, is refused") {
  const std::string packed = compress("the kettle sings, the kettle sings");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CHECK_FALSE(message_of([&] { decompress(packed.substr(0, size), 1000); }).empty());
  }
  CHECK_FALSE(message_of([&] { decompress(packed + "x", 1000); }).empty());
  CHECK_FALSE(message_of([] { decompress("not zstd at all", 1000); }).empty());
}

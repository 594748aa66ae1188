#include <doctest/doctest.h>

#include "pnlp/base/hash.hpp"

using namespace pnlp;

TEST_CASE("hash64 is XXH3-64") {
  // Vectors of the xxHash specification's reference implementation.
  CHECK(hash64("") == 0x2d06800538d394c2ULL);
  CHECK(hex64(0x2d06800538d394c2ULL) == "2d06800538d394c2");
}

TEST_CASE("a digest does not depend on how the bytes were cut") {
  Digest whole;
  whole.update("sleep until the kettle sings");
  Digest cut;
  cut.update("sleep until");
  cut.update(" the kettle sings");
  CHECK(whole.value() == cut.value());
  CHECK(whole.value() == hash64("sleep until the kettle sings"));
  cut.update(std::uint64_t{1});
  CHECK(whole.value() != cut.value());
}

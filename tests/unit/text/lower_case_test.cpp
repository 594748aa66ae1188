#include "pnlp/text/lower_case.hpp"

#include <doctest/doctest.h>

using namespace pnlp;

TEST_CASE("lower case is ICU's") {
  LowerCase lower;
  CHECK(lower("WAKE Me 7") == "wake me 7");
  CHECK(lower("\xce\xa3\xce\x91\xce\xa3") == "\xcf\x83\xce\xb1\xcf\x82");  // final sigma
  CHECK(lower("\xc4\xb0") == "i\xcc\x87");                                 // dotted capital I grows
  CHECK(lower("") == "");
  CHECK(lower("\xff"
              "A") ==
        "\xff"
        "a");
  // Longer than it was: the buffer grows.
  std::string many;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    many += "\xc8\xba";  // two bytes, whose small letter has three
    expected += "\xe2\xb1\xa5";
  }
  CHECK(lower(many) == expected);
}

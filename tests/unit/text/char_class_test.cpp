#include "pnlp/text/char_class.hpp"

#include <doctest/doctest.h>

using namespace pnlp;

TEST_CASE("classes of characters") {
  CHECK(char_class(U'A') == CharClass::capital);
  CHECK(char_class(U'\u01c5') == CharClass::capital);  // title case Dž
  CHECK(char_class(U'\u00e9') == CharClass::small);
  CHECK(char_class(U'\u0663') == CharClass::digit);   // Arabic-Indic three
  CHECK(char_class(U'\u0e01') == CharClass::letter);  // Thai
  CHECK(char_class(U'\u3005') == CharClass::letter);  // ideographic iteration mark, Lm
  CHECK(char_class(U'\u0301') == CharClass::mark);    // Mn
  CHECK(char_class(U'\u0903') == CharClass::mark);    // Mc
  CHECK(char_class(U'\u20dd') == CharClass::mark);    // Me
  CHECK(char_class(U'\u20ac') == CharClass::other);   // euro sign
  CHECK(char_class(0xffffffff) == CharClass::other);
}

TEST_CASE("scripts have ICU's numbers") {
  CHECK(script_number(U'!') == 0);
  CHECK(script_number(U'\u0627') == 2);
  CHECK(script_number(U'\u65e5') == 17);
  CHECK(script_number(U'\u0e01') == 38);
}

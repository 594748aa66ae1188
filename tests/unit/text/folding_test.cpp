#include "pnlp/text/folding.hpp"

#include <doctest/doctest.h>

using namespace pnlp;

TEST_CASE("folding leaves base letters in lower case") {
  Folding fold;
  CHECK(fold("WAKE Me 7") == "wake me 7");
  CHECK(fold("") == "");
  CHECK(fold("\xc3\x89t\xc3\xa9") == "ete");              // precomposed
  CHECK(fold("E\xcc\x81te\xcc\x81") == "ete");            // with combining accents
  CHECK(fold("\xc4\xb0") == "i");                         // whose lower case grows
  CHECK(fold("\xe1\xbb\x87n") == "en");                   // two marks on one letter
  CHECK(fold("\xc3\x9f\xc3\xb8") == "\xc3\x9f\xc3\xb8");  // no marks: no other letters
  CHECK(fold("\xe6\x97\xa5") == "\xe6\x97\xa5");          // Han
  CHECK(fold("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");  // outside the first plane
}

TEST_CASE("folding takes away vowel signs, nukta included, but in Thai") {
  Folding fold;
  // "phoTo" with and without a nukta, and with another vowel sign.
  const std::string letters = "\xe0\xa4\xab\xe0\xa4\x9f";
  CHECK(fold("\xe0\xa4\xab\xe0\xa4\xbc\xe0\xa5\x8b\xe0\xa4\x9f\xe0\xa5\x8b") == letters);
  CHECK(fold("\xe0\xa4\xab\xe0\xa5\x8b\xe0\xa4\x9f\xe0\xa5\x82") == letters);
  CHECK(fold("\xe0\xa5\x9e\xe0\xa4\x9f") == letters);  // the letter with a nukta in one code point
  CHECK(fold("\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99") == "\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99");
  // Hiragana ga stays another letter than ka, in two code points.
  CHECK(fold("\xe3\x81\x8c") == "\xe3\x81\x8b\xe3\x82\x99");
}

TEST_CASE("what folding cannot read or would empty stays") {
  Folding fold;
  CHECK(fold("\xcc\x81") == "\xcc\x81");
  CHECK(fold("A\xff") == "a\xef\xbf\xbd");
}

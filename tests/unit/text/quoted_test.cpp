#include "pnlp/text/quoted.hpp"

#include <doctest/doctest.h>

#include <string>

using pnlp::in_quotes;

TEST_CASE("a value in a message is quoted, on one line") {
  CHECK(in_quotes("") == R"("")");
  CHECK(in_quotes("a \"b\"\n\x01") == R"("a \"b\"\n\u0001")");
}

TEST_CASE("a long value is cut between characters") {
  const std::string forty(40, 'x');
  CHECK(in_quotes(forty) == "\"" + forty + "\"");
  CHECK(in_quotes(forty + "y") == "\"" + forty + "...\"");
  // Bytes 38 to 41 are one character: it goes as a whole.
  const std::string head(38, 'x');
  CHECK(in_quotes(head + "\xF0\x9F\x8E\xB5") == "\"" + head + "...\"");
  CHECK(in_quotes(head + "\xC3\xBC!") == "\"" + head + "\xC3\xBC...\"");
}

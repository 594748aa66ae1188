#include "pnlp/io/lines.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "io/scratch.hpp"

using namespace pnlp;
using test::Scratch;

namespace {

// Lines joined by '|', "<long>" for one over the limit.
std::string lines_of(const std::string& content, std::uint64_t limit = 1000) {
  const Scratch scratch;
  InputFile file(scratch.file("a", content));
  LineReader reader(file, limit);
  std::string joined;
  std::string_view line;
  std::uint64_t number = 0;
  while (reader.next(line)) {
    CHECK(reader.number() == ++number);
    if (reader.too_long()) CHECK(line.empty());
    joined += reader.too_long() ? "<long>" : std::string(line);
    joined += '|';
  }
  CHECK_FALSE(reader.next(line));
  return joined;
}

}  // namespace

TEST_CASE("line ends, the missing last one, and the byte order mark") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n") == "|");
  CHECK(lines_of("a\nb\n") == "a|b|");
  CHECK(lines_of("a\nb") == "a|b|");
  CHECK(lines_of("a\r\nb\r\n") == "a|b|");
  CHECK(lines_of("a\r\n\r\nb\r") == "a||b|");
  CHECK(lines_of("a\rb\r\r\n") == "a\rb\r|");
  CHECK(lines_of("\xEF\xBB\xBF"
                 "a\n\xEF\xBB\xBF"
                 "b") ==
        "a|\xEF\xBB\xBF"
        "b|");
  CHECK(lines_of("\xEF\xBB\xBF").empty());
  CHECK(lines_of("\xEF\xBB") == "\xEF\xBB|");
  CHECK(lines_of(std::string("a\0b\nc", 5)) == std::string("a\0b|c|", 6));
}

TEST_CASE("the length limit counts the bytes between line ends") {
  CHECK(lines_of("1234\n12345\n123456\n1\n", 5) == "1234|12345|<long>|1|");
  CHECK(lines_of("12345\r\n123456\r\n", 5) == "12345|<long>|");
  CHECK(lines_of("123456", 5) == "<long>|");
  CHECK(lines_of(std::string(900000, 'x') + "\nb\n", 100) == "<long>|b|");
  CHECK(lines_of("a\n" + std::string(900000, 'x'), 100) == "a|<long>|");
}

TEST_CASE("lines longer than the first buffer come whole") {
  const std::string a(300000, 'a');
  const std::string b(700000, 'b');
  CHECK(lines_of(a + "\n" + b + "\nc", 1000000) == a + "|" + b + "|c|");
}

TEST_CASE("a line can be asked for again; what comes late is waited for") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  InputFile file("/dev/fd/" + std::to_string(ends[0]));
  LineReader reader(file, 100);
  CHECK_FALSE(reader.ready());
  REQUIRE(::write(ends[1], "one\ntwo\nthr", 11) == 11);
  std::string_view line;
  REQUIRE(reader.next(line));
  CHECK(line == "one");
  reader.again();
  CHECK(reader.ready());
  REQUIRE(reader.next(line));
  CHECK(line == "one");
  CHECK(reader.number() == 1);
  CHECK(reader.ready());
  REQUIRE(reader.next(line));
  CHECK(line == "two");
  CHECK_FALSE(reader.ready());
  ::close(ends[1]);
  CHECK(reader.ready());
  REQUIRE(reader.next(line));
  CHECK(line == "thr");
  ::close(ends[0]);
}

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <thread>

#include "io/scratch.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"

using namespace pnlp;
using test::message_of;
using test::Redirected;
using test::Scratch;

namespace {

std::string read_all(InputFile& file) {
  std::string content;
  std::array<char, 3> buffer{};
  while (const std::size_t got = file.read(buffer)) content.append(buffer.data(), got);
  return content;
}

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("peeking consumes nothing") {
  const Scratch scratch;
  InputFile file(scratch.file("a", "abcdef"));
  CHECK(file.peek(2) == "ab");
  CHECK(file.peek(4) == "abcd");
  std::array<char, 1> one{};
  CHECK(file.read(one) == 1);
  CHECK(one[0] == 'a');
  CHECK(file.peek(99) == "bcdef");
  CHECK(read_all(file) == "bcdef");
  CHECK(file.peek(1).empty());
  CHECK(file.read(one) == 0);
  CHECK(file.name() == scratch.path("a"));
  CHECK(file.ready());
  CHECK_FALSE(file.is_terminal());
}

TEST_CASE("a peek beyond its limit is cut, and the rest is still read") {
  const Scratch scratch;
  const std::string content(100000, 'x');
  InputFile file(scratch.file("a", content));
  CHECK(file.peek(100000).size() == 65536);
  CHECK(read_all(file) == content);
}

TEST_CASE("what cannot be opened is named with the reason") {
  const Scratch scratch;
  CHECK(message_of([&] { InputFile file(scratch.path("absent")); }) ==
        scratch.path("absent") + ": cannot open: No such file or directory");
  CHECK(message_of([&] { InputFile file(scratch.folder()); }) ==
        scratch.folder() + ": is a directory; give the files in it");
  CHECK(message_of([&] { Mapping mapping(scratch.folder()); }) ==
        scratch.folder() + ": is a directory; give the files in it");
  CHECK(message_of([] { InputFile file(""); }) == "an input file's name is empty");
  CHECK(
      message_of([] { Mapping mapping("/dev/null"); }).starts_with("/dev/null: is not a regular"));
}

TEST_CASE("standard input: a peek reaches the next one who opens it; pipes are ready with data") {
  const Pipe pipe;
  const Redirected input(STDIN_FILENO, pipe.ends[0]);
  {
    InputFile first("-");
    CHECK(first.name() == "standard input");
    CHECK_FALSE(first.ready());
    REQUIRE(::write(pipe.ends[1], "{\"a\"", 4) == 4);
    CHECK(first.ready());
    CHECK(first.peek(1) == "{");
  }
  InputFile second("-");
  CHECK(second.ready());
  std::array<char, 10> buffer{};
  CHECK(second.read(buffer) == 4);
  CHECK(std::string(buffer.data(), 4) == "{\"a\"");
  CHECK_FALSE(second.ready());
  ::close(pipe.ends[1]);
  CHECK(second.ready());
  CHECK(second.read(buffer) == 0);
  CHECK(second.read(buffer) == 0);
}

TEST_CASE("a non-blocking descriptor is waited for") {
  const Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  InputFile file("/dev/fd/" + std::to_string(pipe.ends[0]));
  std::thread late([&] {
    ::usleep(20000);
    CHECK(::write(pipe.ends[1], "x", 1) == 1);
    ::close(pipe.ends[1]);
  });
  CHECK(read_all(file) == "x");
  late.join();
  ::close(pipe.ends[0]);
}

TEST_CASE("a mapping holds the file's bytes, and moves") {
  const Scratch scratch;
  Mapping mapping(scratch.file("a", std::string("a\0b", 3)));
  CHECK(mapping.text() == std::string("a\0b", 3));
  CHECK(mapping.bytes().size() == 3);
  Mapping moved(std::move(mapping));
  CHECK(moved.text().size() == 3);
  Mapping other(scratch.file("b", ""));
  CHECK(other.text().empty());
  other = std::move(moved);
  CHECK(other.text().size() == 3);
}

TEST_CASE("a whole file is read up to its limit") {
  const Scratch scratch;
  const std::string path = scratch.file("a", "12345");
  CHECK(read_file(path) == "12345");
  CHECK(read_file(path, 5) == "12345");
  CHECK(message_of([&] { read_file(path, 4); }) ==
        path + ": is longer than 4 bytes, the most that is read here");
}

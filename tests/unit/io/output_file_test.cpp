#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/scratch.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/temporaries.hpp"

using namespace pnlp;
using test::message_of;
using test::Redirected;
using test::Scratch;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a file appears whole at commit, and there is nothing else beside it") {
  const Scratch scratch;
  {
    OutputFile out(scratch.path("a"));
    out.write("one ");
    out.flush();
    CHECK_FALSE(std::filesystem::exists(scratch.path("a")));
    out.write("two");
    out.commit();
    CHECK(scratch.content("a") == "one two");
    CHECK(out.name() == scratch.path("a"));
    CHECK_FALSE(out.is_terminal());
  }
  CHECK(scratch.count() == 1);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK(mode_of(scratch.path("a")) == (0666U & ~mask));
}

TEST_CASE("without commit the old file stays as it was") {
  const Scratch scratch;
  scratch.file("a", "old");
  {
    OutputFile out(scratch.path("a"));
    out.write(std::string(200000, 'x'));
  }
  CHECK(scratch.content("a") == "old");
  CHECK(scratch.count() == 1);
}

TEST_CASE("a replaced file keeps its permissions, and a link its file") {
  const Scratch scratch;
  scratch.file("a", "old");
  ::chmod(scratch.path("a").c_str(), 0640);
  std::filesystem::create_symlink("a", scratch.path("link"));
  OutputFile out(scratch.path("link"));
  out.write("new");
  out.commit();
  CHECK(scratch.content("a") == "new");
  CHECK(mode_of(scratch.path("a")) == 0640);
  CHECK(std::filesystem::is_symlink(scratch.path("link")));
}

TEST_CASE("a name without a folder is written to the current one") {
  const Scratch scratch;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.folder());
  OutputFile out("a");
  out.write("x");
  out.commit();
  std::filesystem::current_path(before);
  CHECK(scratch.content("a") == "x");
}

TEST_CASE("a full disk is an error at the write, and only there") {
  OutputFile out("/dev/full");
  out.write("x");
  CHECK(message_of([&] { out.commit(); }) == "/dev/full: cannot write: No space left on device");
  CHECK(message_of([&] { out.write("y"); }) == "/dev/full: written to after its end");
  CHECK(message_of([&] { out.commit(); }) == "/dev/full: committed after its end");
  OutputFile large("/dev/full");
  CHECK(message_of([&] { large.write(std::string(70000, 'x')); }) ==
        "/dev/full: cannot write: No space left on device");
}

TEST_CASE("what cannot be written is named with the reason") {
  const Scratch scratch;
  CHECK(message_of([&] { OutputFile out(scratch.path("no/a")); }) ==
        scratch.path("no/a") + ": cannot write: No such file or directory");
  CHECK(message_of([&] { OutputFile out(scratch.folder()); }) ==
        scratch.folder() + ": is a directory; give the name of a file");
  scratch.file("a", "");
  CHECK(message_of([&] { OutputFile out(scratch.path("a/b")); }) ==
        scratch.path("a/b") + ": cannot write: Not a directory");
  CHECK(message_of([] { OutputFile out(""); }) == "the output file's name is empty");
}

TEST_CASE("standard output stays open after commit, and a dropped one is flushed") {
  const Scratch scratch;
  {
    const Redirected output(STDOUT_FILENO,
                            ::open(scratch.path("a").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600));
    OutputFile out("-");
    out.write("one\n");
    out.commit();
    OutputFile dropped("-");
    dropped.write("two\n");
    dropped = OutputFile("-");
    dropped.write("three\n");
    OutputFile named("/dev/stdout");
    named.write("four\n");
    named.commit();
  }
  CHECK(scratch.content("a") == "one\ntwo\nfour\nthree\n");
}

TEST_CASE("a closed pipe is not an error") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  ::close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  {
    OutputFile out("/dev/fd/" + std::to_string(ends[1]));
    out.write("x");
    CHECK_THROWS_AS(out.flush(), ClosedPipe);
    OutputFile dropped("/dev/fd/" + std::to_string(ends[1]));
    dropped.write("x");
  }
  std::signal(SIGPIPE, before);
  ::close(ends[1]);
}

TEST_CASE("temporaries are removed by the signal handler's function, and only they") {
  const Scratch scratch;
  {
    Temporary unfinished(scratch.path("t"));
    scratch.file("t", "half");
    Temporary renamed(scratch.path("kept"));
    scratch.file("kept", "whole");
    renamed.release();
    remove_temporaries();
    CHECK(scratch.count() == 1);
    scratch.file("t", "half");
  }
  CHECK(scratch.count() == 1);
  CHECK(scratch.content("kept") == "whole");
  CHECK(message_of([] { Temporary t(std::string(5000, 'x')); }).ends_with("too long for a file"));
}

TEST_CASE("the table of temporaries is bounded") {
  std::vector<std::unique_ptr<Temporary>> many;
  CHECK(message_of([&] {
          for (int i = 0; i < 40; ++i) many.push_back(std::make_unique<Temporary>("/nowhere/t"));
        }) == "/nowhere/t: too many output files are open at once (32)");
  CHECK(many.size() == 32);
}

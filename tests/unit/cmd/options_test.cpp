#include "options.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nearest.hpp"
#include "pnlp/base/error.hpp"

using namespace pnlp::cmd;

namespace {

enum class Colour : std::uint8_t { red, green };

struct Bound {
  bool quiet = false;
  bool smooth = true;
  int threads = 4;
  std::uint64_t seed = 7;
  double rate = 0.5;
  std::string name = "text";
  std::string colour_name = "red";
  Colour colour = Colour::green;
  std::vector<std::string> dev = {"default"};
  std::vector<std::string> channels = {"a", "b"};
  std::string path;
  std::vector<std::string> files;
};

struct Table {
  Bound bound;
  Options options{"try", "Try options.", "[OPTION]... [FILE]..."};

  Table() {
    options.section("Model");
    options.flag(bound.quiet, "quiet,q", "say nothing");
    options.flag(bound.smooth, "rough", "not smooth", false);
    options.integer(bound.threads, "threads,j", "N", "threads", 1, 64).remedy("leave it out");
    options.integer(bound.seed, "seed", "N", "seed", 0, 1000);
    options.real(bound.rate, "rate", "X", "rate", 0, 1);
    options.text(bound.name, "name,n", "NAME", "a name");
    options.choice(bound.colour, "colour", "C", "a colour",
                   {{"red", Colour::red}, {"green", Colour::green}});
    options.files(bound.dev, "dev", "files");
    options.list(bound.channels, "channels", "LIST", "channels", {"a", "b", "c"});
    options.file(bound.path, "output,o", "output");
    options
        .choice_of("preset", "P", "sets rate", {"slow", "fast"},
                   [this](const std::string& value) { bound.rate = value == "slow" ? 0.1 : 0.9; })
        .first();
    options.operands(bound.files, "FILE", "what is read");
    options.finish();
  }

  Options::Asked parse(const std::vector<std::string>& arguments) {
    return options.parse(arguments);
  }

  std::string refusal(const std::vector<std::string>& arguments) {
    try {
      options.parse(arguments);
    } catch (const pnlp::Error& error) {
      return error.what();
    }
    return "accepted";
  }
};

std::string written(const std::string& name, const std::string& content) {
  static int count = 0;
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("pnlp_options." + std::to_string(getpid()) + "." + std::to_string(++count) + name);
  std::ofstream(path) << content;
  return path.string();
}

}  // namespace

TEST_CASE("values reach what they are bound to, in every spelling") {
  Table t;
  CHECK(t.parse({"-q",         "--rough",  "--threads=3", "--seed", "12", "--rate", "1e-1",
                 "-nx",        "--colour", "red",         "--dev",  "d1", "in1",    "--dev=d2",
                 "--channels", "c,a",      "-o",          "out",    "-",  "in2"}) ==
        Options::Asked::run);
  CHECK(t.bound.quiet);
  CHECK_FALSE(t.bound.smooth);
  CHECK(t.bound.threads == 3);
  CHECK(t.bound.seed == 12);
  CHECK(t.bound.rate == 0.1);
  CHECK(t.bound.name == "x");
  CHECK(t.bound.colour == Colour::red);
  CHECK(t.bound.dev == std::vector<std::string>{"d1", "d2"});
  CHECK(t.bound.channels == std::vector<std::string>{"c", "a"});
  CHECK(t.bound.path == "out");
  CHECK(t.bound.files == std::vector<std::string>{"in1", "-", "in2"});
  CHECK(t.options.given("seed"));
  CHECK_FALSE(t.options.given("config"));
}

TEST_CASE("without arguments the defaults stand") {
  Table t;
  CHECK(t.parse({}) == Options::Asked::run);
  CHECK(t.bound.threads == 4);
  CHECK(t.bound.dev == std::vector<std::string>{"default"});
  CHECK_FALSE(t.options.given("threads"));
}

TEST_CASE("odd values are kept as they are") {
  Table t;
  t.parse({"--name=", "--dev", "[a,b]", "[c]", "--", "-x", "--", "--name"});
  CHECK(t.bound.name.empty());
  CHECK(t.bound.dev == std::vector<std::string>{"[a,b]"});
  CHECK(t.bound.files == std::vector<std::string>{"[c]", "-x", "--", "--name"});
  Table u;
  u.parse({"--name", "-q", "--name=a=b", "--channels", "none"});
  CHECK(u.bound.name == "a=b");
  CHECK_FALSE(u.bound.quiet);
  CHECK(u.bound.channels.empty());
}

TEST_CASE("the last use of an option counts") {
  Table t;
  t.parse({"--threads", "2", "--threads", "5", "-q", "-q"});
  CHECK(t.bound.threads == 5);
  CHECK(t.bound.quiet);
}

TEST_CASE("early options are overridden wherever they stand") {
  Table t;
  t.parse({"--rate", "0.3", "--preset", "slow"});
  CHECK(t.bound.rate == 0.3);
  Table u;
  u.parse({"--preset", "slow"});
  CHECK(u.bound.rate == 0.1);
}

TEST_CASE("refusals say what, why and what to do") {
  CHECK(Table().refusal({"--treads", "3"}) ==
        "unknown option '--treads'; did you mean '--threads'? (see pnlp try --help)");
  CHECK(Table().refusal({"--treads=3"}) ==
        "unknown option '--treads'; did you mean '--threads'? (see pnlp try --help)");
  CHECK(Table().refusal({"-z"}) == "unknown option '-z' (see pnlp try --help)");
  CHECK(Table().refusal({"--threads", "12abc"}) ==
        "--threads: '12abc' is not a whole number; leave it out (see pnlp try --help)");
  CHECK(Table().refusal({"--threads", "0"}) ==
        "--threads: 0 is not in the range 1 to 64; leave it out (see pnlp try --help)");
  CHECK(Table().refusal({"--seed", "-1"}) ==
        "--seed: -1 is not in the range 0 to 1000 (see pnlp try --help)");
  CHECK(Table().refusal({"--seed", "-1x"}) ==
        "--seed: '-1x' is not a whole number (see pnlp try --help)");
  CHECK(Table().refusal({"--seed", "99999999999999999999"}) ==
        "--seed: 99999999999999999999 is not in the range 0 to 1000 (see pnlp try --help)");
  CHECK(Table().refusal({"--seed", ""}) ==
        "--seed: '' is not a whole number (see pnlp try --help)");
  CHECK(Table().refusal({"--rate", "nan"}) ==
        "--rate: 'nan' is not a number (see pnlp try --help)");
  CHECK(Table().refusal({"--rate", "0,5"}) ==
        "--rate: '0,5' is not a number (see pnlp try --help)");
  CHECK(Table().refusal({"--rate", "2"}) ==
        "--rate: 2 is not in the range 0 to 1 (see pnlp try --help)");
  CHECK(Table().refusal({"--colour", "gren"}) ==
        "--colour: 'gren' is not one of red, green; did you mean 'green'? (see pnlp try --help)");
  CHECK(Table().refusal({"--channels", "a,d"}) ==
        "--channels: 'd' is neither none nor one of a, b, c (see pnlp try --help)");
  CHECK(Table().refusal({"--output="}) ==
        "--output: the name of a file cannot be empty (see pnlp try --help)");
  CHECK(Table().refusal({"--threads"}) == "option --threads needs a value (see pnlp try --help)");
  CHECK(Table().refusal({"-j"}) == "option --threads needs a value (see pnlp try --help)");
  CHECK(Table().refusal({"--quiet=maybe"}) ==
        "--quiet: 'maybe' is neither true nor false (see pnlp try --help)");
}

TEST_CASE("help and version win over mistakes") {
  CHECK(Table().parse({"--nonsense", "--help"}) == Options::Asked::help);
  CHECK(Table().parse({"-h", "--threads", "0"}) == Options::Asked::help);
  CHECK(Table().parse({"--version"}) == Options::Asked::version);
}

TEST_CASE("operands are counted") {
  std::vector<std::string> files;
  const auto refusal = [&](const std::vector<std::string>& arguments) -> std::string {
    Options options("one", "One.", "FILE");
    options.operands(files, "FILE", "it", 1, 1);
    options.finish();
    try {
      options.parse(arguments);
    } catch (const pnlp::Error& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal({}) == "a FILE must be given (see pnlp one --help)");
  CHECK(refusal({"a"}) == "accepted");
  CHECK(refusal({"a", "b"}) == "unexpected argument 'b' (see pnlp one --help)");
  Options none("none", "None.", "");
  none.finish();
  CHECK_THROWS_WITH_AS(none.parse(std::vector<std::string>{"x"}),
                       "unexpected argument 'x' (see pnlp none --help)", pnlp::Error);
}

TEST_CASE("a configuration file stands between flags and defaults") {
  const std::string json = written(
      ".json", R"({"threads": 9, "rate": 0.25, "quiet": true, "dev": ["x", "y"], "seed": 100})");
  Table t;
  t.parse({"--config", json, "--seed", "5", "--preset", "slow"});
  CHECK(t.bound.threads == 9);
  CHECK(t.bound.rate == 0.25);
  CHECK(t.bound.quiet);
  CHECK(t.bound.seed == 5);
  CHECK(t.options.find("threads")->given_in_config);
  CHECK_FALSE(t.options.find("seed")->given_in_config);
  CHECK(t.options.find("thread") == nullptr);
  CHECK(t.bound.dev == std::vector<std::string>{"x", "y"});

  const std::string lines =
      written(".conf", "# comment\n\nthreads = 9\r\ndev=x\ndev = y=z\nname =\nquiet=false");
  Table u;
  u.parse({"--config=" + lines});
  CHECK(u.bound.threads == 9);
  CHECK(u.bound.dev == std::vector<std::string>{"x", "y=z"});
  CHECK(u.bound.name.empty());
  CHECK_FALSE(u.bound.quiet);
}

TEST_CASE("a configuration file's mistakes name the file") {
  const std::string unknown = written(".json", R"({"thread": 9})");
  CHECK(Table().refusal({"--config", unknown}) ==
        unknown + ": unknown option 'thread'; did you mean 'threads'?");
  const std::string range = written(".json", R"({"threads": 0})");
  CHECK(Table().refusal({"--config", range}) ==
        range + ": --threads: 0 is not in the range 1 to 64; leave it out");
  const std::string fraction = written(".json", R"({"threads": 1.5})");
  CHECK(Table().refusal({"--config", fraction}) ==
        fraction + ": --threads: '1.5' is not a whole number; leave it out");
  const std::string object = written(".json", R"({"threads": {}})");
  CHECK(Table().refusal({"--config", object}) ==
        object + ": \"threads\" must be a string, a number, true, false, or an array of these");
  const std::string line = written(".conf", "rate=1\nrate 1\n");
  CHECK(Table().refusal({"--config", line}) == line + ":2: 'rate 1' is not of the form name=value");
  const std::string nested = written(".conf", "config=x\n");
  CHECK(Table().refusal({"--config", nested}) == nested + ": 'config' cannot be given in a file");
}

TEST_CASE("help is wrapped at 80 columns and shows defaults and choices") {
  const Table t;
  const std::string help = help_text(t.options);
  std::size_t begin = 0;
  while (begin < help.size()) {
    const std::size_t end = help.find('\n', begin);
    CHECK(end - begin <= 80);
    begin = end + 1;
  }
  CHECK(help.starts_with("Usage: pnlp try [OPTION]... [FILE]...\n\nTry options.\n"));
  CHECK(help.find("\nModel:\n") != std::string::npos);
  CHECK(help.find("  -j, --threads N           threads [4]\n") != std::string::npos);
  CHECK(help.find("a colour: red, green [green]\n") != std::string::npos);
  CHECK(help.find("channels [a,b]\n") != std::string::npos);
}

TEST_CASE("a name declared twice is a fault of ours") {
  Options options("x", "X.", "");
  bool flag = false;
  options.flag(flag, "quiet,q", "a");
  CHECK_THROWS_AS(options.flag(flag, "quick,q", "b"), pnlp::Error);
}

TEST_CASE("edit distance") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ab", "ba") == 1);
  const std::vector<std::string> known = {"hidden", "hashes", "output"};
  CHECK(nearest("hiden", known) == "hidden");
  CHECK(nearest("out", known) == "output");
  CHECK(nearest("zzzz", known).empty());
}

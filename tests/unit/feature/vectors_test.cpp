#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <string>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/projection_kinds.hpp"
#include "pnlp/feature/static_vectors.hpp"
#include "pnlp/feature/vectors_file.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/zstd.hpp"

using namespace pnlp;

namespace {

using Parts = std::vector<int>;

Parts parts(const StaticVectors& vectors, std::string_view word) {
  const std::int8_t* found = vectors.find(word);
  if (found == nullptr) return {};
  return {found, found + vectors.dimensions()};
}

std::string complaint(const std::string& bytes) {
  try {
    parse_vectors(bytes, "v.txt");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.what();
  }
  return "accepted";
}

std::string binary_row(std::string_view word, const std::vector<float>& numbers) {
  ByteWriter out;
  out.raw(word);
  out.u8(' ');
  for (const float number : numbers) out.f32(number);
  return out.take();
}

ProjectionSpec spec_of(const std::string& text) {
  ProjectionSpec spec;
  spec.kind = "vectors";
  spec.vectors = parse_vectors(text, "v.txt");
  spec.hashes = spec.vectors->dimensions();
  spec.channels.clear();
  return spec;
}

// 256ths of the first channel.
Parts project(const ProjectionSpec& spec, std::string_view word,
              const std::vector<ProjectionUnit>& units) {
  std::vector<std::uint16_t> values(spec.hashes);
  make_projection(spec)->project(word, units, values);
  Parts out;
  for (const std::uint16_t value : values) out.push_back(static_cast<std::int16_t>(value));
  return out;
}

// Root mean squares 5, 1 and 0.
const std::string kText = "wake 1 -1 0\nme 7 1 0\n";

}  // namespace

TEST_CASE("vectors are divided by the root mean square of each dimension and rounded, by hand") {
  const auto vectors = parse_vectors(kText, "v.txt");
  CHECK(vectors->dimensions() == 3);
  CHECK(vectors->words() == 2);
  CHECK(parts(*vectors, "wake") == Parts{6, -32, 0});  // 6.4, -32
  CHECK(parts(*vectors, "me") == Parts{45, 32, 0});    // 44.8
  CHECK(vectors->find("Wake") == nullptr);
  // 100 times 0 and 10: the root mean square is 0.995; 10 is cut to 127 / 32. Halves go to even.
  std::string text = "far 10\n";
  for (int i = 0; i < 100; ++i) text += "w" + std::to_string(i) + " 0\n";
  CHECK(parts(*parse_vectors(text, "v.txt"), "far") == Parts{127});
  CHECK(parts(*parse_vectors("a 1 5\nb 63 -13\n", "v.txt"), "a") == Parts{1, 16});
}

TEST_CASE("the forms of a file say the same") {
  const std::uint64_t digest = parse_vectors(kText, "v.txt")->digest();
  const auto same = [&](const std::string& bytes) {
    const auto vectors = parse_vectors(bytes, "v.txt");
    CHECK(vectors->digest() == digest);
    CHECK(vectors->words() == 2);
  };
  same("2 3\n" + kText);                 // word2vec, fastText
  same("2 3\nwake 1 -1 0 \nme 7 1 0 ");  // a blank behind each row, no last line feed
  same("wake\t1.0\t-1e0\t0\r\nme 70e-1 1 -0\r\n\r\n");
  for (const char* end : {"", "\n"}) {
    same("2 3\n" + binary_row("wake", {1, -1, 0}) + end + binary_row("me", {7, 1, 0}) + end);
  }
  // Numbers whose bytes hold no control character, but are not UTF-8.
  const auto odd = std::bit_cast<float>(0xbdbdbdbdU);
  CHECK(parts(*parse_vectors("1 3\n" + binary_row("a", {odd, odd, odd}), "v.txt"), "a") ==
        Parts{-32, -32, -32});
  CHECK(parse_vectors("wake 1 -1 0\nme 7 1 1\n", "v.txt")->digest() != digest);
  CHECK(parse_vectors("wake 1 -1 0\nma 7 1 0\n", "v.txt")->digest() != digest);
}

TEST_CASE("what is wrong with a text file is told with its line") {
  CHECK(complaint("") == "v.txt: not one vector is in this file");
  CHECK(complaint("\n\n") == "v.txt: not one vector is in this file");
  CHECK(complaint("a 1 2\nb 1\n") ==
        "v.txt:2: 1 numbers for \"b\" instead of 2; a word may hold no blank");
  CHECK(
      complaint("2 2\na 1 2\nb 1 2 3\n").starts_with("v.txt:3: 3 numbers for \"b\" instead of 2"));
  CHECK(complaint("a\n").starts_with("v.txt:1: 0 numbers for \"a\" instead of some"));
  CHECK(complaint("a 1 nan\n") ==
        "v.txt:1: number 2 of \"a\" is \"nan\", which is no finite number");
  CHECK(complaint("2 1\na 1\nb inf\n").starts_with("v.txt:3: number 1 of \"b\" is \"inf\""));
  CHECK(complaint("a 1e99\n").starts_with("v.txt:1: number 1 of \"a\" is \"1e99\""));
  CHECK(complaint("a 1\nb one\n").starts_with("v.txt:2: number 1 of \"b\" is \"one\""));
  CHECK(complaint("a 1\nb 2\na 3\n") == "v.txt:3: the word \"a\" stands in line 1 already");
  CHECK(complaint("3 1\na 1\nb 2\n") ==
        "v.txt:1: 3 vectors are promised and 2 are there; the file is cut or joined");
  CHECK(complaint("1 1\na 1\nb 2\n").starts_with("v.txt:1: 1 vectors are promised and 2"));
  CHECK(complaint("1 4097\na 1\n") == "v.txt:1: vectors of 4097 numbers; there may be 1 to 4096");
  CHECK(complaint("1 0\n").starts_with("v.txt:1: vectors of 0 numbers"));
  std::string wide = "a";
  for (int i = 0; i < 4097; ++i) wide += " 1";
  CHECK(complaint(wide) == "v.txt:1: more than 4096 numbers for \"a\"");
  // A text file cut within a row, or behind one.
  const std::string good = "2 3\n" + kText;
  for (std::size_t size = 0; size + 3 < good.size(); ++size) {
    CHECK(complaint(good.substr(0, size)) != "accepted");
  }
}

TEST_CASE("what is wrong with a binary file is told with its record") {
  const std::string a = binary_row("a", {1, 2, 3});
  const std::string head = "2 3\n" + a;
  CHECK(complaint(head + binary_row("a", {1, 2, 3})) ==
        "v.txt: record 2: the word \"a\" stands in record 1 already");
  CHECK(complaint(head + binary_row("b", {1, std::numeric_limits<float>::quiet_NaN(), 3})) ==
        "v.txt: record 2: number 2 of \"b\" is nan, which is no finite number");
  CHECK(complaint(head + binary_row("b", {1, 2, -std::numeric_limits<float>::infinity()}))
            .starts_with("v.txt: record 2: number 3 of \"b\" is -inf"));
  CHECK(complaint(head) == "v.txt: record 2: the file is cut; 2 vectors of 3 numbers are promised");
  const std::string good = head + binary_row("b", {1, 2, 3});
  CHECK(complaint(good) == "accepted");
  for (std::size_t size = 4; size < good.size(); ++size) {
    CHECK(complaint(good.substr(0, size)) != "accepted");
  }
  CHECK(complaint(good + "\nc") == "v.txt: 2 bytes follow the 2 vectors that are promised");
}

TEST_CASE("vectors survive their bytes, and nothing but their bytes") {
  const auto vectors = parse_vectors(kText, "v.txt");
  const StaticVectors again(vectors->bytes());
  CHECK(again.digest() == vectors->digest());
  CHECK(again.bytes() == vectors->bytes());
  CHECK(parts(again, "me") == parts(*vectors, "me"));
  const auto refused = [](const std::string& content) {
    try {
      const StaticVectors made(compress(content));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::data);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string content("\2\2\1a\1b\1\2\3\4", 10);
  CHECK(refused(content) == "accepted");
  for (std::size_t size = 0; size < content.size(); ++size) {
    CHECK(refused(content.substr(0, size)) != "accepted");
  }
  CHECK(refused(content + "x") != "accepted");
  CHECK(refused(std::string("\2\2\1a\1a\1\2\3\4", 10)) == "the word \"a\" has two vectors");
  CHECK(refused(std::string("\0\1\1a", 4)) == "vectors without numbers");
  CHECK(refused(std::string("\x81\x20\1\1a", 5)) != "accepted");  // 4097 dimensions
  CHECK_THROWS_AS(StaticVectors(std::string("not zstd")), Error);
}

TEST_CASE("a word gets the mean of its units' vectors, in 256ths") {
  const ProjectionSpec spec = spec_of(kText);
  const Parts wake = {8 * 6, -8 * 32, 0};
  CHECK(project(spec, "wake", {{.text = "wake"}}) == wake);
  CHECK(project(spec, "wake", {}) == wake);  // no units: the word
  CHECK(project(spec, "any", {{.text = "wake"}, {.text = ""}}) == wake);
  CHECK(project(spec, "any", {{.text = "wake"}, {.text = "me"}}) == Parts{4 * 51, 0, 0});
  CHECK(project(spec, "any", {{.text = "wake"}, {.text = "not"}}) == Parts{4 * 6, -4 * 32, 0});
  // 8 * 6 / 3 is whole, 8 * 32 / 3 is 85.3; of seven units 6.86 and 36.57: rounded.
  CHECK(project(spec, "any", {{.text = "wake"}, {.text = "x"}, {.text = "y"}}) ==
        Parts{16, -85, 0});
  std::vector<ProjectionUnit> seven(7, {.text = "x"});
  seven[3].text = "wake";
  CHECK(project(spec, "any", seven) == Parts{7, -37, 0});
  CHECK(project(spec, "any", {{.text = "not"}}) == Parts{0, 0, 0});
  CHECK(project(spec, "any", {}) == Parts{0, 0, 0});
  CHECK(project(spec, "Wake", {{.text = "Wake"}}) == Parts{0, 0, 0});
  ProjectionSpec lower = spec;
  lower.lowercase = true;
  CHECK(project(lower, "Wake", {{.text = "Wake"}}) == wake);
}

TEST_CASE("units are looked up with the mark of their vocabulary, then without") {
  // All numbers are 1 or -1, so the root mean square is 1.
  const ProjectionSpec spec = spec_of(
      "ing 1 1\n##ing 1 -1\n\xe2\x96\x81wake -1 1\nwake -1 -1\nup 1 1\n\xe2\x96\x81 -1 1\n");
  const auto signs = [&](std::string_view text, bool continuation) {
    Parts out = project(spec, "", {{.text = text, .continuation = continuation}});
    for (int& part : out) part /= 256;
    return out;
  };
  CHECK(signs("ing", false) == Parts{1, 1});
  CHECK(signs("ing", true) == Parts{1, -1});
  CHECK(signs("wake", false) == Parts{-1, 1});
  CHECK(signs("wake", true) == Parts{-1, -1});
  CHECK(signs("up", false) == Parts{1, 1});
  CHECK(signs("\xe2\x96\x81up\xe2\x96\x81", false) == Parts{1, 1});  // a unit of chars
  CHECK(signs("\xe2\x96\x81wake\xe2\x96\x81", false) == Parts{-1, 1});
  CHECK(signs("\xe2\x96\x81", false) == Parts{-1, 1});
}

TEST_CASE("a spec carries its vectors; files of other kinds are as they were") {
  const ProjectionSpec spec = spec_of(kText);
  const std::string bytes = encode_spec(spec);
  const ProjectionSpec back = decode_spec(bytes);
  CHECK(back == spec);
  CHECK(encode_spec(back) == bytes);
  CHECK(project(back, "me", {}) == project(spec, "me", {}));
  CHECK(back != spec_of("wake 1 -1 0\nme 7 1 1\n"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(decode_spec(std::string_view(bytes).substr(0, size)), Error);
  }
  CHECK(projection_channels(spec) == std::vector<Channel>{{"vectors", 3, true}});

  ProjectionSpec wrong = spec;
  wrong.hashes = 4;
  CHECK_THROWS_WITH(make_projection(wrong), "projection: 4 numbers of vectors that have 3");
  CHECK_THROWS_WITH(decode_spec(encode_spec(wrong)),
                    "projection: 4 numbers of vectors that have 3");
  wrong.vectors.reset();
  CHECK_THROWS_WITH(make_projection(wrong), "the projection vectors needs vectors");
  CHECK_THROWS_AS(decode_spec(encode_spec(wrong)), Error);
  wrong = spec;
  wrong.kind = "simhash";
  CHECK_THROWS_WITH(make_projection(wrong), "the projection simhash takes no vectors");
  CHECK_THROWS_AS(decode_spec(encode_spec(wrong)), Error);
  // What a later version may append is not looked at before the kind is known.
  wrong.kind = "oracle";
  CHECK_THROWS_WITH(decode_spec(encode_spec(wrong)),
                    "unknown projection \"oracle\"; this version knows minhash, simhash, ternary, "
                    "binary, vectors");
}

TEST_CASE("sources of different vectors are told apart, equal ones are one") {
  FeatureSource a;
  a.projection = spec_of(kText);
  FeatureSource b = a;
  b.projection = spec_of("2 3\n" + kText);
  CHECK(a == b);
  CHECK(a.difference(b).empty());
  CHECK(a.digest() == b.digest());
  b.projection = spec_of("wake 1 -1 0\nme 7 1 0\nup 1 1 1\n");
  CHECK(a.difference(b).starts_with("vectors "));
  CHECK(a.difference(b).find(" of 2 words against ") != std::string::npos);
  CHECK(a.digest() != b.digest());
  CHECK(decode_source(encode_source(a, true)) == a);
}

#include "pnlp/feature/projection.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "pnlp/base/error.hpp"

using namespace pnlp;

namespace {

std::string message(const std::function<void()>& action, ErrorKind kind) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("channels of the default projection") {
  const auto projection = make_projection({});
  CHECK(projection->channels() == std::vector<Channel>{{"minhash", 64},
                                                       {"word", 1},
                                                       {"folded", 1},
                                                       {"prefix", 4},
                                                       {"suffix", 4},
                                                       {"shape", 1},
                                                       {"length", 1}});
  CHECK(projection->width() == 76);
}

TEST_CASE("minhash values stand first, then the word channels") {
  ProjectionSpec spec;
  spec.hashes = 3;
  spec.channels = {"length"};
  const auto projection = make_projection(spec);
  std::vector<std::uint16_t> a(4);
  std::vector<std::uint16_t> b(4);
  const ProjectionUnit unit{.text = "wake"};
  projection->project("wake", {&unit, 1}, a);
  projection->project("woke", {&unit, 1}, b);
  CHECK(a == b);  // same units, same length
  projection->project("wakes", {&unit, 1}, b);
  CHECK(a != b);
  b[3] = a[3];
  CHECK(a == b);
}

TEST_CASE("a spec that makes no sense is refused, with what is known") {
  const auto refused = [](auto change) {
    ProjectionSpec spec;
    change(spec);
    const std::string bytes = encode_spec(spec);
    const std::string use = message([&] { make_projection(spec); }, ErrorKind::usage);
    CHECK(use == message([&] { decode_spec(bytes); }, ErrorKind::data));
    return use;
  };
  CHECK(refused([](ProjectionSpec& s) { s.kind = "samhash"; }) ==
        "unknown projection \"samhash\"; this version knows minhash, simhash, ternary, binary, "
        "vectors");
  CHECK(refused([](ProjectionSpec& s) { s.hashes = 0; }) ==
        "projection: the number of hashes is 0; it must be 1 to 4096");
  CHECK(refused([](ProjectionSpec& s) { s.hashes = 4097; }) ==
        "projection: the number of hashes is 4097; it must be 1 to 4096");
  CHECK(refused([](ProjectionSpec& s) { s.ngram = 17; }) ==
        "projection: the n-gram length is 17; it must be 1 to 16");
  CHECK(refused([](ProjectionSpec& s) { s.channels = {"words"}; }) ==
        "unknown word channel \"words\"; known are word, lower, folded, prefix, suffix, shape and "
        "length");
  CHECK(refused([](ProjectionSpec& s) {
          s.channels = {"word", "word"};
        }) == "word channel \"word\" is named twice");
}

TEST_CASE("a spec survives its bytes, and nothing but its bytes") {
  ProjectionSpec spec;
  spec.hashes = 17;
  spec.ngram = 4;
  spec.lowercase = true;
  spec.channels = {"suffix", "word"};
  spec.seed = 0x0123456789abcdef;
  const std::string bytes = encode_spec(spec);
  CHECK(bytes == std::string("\7minhash\x11\0\0\0\4\0\0\0\1\xef\xcd\xab\x89\x67\x45\x23\1\2\6suffix"
                             "\4word",
                             38));
  CHECK(decode_spec(bytes) == spec);
  CHECK(decode_spec(encode_spec({})) == ProjectionSpec());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(decode_spec(std::string_view(bytes).substr(0, size)), Error);
  }
  CHECK_THROWS_AS(decode_spec(bytes + "x"), Error);
  std::string flagged = bytes;
  flagged[16] = 2;
  CHECK(message([&] { decode_spec(flagged); }, ErrorKind::data) ==
        "projection: lowercase is 2; it must be 0 or 1");
}

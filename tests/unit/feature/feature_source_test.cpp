#include <doctest/doctest.h>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/feature_record.hpp"

using namespace pnlp;

namespace {

FeatureSource example() {
  FeatureSource source;
  source.tokenizer_kind = "wordpiece";
  source.tokenizer_digest = 0xabcdef;
  source.tokenizer_bytes = "[UNK]\nwake\n##ing\n";
  return source;
}

}  // namespace

TEST_CASE("a source survives its bytes") {
  const FeatureSource source = example();
  const std::string bytes = encode_source(source, true);
  CHECK(decode_source(bytes) == source);
  CHECK(decode_source(encode_source(source, true, 3)) == source);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(decode_source(std::string_view(bytes).substr(0, size)), Error);
  }
  CHECK_THROWS_AS(decode_source(bytes + "x"), Error);

  FeatureSource known = decode_source(encode_source(source, false));
  CHECK_FALSE(known.has_tokenizer);
  CHECK(known.tokenizer_bytes.empty());
  CHECK(known.difference(source).empty());
  // Not known here: cannot be carried.
  CHECK(decode_source(encode_source(known, true)) == known);

  FeatureSource chars = example();
  chars.tokenizer_kind = "chars";
  chars.tokenizer_bytes = {};
  CHECK(decode_source(encode_source(chars, false)) == chars);
}

TEST_CASE("hostile sources are refused") {
  FeatureSource source = example();
  source.has_tokenizer = false;
  std::string bytes = encode_source(source, false);
  bytes.back() = 2;
  CHECK_THROWS_WITH(decode_source(bytes), "the tokenizer's presence is 2; it must be 0 or 1");
  source.tokenizer_kind.assign(65, 'x');
  CHECK_THROWS_WITH(decode_source(encode_source(source, false)),
                    "the name of a kind of tokenizer has 65 bytes");
}

TEST_CASE("the difference is named") {
  const FeatureSource source = example();
  const auto difference = [&](auto change) {
    FeatureSource other = example();
    change(other);
    CHECK(other.digest() != source.digest());
    return source.difference(other);
  };
  CHECK(source.difference(example()).empty());
  CHECK(source.digest() == example().digest());
  CHECK(difference([](FeatureSource& s) { s.projection.kind = "tsp"; }) ==
        "projection minhash against tsp");
  CHECK(difference([](FeatureSource& s) { s.projection.hashes = 32; }) == "64 hashes against 32");
  CHECK(difference([](FeatureSource& s) { s.projection.ngram = 2; }) ==
        "n-grams of 3 characters against 2");
  CHECK(difference([](FeatureSource& s) { s.projection.lowercase = true; }) ==
        "units hashed as written against lower-cased");
  CHECK(difference([](FeatureSource& s) {
          s.projection.channels = {"word", "shape"};
        }) == "word channels [word, folded, prefix, suffix, shape, length] against [word, shape]");
  CHECK(difference([](FeatureSource& s) { s.projection.seed = 5; }) ==
        "hash seed 1886284912 against 5");
  CHECK(difference([](FeatureSource& s) {
          s.tokenizer_kind.clear();
          s.tokenizer_digest = 1;
        }) == "tokenizer wordpiece 0000000000abcdef against 0000000000000001");
}

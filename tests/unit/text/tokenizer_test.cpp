#include "pnlp/text/tokenizer.hpp"

#include <doctest/doctest.h>

#include "pnlp/base/error.hpp"

using namespace pnlp;

TEST_CASE("chars: a word is one unit between boundary marks") {
  const auto tokenizer = open_tokenizer("chars");
  CHECK(tokenizer->kind() == "chars");
  CHECK(tokenizer->context_free());
  Tokens tokens;
  tokenizer->tokenize(" wake  me!", tokens);
  REQUIRE(tokens.words.size() == 3);
  CHECK(tokens.words[1] == ByteRange{7, 9});
  CHECK(tokens.unit_offsets == std::vector<std::uint32_t>{0, 1, 2, 3});
  REQUIRE(tokens.units.size() == 3);
  CHECK(tokens.units[0].text == "▁wake▁");
  CHECK(tokens.units[0].piece == "▁wake▁");
  CHECK(tokens.units[0].bytes == ByteRange{1, 5});
  CHECK(tokens.units[0].id == Unit::kNoId);
  CHECK_FALSE(tokens.units[0].continuation);
  CHECK(tokens.units[2].text == "▁!▁");

  std::vector<std::string> pieces;
  tokenizer->clone()->pieces("wake me", pieces);
  CHECK(pieces == std::vector<std::string>{"▁wake▁", "▁me▁"});
}

TEST_CASE("given words are taken as they are") {
  const auto tokenizer = open_tokenizer("chars");
  Tokens tokens;
  const std::vector<ByteRange> words = {{0, 2}, {2, 2}, {3, 7}};
  tokenizer->tokenize("ab cd ef", words, tokens);
  CHECK(tokens.words == words);
  REQUIRE(tokens.units.size() == 3);
  CHECK(tokens.units[1].text == "▁▁");
  CHECK(tokens.units[2].text == "▁cd e▁");

  const std::vector<ByteRange> backward = {{2, 4}, {0, 1}};
  CHECK_THROWS_AS(tokenizer->tokenize("abcdef", backward, tokens), Error);
  const std::vector<ByteRange> outside = {{0, 9}};
  CHECK_THROWS_AS(tokenizer->tokenize("abcdef", outside, tokens), Error);
}

TEST_CASE("an unknown kind of tokenizer is refused with the known ones") {
  CHECK_THROWS_WITH_AS(
      open_tokenizer("sentencepiece:x"),
      "unknown tokenizer 'sentencepiece:x'; give chars, spm:FILE (a SentencePiece model), "
      "wordpiece:FILE or wordpiece-uncased:FILE (a BERT vocabulary)",
      Error);
  CHECK_THROWS_AS(open_tokenizer(""), Error);
  CHECK_THROWS_AS(tokenizer_from_bytes("words", ""), Error);
  CHECK_THROWS_AS(tokenizer_from_bytes("chars", "x"), Error);
}

TEST_CASE("equal tokenizers have equal digests") {
  CHECK(open_tokenizer("chars")->digest() == tokenizer_from_bytes("chars", "")->digest());
}

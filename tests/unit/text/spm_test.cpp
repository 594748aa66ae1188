#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/text/spm_check.hpp"
#include "pnlp/text/tokenizer.hpp"

using namespace pnlp;

namespace {

using Strings = std::vector<std::string>;

std::vector<std::string> kitchen() {
  std::vector<std::string> lines;
  std::string text = read_file(PNLP_TESTDATA "/tokenizer/kitchen.txt");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string learned(const LearnOptions& options) {
  return learn_sentencepiece(kitchen(), options);
}

const std::string& unigram() {
  static const std::string model = learned({.vocabulary = 150});
  return model;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A length-delimited field of a protocol buffer.
std::string field(std::uint64_t number, std::string_view bytes) {
  ByteWriter writer;
  writer.varint(number << 3 | 2);
  writer.string(bytes);
  return writer.take();
}

std::string piece(std::string_view text, std::uint64_t type, float score = -1) {
  ByteWriter writer;
  writer.raw(field(1, text));
  writer.u8(2 << 3 | 5);
  writer.f32(score);
  writer.u8(3 << 3 | 0);
  writer.varint(type);
  return field(1, writer.bytes());
}

constexpr std::uint64_t kNormal = 1;
constexpr std::uint64_t kUnknown = 2;
constexpr std::uint64_t kUserDefined = 4;

// Trie units of darts-clone.
std::uint32_t unit(std::uint32_t label, std::uint32_t offset, bool leaf) {
  return offset << 10 | (leaf ? 1U << 8 : 0U) | label;
}

constexpr std::uint32_t kA = 128 ^ 'a';  // index of the root's child
// Matches no character.
constexpr std::uint32_t kNoUnit = 0x80000000U;

// A table with one key "a" whose replacement is at `value`: 256 units, the root's children from
// 128.
std::string table(std::string_view replacements, std::uint32_t value,
                  const std::function<void(std::vector<std::uint32_t>&)>& spoil = {}) {
  std::vector<std::uint32_t> units(256, kNoUnit);
  units[0] = unit(0, 128, false);
  units[kA] = unit('a', kA ^ 1, true);  // its children are from 1: the value
  units[1] = 0x80000000U | value;
  if (spoil) spoil(units);
  ByteWriter writer;
  writer.u32(static_cast<std::uint32_t>(units.size() * 4));
  for (const std::uint32_t bits : units) writer.u32(bits);
  writer.raw(replacements);
  return writer.take();
}

}  // namespace

TEST_CASE("spm: units with their bytes") {
  const auto tokenizer = tokenizer_from_bytes("spm", unigram());
  CHECK(tokenizer->kind() == "spm");
  CHECK_FALSE(tokenizer->context_free());
  const std::string text = "  wake  me, Anna's";
  Tokens tokens;
  tokenizer->tokenize(text, tokens);
  REQUIRE(tokens.words.size() == 5);  // wake me , Anna 's
  REQUIRE(tokens.unit_offsets.size() == 6);
  for (std::size_t word = 0; word < tokens.words.size(); ++word) {
    const ByteRange bytes = tokens.words[word];
    REQUIRE(tokens.unit_offsets[word] < tokens.unit_offsets[word + 1]);
    const Unit& first = tokens.units[tokens.unit_offsets[word]];
    CHECK(first.bytes.begin == bytes.begin);
    CHECK_FALSE(first.continuation);
    std::string whole;
    for (std::uint32_t i = tokens.unit_offsets[word]; i < tokens.unit_offsets[word + 1]; ++i) {
      whole += tokens.units[i].text;
      CHECK(text.substr(tokens.units[i].bytes.begin,
                        tokens.units[i].bytes.end - tokens.units[i].bytes.begin) ==
            tokens.units[i].text);
      CHECK(tokens.units[i].continuation == (i > tokens.unit_offsets[word]));
    }
    CHECK(whole.starts_with(text.substr(bytes.begin, bytes.end - bytes.begin)));
  }
  CHECK(tokens.units[0].piece.starts_with("▁"));
}

TEST_CASE("spm: what the model does not know has no id and keeps its text") {
  const auto tokenizer = tokenizer_from_bytes("spm", unigram());
  Tokens tokens;
  tokenizer->tokenize("wake 😀", tokens);
  const Unit& last = tokens.units.back();
  CHECK(last.text == "😀");
  CHECK(last.id == Unit::kNoId);
  CHECK(last.bytes == ByteRange{5, 9});
  CHECK(tokens.units.front().id != Unit::kNoId);
}

TEST_CASE("spm: a unit over two words stands with both, and every word has a unit") {
  const auto tokenizer = tokenizer_from_bytes("spm", learned({.type = "bpe", .vocabulary = 150}));
  Strings pieces;
  tokenizer->pieces("the", pieces);
  REQUIRE(pieces == Strings{"▁the"});
  Tokens tokens;
  const std::vector<ByteRange> words = {{0, 1}, {1, 1}, {1, 3}};
  tokenizer->tokenize("the", words, tokens);
  CHECK(tokens.unit_offsets == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(tokens.units[0].text == "the");
  CHECK(tokens.units[1].text.empty());
  CHECK(tokens.units[2].text == "the");
  CHECK(tokens.units[2].continuation);
  // A text of the mark itself is white space to SentencePiece.
  tokenizer->tokenize("▁", tokens);
  REQUIRE(tokens.units.size() == 1);
  CHECK(tokens.units[0].text == "▁");
  CHECK(tokens.units[0].id == Unit::kNoId);
}

TEST_CASE("spm: a character that normalisation makes longer belongs to each of its pieces") {
  const auto tokenizer = tokenizer_from_bytes("spm", unigram());
  Tokens tokens;
  tokenizer->tokenize("№", tokens);  // NFKC: No
  REQUIRE(tokens.words.size() == 1);
  std::string whole;
  for (const Unit& each : tokens.units) {
    whole += each.text;
    CHECK(each.bytes == ByteRange{0, 3});
  }
  CHECK(whole == "No");
}

TEST_CASE("spm: units of a text do not depend on who found its words") {
  const auto tokenizer = tokenizer_from_bytes("spm", unigram());
  Tokens found;
  Tokens given;
  for (const std::string& line : kitchen()) {
    tokenizer->tokenize(line, found);
    Strings units;
    for (const Unit& each : found.units) units.emplace_back(each.piece);
    const std::vector<ByteRange> words = found.words;
    tokenizer->clone()->tokenize(line, words, given);
    REQUIRE(given.units.size() == units.size());
  }
}

TEST_CASE("learning is deterministic and gives models of both types") {
  CHECK(learned({.vocabulary = 150}) == unigram());
  const std::string bpe = learned({.type = "bpe", .vocabulary = 150});
  CHECK(bpe == learned({.type = "bpe", .vocabulary = 150}));
  CHECK(bpe != unigram());
  const auto tokenizer = tokenizer_from_bytes("spm", bpe);
  Strings pieces;
  tokenizer->pieces("the light", pieces);
  CHECK(pieces.front() == "▁the");
  CHECK(tokenizer->bytes() == bpe);
  CHECK(tokenizer->digest() != tokenizer_from_bytes("spm", unigram())->digest());
}

TEST_CASE("learning from a sample depends on the seed only") {
  const LearnOptions first = {.vocabulary = 80, .max_sentences = 20, .seed = 1};
  const LearnOptions second = {.vocabulary = 80, .max_sentences = 20, .seed = 2};
  CHECK(learned(first) == learned(first));
  CHECK(learned(first) != learned(second));
}

TEST_CASE("learning says what size is possible") {
  for (const char* type : {"unigram", "bpe"}) {
    const std::string message = message_of([&] { learned({.type = type, .vocabulary = 100000}); });
    const std::string before =
        "too little text for a vocabulary of 100000 pieces: it gives at most ";
    REQUIRE_MESSAGE(message.starts_with(before), message);
    const auto size = static_cast<std::uint32_t>(std::stoul(message.substr(before.size())));
    CHECK_NOTHROW(learned({.type = type, .vocabulary = size}));
    CHECK_THROWS_AS(learned({.type = type, .vocabulary = size + 1}), Error);
  }
  CHECK(message_of([&] {
          learned({.vocabulary = 10});
        }).starts_with("a vocabulary of 10 pieces has no room for the "));
}

TEST_CASE("learning refuses what the trainer would die of") {
  const auto refused = [](const std::vector<std::string>& sentences, const LearnOptions& options) {
    return message_of([&] { learn_sentencepiece(sentences, options); });
  };
  CHECK(refused({}, {}) == "none of 0 sentences has a letter, digit or mark to learn from");
  CHECK(refused({"", " ", "\u200b\ufeff", "▁"}, {}) ==
        "none of 4 sentences has a letter, digit or mark to learn from");
  CHECK(refused({"a"}, {.type = "word"}) ==
        "unknown type of SentencePiece model 'word'; give unigram or bpe");
  CHECK(refused({"a"}, {.coverage = 0.5}) == "coverage 0.5 is outside 0.98 to 1");
  CHECK(refused({"a"}, {.vocabulary = 0}).starts_with("a vocabulary of 0 pieces"));
  CHECK(refused({"a"}, {.vocabulary = 100}).starts_with("too little text"));
  CHECK(refused({"a", "b"}, {.type = "bpe", .vocabulary = 100}).starts_with("too little text"));
}

TEST_CASE("spm: models cut or changed are refused or harmless") {
  const std::string& model = unigram();
  CHECK_THROWS_AS(tokenizer_from_bytes("spm", ""), Error);
  CHECK_THROWS_AS(tokenizer_from_bytes("spm", "wake\nme\n"), Error);
  Random random(11);
  const auto try_model = [](std::string bytes) {
    try {
      const auto tokenizer = tokenizer_from_bytes("spm", std::move(bytes));
      Tokens tokens;
      tokenizer->tokenize("wake me № \u0301 ﬁ明", tokens);
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  CHECK(try_model(model));
  for (int i = 0; i < 60; ++i) {
    try_model(model.substr(0, random.below(model.size())));
    std::string flipped = model;
    for (int flips = 0; flips < 3; ++flips) {
      flipped[random.below(flipped.size())] ^= static_cast<char>(1U << random.below(8));
    }
    try_model(flipped);
  }
}

TEST_CASE("spm: pieces that the library would choke on are refused") {
  const std::string base = piece("<unk>", kUnknown) + piece("▁a", kNormal);
  CHECK_NOTHROW(tokenizer_from_bytes("spm", base));
  const auto refused = [&](const std::string& more) {
    return message_of([&] { tokenizer_from_bytes("spm", base + more); });
  };
  CHECK(refused(piece(std::string("b\0c", 3), kNormal)) ==
        "vocabulary: piece 2 of this SentencePiece model has a zero byte inside");
  CHECK(refused(piece("\xff", kNormal)) ==
        "vocabulary: piece 2 of this SentencePiece model is not UTF-8");
  CHECK(refused(piece(std::string(5000, 'x'), kNormal)) ==
        "vocabulary: piece 2 of this SentencePiece model has 5000 bytes; at most 4096 are read");
  CHECK(refused(piece("b", kNormal, std::numeric_limits<float>::quiet_NaN())) ==
        "vocabulary: piece 2 of this SentencePiece model has a score that is no number");
  std::string nested;
  for (std::size_t size = 1; size <= 65; ++size)
    nested += piece(std::string(size, 'x'), kUserDefined);
  CHECK(refused(nested) ==
        "vocabulary: more than 64 user-defined symbols of this SentencePiece model begin alike");
  CHECK(refused(piece("▁a", kNormal)).find("already defined") != std::string::npos);
  CHECK(refused("\x0b") ==
        "vocabulary: not a SentencePiece model; give one that spm_train or pnlp tokenize --learn "
        "has made");
  CHECK(message_of([&] { tokenizer_from_bytes("spm", field(2, "")); }) ==
        "vocabulary: not a SentencePiece model: it has no pieces");
  CHECK(message_of([&] {
          tokenizer_from_bytes("spm", piece("a", kNormal));
        }).find("unk is not defined") != std::string::npos);
}

TEST_CASE("spm: normalisation tables are followed to every end") {
  using Units = std::vector<std::uint32_t>;
  const std::string replacements("\0bc\0", 4);
  CHECK(check_charsmap(table(replacements, 1), "m") == 2);
  const auto refused = [&](const std::string& bytes) {
    return message_of([&] { check_charsmap(bytes, "m"); });
  };
  const std::string broken = "m: the normalisation table of this SentencePiece model is broken: ";
  CHECK(refused("").starts_with("m: the normalisation table of this SentencePiece model is cut"));
  CHECK(refused(table(replacements, 1).substr(0, 500)).find("is cut") != std::string::npos);
  CHECK(refused(std::string("\0\0\0\0\0", 5)) == broken + "it has no trie; take a fresh copy");
  CHECK(refused(table(replacements, 4)).starts_with(broken + "a replacement is outside it"));
  CHECK(refused(table("bc", 0)).starts_with(broken + "a replacement has no end"));
  CHECK(refused(table(std::string("\xff\0", 2), 0))
            .starts_with(broken + "a replacement is not UTF-8"));
  CHECK(refused(table(std::string(5000, 'x') + '\0', 0))
            .starts_with(broken + "a replacement is too long"));
  CHECK(refused(table(replacements, 1, [](Units& units) {
          units[kA] = unit('a', 256, true);
        })).starts_with(broken + "its trie points outside itself"));
  CHECK(refused(table(replacements, 1, [](Units& units) {
          units[kA] = unit('a', kA ^ 128, false);
        })).starts_with(broken + "its trie has a circle"));
  // A zero byte of a text is looked up like any other.
  CHECK(refused(table(replacements, 1, [](Units& units) {
          units[0] = unit(0, 1024, false);
        })).starts_with(broken + "its trie points outside itself"));
  CHECK(refused(table(replacements, 1, [](Units& units) {
          units[0] = unit(0, 32, false);
          units[32] = unit(0, 0, false);
        })).starts_with(broken + "its trie has a circle"));
  // 33 keys a, aa, aaa, ...: each in a block of its own.
  const auto chain = [&](std::uint32_t length) {
    return table(replacements, 0, [&](Units& units) {
      units.assign(256 * (length + 1), kNoUnit);
      std::uint32_t at = kA;
      units[0] = unit(0, 128, false);
      for (std::uint32_t i = 1; i <= length; ++i) {
        const std::uint32_t children = 256 * i;
        units[at] = unit('a', at ^ children, true);
        units[children] = 0x80000000U;
        at = children ^ 'a';
      }
    });
  };
  CHECK(check_charsmap(chain(32), "m") == 0);
  CHECK(refused(chain(33)).starts_with(broken + "too many of its keys begin alike"));
}

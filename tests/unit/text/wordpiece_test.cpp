#include <doctest/doctest.h>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/text/tokenizer.hpp"

using namespace pnlp;

namespace {

using Strings = std::vector<std::string>;

const std::string kVocabulary = PNLP_TESTDATA "/tokenizer/wordpiece.txt";

Strings pieces_of(const std::string& kind, std::string_view text) {
  Strings out;
  open_tokenizer(kind + ":" + kVocabulary)->pieces(text, out);
  return out;
}
Strings cased(std::string_view text) {
  return pieces_of("wordpiece", text);
}
Strings uncased(std::string_view text) {
  return pieces_of("wordpiece-uncased", text);
}

}  // namespace

TEST_CASE("wordpiece: the longest piece from left to right") {
  CHECK(cased("wake me at seven") == Strings{"wake", "me", "at", "seven"});
  CHECK(cased("unbelievable") == Strings{"un", "##believ", "##able"});
  CHECK(cased("alarms 17") == Strings{"alarm", "##s", "1", "##7"});
  CHECK(cased("Waked") == Strings{"Wake", "##d"});
  CHECK(cased("daytime-song's") == Strings{"day", "##time", "-", "song", "'", "s"});
}

TEST_CASE("wordpiece: a word with no way through the vocabulary is unknown as a whole") {
  CHECK(cased("wakeЖ me") == Strings{"[UNK]", "me"});
  CHECK(cased("😀!") == Strings{"[UNK]", "!"});
  CHECK(cased(std::string(200, 'x')).size() == 200);
  CHECK(cased(std::string(201, 'x')) == Strings{"[UNK]"});
}

TEST_CASE("wordpiece: controls go, ideographs stand alone, all white space is the same") {
  CHECK(cased("wa\u00adke\x01 me\u200d") == Strings{"wake", "me"});
  CHECK(cased("wa\x0bke \ufffd") == Strings{"wake"});  // as BERT has it
  CHECK(cased("me明天at") == Strings{"me", "明", "天", "at"});
  CHECK(cased("me\u3000at\u2028up\tin\n") == Strings{"me", "at", "up", "in"});
  CHECK(cased("").empty());
}

TEST_CASE("wordpiece-uncased: lower case and no accents") {
  CHECK(uncased("WAKE Café") == Strings{"wake", "cafe"});
  CHECK(uncased("ÜBE") == Strings{"u", "##b", "##e"});
  CHECK(uncased("u\u0308\u0323") == Strings{"u"});
  CHECK(uncased("\u0130n") == Strings{"in"});
  CHECK(uncased("ΟΔΟΣ ΣΟΣ. Σ") == Strings{"ο", "##δ", "##ο", "##ς", "σ", "##ο", "##ς", ".", "σ"});
  CHECK(cased("Café") == Strings{"C", "##a", "##f", "##é"});
}

TEST_CASE("wordpiece: units have the bytes of the text they came from") {
  const std::string text = "  Cafés\u0301, ÜBE😀 unbelievable";
  const auto tokenizer = open_tokenizer("wordpiece-uncased:" + kVocabulary);
  Tokens tokens;
  tokenizer->tokenize(text, tokens);
  REQUIRE(tokens.words.size() == 5);
  CHECK(tokens.unit_offsets == std::vector<std::uint32_t>{0, 2, 3, 6, 7, 10});
  const auto bytes = [&](std::size_t unit) {
    const ByteRange range = tokens.units[unit].bytes;
    return text.substr(range.begin, range.end - range.begin);
  };
  CHECK(bytes(0) == "Café");
  CHECK(tokens.units[1].piece == "##s");
  CHECK(tokens.units[1].text == "s");
  CHECK(tokens.units[1].continuation);
  CHECK(bytes(1) == "s");  // its accent is gone
  CHECK(bytes(3) == "Ü");
  CHECK(tokens.units[6].piece == "[UNK]");
  CHECK(tokens.units[6].text == "😀");
  CHECK(tokens.units[6].id == Unit::kNoId);
  CHECK(bytes(8) == "believ");
  CHECK_FALSE(tokens.units[7].continuation);
}

TEST_CASE("wordpiece: every word has a unit") {
  const auto tokenizer = open_tokenizer("wordpiece-uncased:" + kVocabulary);
  Tokens tokens;
  tokenizer->tokenize("\u0301 me", tokens);
  REQUIRE(tokens.words.size() == 2);
  CHECK(tokens.unit_offsets == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(tokens.units[0].piece == "[UNK]");
  const std::vector<ByteRange> words = {{0, 0}, {3, 5}};
  tokenizer->tokenize("ab me", words, tokens);
  CHECK(tokens.units[0].text.empty());
  CHECK(tokens.units[1].text == "me");
}

TEST_CASE("wordpiece: a word's units do not depend on its surroundings") {
  const auto tokenizer = open_tokenizer("wordpiece:" + kVocabulary);
  CHECK(tokenizer->context_free());
  Tokens tokens;
  // BERT goes on with ##ล after ป: two words, so that each has the units it has everywhere.
  const std::vector<ByteRange> words = {{0, 3}, {3, 6}};
  tokenizer->tokenize("ปล", words, tokens);
  CHECK(tokens.units[0].piece == "ป");
  CHECK(tokens.units[1].piece == "ล");
  CHECK(cased("ปล") == Strings{"ป", "##ล"});
}

TEST_CASE("wordpiece: the units of the words are the pieces of the text") {
  const Strings alphabet = {"wake", "unbelievable", "'s", " ", "  ", ",",
                            "7",    "明",           "é",  "😀", "-",  "Café"};
  Random random(7);
  for (const char* kind : {"wordpiece:", "wordpiece-uncased:"}) {
    const auto tokenizer = open_tokenizer(kind + kVocabulary);
    for (int i = 0; i < 2000; ++i) {
      std::string text;
      for (int j = 0; j < 8; ++j)
        text += alphabet[random.below(alphabet.size())] + (j % 2 ? " " : "");
      Tokens tokens;
      tokenizer->tokenize(text, tokens);
      Strings units;
      for (const Unit& unit : tokens.units) units.emplace_back(unit.piece);
      Strings pieces;
      tokenizer->pieces(text, pieces);
      // A pictograph is a word for Unicode, and to BERT part of the letters beside it.
      if (text.find("😀") == std::string::npos) REQUIRE_MESSAGE(units == pieces, text);
    }
  }
}

TEST_CASE("wordpiece: clones and copies from bytes are equal") {
  const auto tokenizer = open_tokenizer("wordpiece:" + kVocabulary);
  const auto again = tokenizer_from_bytes(tokenizer->kind(), std::string(tokenizer->bytes()));
  CHECK(again->digest() == tokenizer->digest());
  CHECK(again->digest() != open_tokenizer("wordpiece-uncased:" + kVocabulary)->digest());
  CHECK(again->digest() != open_tokenizer("chars")->digest());
  Strings pieces;
  tokenizer->clone()->pieces("unbelievable", pieces);
  CHECK(pieces == Strings{"un", "##believ", "##able"});
}

TEST_CASE("wordpiece: equal pieces have one id, different ones differ, white space is stripped") {
  const auto tokenizer = tokenizer_from_bytes("wordpiece", "[UNK]\r\n a \r\nb\n\na");
  Tokens tokens;
  tokenizer->tokenize("a b a", tokens);
  REQUIRE(tokens.units.size() == 3);
  CHECK(tokens.units[0].piece == "a");
  CHECK(tokens.units[1].piece == "b");
  CHECK(tokens.units[0].id == tokens.units[2].id);
  CHECK(tokens.units[0].id != tokens.units[1].id);
  CHECK(tokens.units[1].id != Unit::kNoId);
}

TEST_CASE("wordpiece: white space around a piece is not part of it") {
  // U+00A0, U+2003, U+3000 and U+0085 are white space, U+200B is not.
  const auto tokenizer = tokenizer_from_bytes(
      "wordpiece",
      "[UNK]\r\n \t a \u00a0\n\u2003é\u3000\u0085\n\u200b\n\n   \nb\u200b \n日\u3000\nlast");
  const auto known = [&](std::string_view text) {
    Strings pieces;
    tokenizer->pieces(text, pieces);
    return pieces;
  };
  CHECK(known("a é last") == Strings{"a", "é", "last"});
  CHECK(known("b") == Strings{"[UNK]"});
  CHECK(known("日") == Strings{"日"});
}

TEST_CASE("wordpiece: with a ready index the pieces are the same") {
  const HeldText bytes = read_file(kVocabulary);
  const HeldText index = tokenizer_index("wordpiece", bytes);
  CHECK(tokenizer_index("wordpiece-uncased", bytes) == index);
  CHECK(tokenizer_index("chars", "").empty());
  const auto made = tokenizer_from_bytes("wordpiece", bytes);
  const auto ready = tokenizer_from_bytes("wordpiece", bytes, index);
  CHECK(ready->digest() == made->digest());
  CHECK(ready->bytes().data() == bytes.text().data());
  std::string line;
  for (const char* file : {"/hard.txt", "/kitchen.txt"}) {
    const std::string text = read_file(PNLP_TESTDATA "/tokenizer" + std::string(file));
    Strings expected, pieces;
    made->pieces(text, expected);
    ready->pieces(text, pieces);
    REQUIRE(expected.size() > 100);
    CHECK(pieces == expected);
  }
}

TEST_CASE("wordpiece: the index by hand") {
  // Two pieces: 4 slots. Offsets have 4 bits, as 11 bytes have.
  const std::string index = tokenizer_index("wordpiece", "[UNK]\nwake");
  REQUIRE(index.size() == 2 + 4 * 4);
  CHECK(index.substr(0, 2) == "\5\4");
  std::string expected(16, '\0');
  const auto put = [&](std::string_view piece, std::uint32_t place) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : piece) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = mix64(hash);
    std::size_t slot = (hash >> 32) * 4 >> 32;
    while (expected[4 * slot] != 0) slot = (slot + 1) % 4;
    const auto content = static_cast<std::uint32_t>((hash << 4 | place) & 0xffffffff);
    for (std::size_t i = 0; i < 4; ++i)
      expected[4 * slot + i] = static_cast<char>(content >> 8 * i & 0xff);
  };
  put("[UNK]", 1);
  put("wake", 7);
  CHECK(index.substr(2) == expected);
}

TEST_CASE("wordpiece: a damaged index is refused, or finds less, and reads nothing else") {
  const HeldText bytes = "[UNK]\nwake\nme\n##me";
  const std::string good = tokenizer_index("wordpiece", bytes);
  const auto message = [&](const std::string& index) -> std::string {
    try {
      const auto tokenizer = tokenizer_from_bytes("wordpiece", bytes, index);
      Strings pieces;
      tokenizer->pieces("wake me wakeme", pieces);
      for (const std::string& piece : pieces)
        CHECK(bytes.text().find(piece) != std::string_view::npos);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::data);
      return error.what();
    }
    return "accepted";
  };
  CHECK(message(good) == "accepted");
  for (std::size_t size = 1; size < good.size(); ++size)
    CHECK(message(good.substr(0, size)) != "accepted");
  CHECK(message(good + "x") != "accepted");
  CHECK(message(std::string("\5\0", 2)) ==
        "vocabulary: the vocabulary's index does not know [UNK]; it is damaged");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = good;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      message(flipped);
    }
  }
  // Every slot taken, by offsets inside and outside of the text: a search ends all the same.
  message(good.substr(0, 2) + std::string(good.size() - 2, '\xff'));
  CHECK_THROWS_AS(tokenizer_from_bytes("chars", "", "x"), Error);
}

TEST_CASE("wordpiece: what is no vocabulary is refused") {
  CHECK_THROWS_WITH_AS(
      tokenizer_from_bytes("wordpiece", "a\nb\n"),
      "vocabulary: none of the 2 lines is [UNK]; a BERT vocabulary has one piece a "
      "line, and [UNK] for what it does not know",
      Error);
  CHECK_THROWS_AS(tokenizer_from_bytes("wordpiece", ""), Error);
  CHECK_THROWS_WITH_AS(tokenizer_from_bytes("wordpiece", "[UNK]\na\n\xff\n"),
                       "vocabulary:3: not UTF-8; a BERT vocabulary is a text file with one piece a "
                       "line",
                       Error);
  CHECK_THROWS_AS(open_tokenizer("wordpiece:"), Error);
  CHECK_THROWS_AS(open_tokenizer("wordpiece"), Error);
  CHECK_THROWS_AS(open_tokenizer("wordpiece:/no/such/file"), Error);
  CHECK_THROWS_AS(open_tokenizer("wordpiece:" PNLP_TESTDATA), Error);
}

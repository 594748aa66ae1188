#include "pnlp/text/words.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

using Strings = std::vector<std::string>;

Strings words_of(std::string_view text) {
  WordSplitter splitter;
  std::vector<ByteRange> words;
  splitter.split(text, words);
  Strings out;
  for (const ByteRange& word : words)
    out.emplace_back(text.substr(word.begin, word.end - word.begin));
  return out;
}

// A text of `length` characters drawn from `alphabet`.
std::string random_text(const std::vector<std::string>& alphabet, std::size_t length,
                        Random& random) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += alphabet[random.below(alphabet.size())];
  return text;
}

void check_fast_path(const std::vector<std::string>& alphabet, std::uint64_t seed) {
  WordSplitter splitter;
  std::vector<ByteRange> fast;
  std::vector<ByteRange> slow;
  Random random(seed);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(alphabet, 1 + random.below(12), random);
    splitter.split(text, fast);
    splitter.split_by_icu(text, slow);
    REQUIRE_MESSAGE(fast == slow, text);
  }
}

std::string utf8(std::uint32_t c) {
  std::string out;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
  return out;
}

}  // namespace

TEST_CASE("words and punctuation marks") {
  CHECK(words_of("Wake me at 7, please!") == Strings{"Wake", "me", "at", "7", ",", "please", "!"});
  CHECK(words_of("") == Strings{});
  CHECK(words_of(" \t\r\n") == Strings{});
  CHECK(words_of("  a\u00a0b\u3000c\u202fd ") == Strings{"a", "b", "c", "d"});
  CHECK(words_of("répond à l’église") == Strings{"répond", "à", "l’", "église"});
}

TEST_CASE("white space, control and format characters are no words") {
  CHECK(words_of("\ufeffwake") == Strings{"wake"});
  CHECK(words_of("a\x01"
                 "b \x7f c") == Strings{"a", "b", "c"});
  CHECK(words_of("a \u200b b") == Strings{"a", "b"});
  const std::string nul("a\0b", 3);
  CHECK(words_of(nul) == Strings{"a", "b"});
}

TEST_CASE("white space around a text changes no word") {
  CHECK(words_of("\u0301a") == words_of(" \u0301a"));
  CHECK(words_of("one two\r\n") == words_of("one two"));
}

TEST_CASE("Thai, Chinese and Japanese have words") {
  CHECK(words_of("ส่งข้อความ") == Strings{"ส่ง", "ข้อความ"});
  CHECK(words_of("明天早上") == Strings{"明天", "早上"});
  CHECK(words_of("明日の朝") == Strings{"明日", "の", "朝"});
}

TEST_CASE("clitics and elisions are cut with their apostrophe") {
  CHECK(words_of("today's") == Strings{"today", "'s"});
  CHECK(words_of("I’M we'll don't") == Strings{"I", "’M", "we", "'ll", "don't"});
  CHECK(words_of("qu'il j'ai d’aujourd'hui") ==
        Strings{"qu'", "il", "j'", "ai", "d’", "aujourd'hui"});
  CHECK(words_of("dell'amico O'Brien o'clock 'tis") ==
        Strings{"dell'", "amico", "O'Brien", "o'clock", "'", "tis"});
  CHECK(words_of("s'") == Strings{"s", "'"});
  CHECK(words_of("é'a's") == Strings{"é'", "a", "'s"});
}

TEST_CASE("the Spanish enclitic leaves its verb") {
  CHECK(words_of("Recuérdame léeme ENVÍAME enséñame") ==
        Strings{"Recuérda", "me", "lée", "me", "ENVÍA", "ME", "enséña", "me"});
  CHECK(words_of("recordarme mostrarme") == Strings{"recordar", "me", "mostrar", "me"});
  CHECK(words_of("alarme régime légume problème même name me dame") ==
        Strings{"alarme", "régime", "légume", "problème", "même", "name", "me", "dame"});
}

TEST_CASE("an unknown name does not spoil the Thai words after it") {
  CHECK(words_of("จอห์นทำงาน") == Strings{"จอห์", "น", "ทำ", "งาน"});
  CHECK(words_of("เบนทำงานหรือเปล่า") == Strings{"เบน", "ทำงาน", "หรือ", "เปล่า"});
}

TEST_CASE("no Thai word begins inside a cluster, however long the text") {
  const std::string cluster = "เก็";
  std::string nonsense;
  for (int i = 0; i < 3000; ++i) nonsense += cluster;
  bool whole = true;
  for (const std::string& word : words_of(nonsense)) {
    whole = whole && word.size() % cluster.size() == 0 && word.starts_with(cluster);
  }
  CHECK(whole);
  CHECK(words_of("จอห์") == Strings{"จอห์"});
}

TEST_CASE("Thai and other scripts in one word are cut apart") {
  CHECK(words_of("หาRowan") == Strings{"หา", "Rowan"});
  CHECK(words_of("น.ได้5") == Strings{"น", ".", "ได้", "5"});
}

TEST_CASE("at-sign and colon stand alone") {
  CHECK(words_of("kim@example.org 7:30 a:b @x") ==
        Strings{"kim", "@", "example.org", "7", ":", "30", "a", ":", "b", "@", "x"});
}

TEST_CASE("malformed UTF-8 is split without harm") {
  for (const std::string text :
       {"\xff", "a\xc3", "\xe0\xb8", "\xf0\x9f\x98 x", "\xc0\xaf\xed\xa0\x80"}) {
    WordSplitter splitter;
    std::vector<ByteRange> words;
    splitter.split(text, words);
    std::uint32_t end = 0;
    for (const ByteRange& word : words) {
      CHECK(word.begin >= end);
      CHECK(word.end > word.begin);
      end = word.end;
    }
    CHECK(end <= text.size());
  }
}

TEST_CASE("the fast path gives what ICU gives: ASCII") {
  std::vector<std::string> all;
  for (std::uint32_t c = 0; c < 0x80; ++c) all.push_back(utf8(c));
  check_fast_path(all, 1);
  check_fast_path({"a", "B", "1", "2", "_", ".", ",", ":", ";", "'", "\"", "-", "@", " "}, 2);
}

TEST_CASE("the fast path gives what ICU gives: Latin to Malayalam") {
  std::vector<std::string> all;
  for (std::uint32_t c = 0x80; c < 0x0E00; ++c) all.push_back(utf8(c));
  check_fast_path(all, 3);
  check_fast_path({"é", "a", "1", ".", "'", "’", "·", "\u0301", "\u00ad", "ि", "क",
                   "्",  "م", "٣", "٬", " ", "_", "א", "\"",     "\u200d", "©"},
                  4);
  // Every character in every kind of surroundings.
  WordSplitter splitter;
  std::vector<ByteRange> fast;
  std::vector<ByteRange> slow;
  for (std::uint32_t c = 1; c < 0x0E00; ++c) {
    for (const char* left : {"", "a", "1", ".", "_", "a.", "1,"}) {
      for (const char* right : {"", "a", "1", ".a", ",1", "_"}) {
        const std::string text = left + utf8(c) + right;
        splitter.split(text, fast);
        splitter.split_by_icu(text, slow);
        REQUIRE_MESSAGE(fast == slow, text);
      }
    }
  }
}

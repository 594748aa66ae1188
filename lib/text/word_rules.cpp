#include "pnlp/text/word_rules.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "pnlp/text/unicode.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kCurlyApostrophe = "’";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether `text` ends in `suffix` (lower-case ASCII), letter case aside.
bool ends_in(std::string_view text, std::string_view suffix) {
  if (text.size() < suffix.size()) return false;
  text.remove_prefix(text.size() - suffix.size());
  return std::equal(text.begin(), text.end(), suffix.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

bool equals(std::string_view text, std::string_view word) {
  return text.size() == word.size() && ends_in(text, word);
}

// Bytes of the apostrophe at `at`, 0 if there is none.
std::size_t apostrophe(std::string_view word, std::size_t at) {
  if (word[at] == '\'') return 1;
  return word.substr(at).starts_with(kCurlyApostrophe) ? kCurlyApostrophe.size() : 0;
}

std::size_t next_apostrophe(std::string_view word, std::size_t at) {
  while (at < word.size() && apostrophe(word, at) == 0) ++at;
  return at;
}

// Nearly all words can be cleared by a look at their bytes.
bool may_have_apostrophe(std::string_view word) {
  bool may = false;
  for (const char byte : word) may |= byte == '\'' || byte == kCurlyApostrophe.front();
  return may;
}

bool is_english_clitic(std::string_view right) {
  static constexpr std::array<std::string_view, 6> kClitics = {"s", "m", "d", "ll", "re", "ve"};
  return std::any_of(kClitics.begin(), kClitics.end(),
                     [&](std::string_view clitic) { return equals(right, clitic); });
}

bool is_elided(std::string_view left) {
  // One letter: c' d' j' l' m' n' s' t'; not o', which begins o'clock and O'Brien.
  std::size_t at = 0;
  if (!left.empty()) next_char(left, at);
  if (at > 0 && at == left.size()) return !equals(left, "o");
  return ends_in(left, "qu") || ends_in(left, "ll") || equals(left, "un");
}

bool is_ascii_vowel(char c) {
  return std::string_view("aeiou").find(c) != std::string_view::npos;
}

// Whether `stem` ends in an acute vowel, any consonants, and an 'a' or 'e': "Recuérda", "lée".
bool is_accented_verb(std::string_view stem) {
  if (!ends_in(stem, "a") && !ends_in(stem, "e")) return false;
  std::size_t end = stem.size() - 1;
  while (end > 0 && static_cast<unsigned char>(stem[end - 1]) < 0x80) {
    if (is_ascii_vowel(lower(stem[end - 1]))) return false;
    --end;
  }
  stem = stem.substr(0, end);
  if (stem.ends_with("ñ") || stem.ends_with("Ñ")) stem.remove_suffix(2);  // "enséña"
  static constexpr std::array<std::string_view, 10> kAcute = {"á", "é", "í", "ó", "ú",
                                                              "Á", "É", "Í", "Ó", "Ú"};
  return std::any_of(kAcute.begin(), kAcute.end(),
                     [&](std::string_view vowel) { return stem.ends_with(vowel); });
}

// Whether `stem` is an infinitive of at least seven bytes; shorter ones would cut alarme, ferme.
bool is_long_infinitive(std::string_view stem) {
  return stem.size() >= 7 && (ends_in(stem, "ar") || ends_in(stem, "er") || ends_in(stem, "ir"));
}

bool has_enclitic(std::string_view word) {
  if (!ends_in(word, "me")) return false;
  const std::string_view stem = word.substr(0, word.size() - 2);
  return is_accented_verb(stem) || is_long_infinitive(stem);
}

ByteRange range(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

bool is_mark(char32_t c) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_M_MASK | U_GC_CF_MASK)) != 0;
}

// Thai, Lao, Khmer, Burmese and their like, whose words only a dictionary knows.
bool is_without_spaces(char32_t c) {
  return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT;
}

}  // namespace

void cut_clitics(std::string_view text, ByteRange word, std::vector<ByteRange>& words) {
  const std::string_view view = text.substr(word.begin, word.end - word.begin);
  if (!may_have_apostrophe(view) && !ends_in(view, "me")) {
    words.push_back(word);
    return;
  }
  std::size_t begin = 0;
  const auto cut = [&](std::size_t at) {
    if (at > begin && at < view.size()) {
      words.push_back(range(word.begin + begin, word.begin + at));
      begin = at;
    }
  };
  for (std::size_t at = next_apostrophe(view, 0); at < view.size();) {
    const std::size_t after = at + apostrophe(view, at);
    const std::size_t next = next_apostrophe(view, after);
    if (is_english_clitic(view.substr(after, next - after))) {
      cut(at);
    } else if (is_elided(view.substr(begin, at - begin))) {
      cut(after);
    }
    at = next;
  }
  if (has_enclitic(view.substr(begin))) cut(view.size() - 2);
  words.push_back(range(word.begin + begin, word.end));
}

void cut_word(std::string_view text, ByteRange word, std::vector<ByteRange>& words) {
  std::size_t begin = word.begin;
  bool left_spaceless = false;
  for (std::size_t at = word.begin; at < word.end;) {
    std::size_t next = at;
    const char32_t c = next_char(text.substr(0, word.end), next);
    if (!is_mark(c)) {
      const bool spaceless = is_without_spaces(c);
      if (at > begin && spaceless != left_spaceless) {
        cut_clitics(text, range(begin, at), words);
        begin = at;
      }
      left_spaceless = spaceless;
    }
    at = next;
  }
  cut_clitics(text, range(begin, word.end), words);
}

}  // namespace pnlp

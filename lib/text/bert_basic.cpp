#include "pnlp/text/bert_basic.hpp"

#include <unicode/uchar.h>

#include <string>
#include <utility>

#include "pnlp/text/unicode.hpp"

namespace pnlp {
namespace {

UChar32 icu(char32_t c) {
  return static_cast<UChar32>(c);
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == U' ' || c == U'\t' || c == U'\n' || c == U'\r';
  return (U_GET_GC_MASK(icu(c)) & U_GC_Z_MASK) != 0;
}

// What _clean_text drops. The white space among the controls is not asked about.
bool is_dropped(char32_t c) {
  if (c < 0x80) return c < 0x20 || c == 0x7F;
  return c == 0xFFFD || (U_GET_GC_MASK(icu(c)) & (U_GC_CC_MASK | U_GC_CF_MASK)) != 0;
}

// _is_chinese_char: the blocks of ideographs, but not kana or hangul.
bool is_ideograph(char32_t c) {
  return c >= 0x3400 && ((c >= 0x4E00 && c <= 0x9FFF) || c <= 0x4DBF ||
                         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
                         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B820 && c <= 0x2CEAF) ||
                         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F));
}

// _is_punctuation: of ASCII everything visible that is neither letter nor digit.
bool is_punctuation(char32_t c) {
  if (c < 0x80) {
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
           (c >= 123 && c <= 126);
  }
  return (U_GET_GC_MASK(icu(c)) & U_GC_P_MASK) != 0;
}

bool is_accent(char32_t c) {
  return u_charType(icu(c)) == U_NON_SPACING_MARK;
}

bool is_cased(char32_t c) {
  return u_hasBinaryProperty(icu(c), UCHAR_CASED);
}
bool is_case_ignorable(char32_t c) {
  return u_hasBinaryProperty(icu(c), UCHAR_CASE_IGNORABLE);
}

// Appends one character of a decomposition in canonical order.
void append_ordered(std::vector<BertBasic::Char>& out, BertBasic::Char added) {
  out.push_back(added);
  const std::uint8_t order = u_getCombiningClass(icu(added.c));
  if (order == 0) return;
  for (std::size_t i = out.size() - 1; i > 0 && u_getCombiningClass(icu(out[i - 1].c)) > order;
       --i) {
    std::swap(out[i - 1], out[i]);
  }
}

ByteRange range(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

}  // namespace

std::size_t BertBasic::read_word(std::string_view text, std::size_t at) {
  word_.clear();
  while (at < text.size()) {
    const std::size_t begin = at;
    const char32_t c = next_char(text, at);
    if (is_space(c)) {
      if (!word_.empty()) return at;
    } else if (is_ideograph(c)) {
      if (!word_.empty()) return begin;
      word_.push_back({.c = c, .bytes = range(begin, at)});
      return at;
    } else if (!is_dropped(c)) {
      word_.push_back({.c = c, .bytes = range(begin, at)});
    }
  }
  return at;
}

// Python's str.lower(): the last sigma of a word has a form of its own.
bool BertBasic::is_final_sigma(std::size_t at) const {
  std::size_t before = at;
  while (before > 0 && is_case_ignorable(word_[before - 1].c)) --before;
  if (before == 0 || !is_cased(word_[before - 1].c)) return false;
  std::size_t after = at + 1;
  while (after < word_.size() && is_case_ignorable(word_[after].c)) ++after;
  return after == word_.size() || !is_cased(word_[after].c);
}

void BertBasic::strip_case_and_accents() {
  decomposed_.clear();
  std::u32string parts;
  for (std::size_t i = 0; i < word_.size(); ++i) {
    const Char from = word_[i];
    // The simple mapping does: the one full mapping of lower case, of U+0130, adds an accent.
    char32_t c = static_cast<char32_t>(u_tolower(icu(from.c)));
    if (c < 0x80) {
      decomposed_.push_back({.c = c, .bytes = from.bytes});
      continue;
    }
    if (from.c == U'Σ' && is_final_sigma(i)) c = U'ς';
    parts.clear();
    append_decomposed(c, parts);
    for (const char32_t part : parts) {
      append_ordered(decomposed_, {.c = part, .bytes = from.bytes});
    }
  }
  word_.clear();
  for (const Char& c : decomposed_) {
    if (c.c < 0x80 || !is_accent(c.c)) word_.push_back(c);
  }
}

std::size_t BertBasic::token_end(std::size_t begin) const {
  std::size_t end = begin;
  while (end < word_.size() && !is_punctuation(word_[end].c)) ++end;
  return end > begin ? end : begin + 1;
}

}  // namespace pnlp

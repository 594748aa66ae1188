#include "pnlp/text/words.hpp"

#include <fmt/format.h>
#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf16.h>

#include <array>

#include "pnlp/base/error.hpp"
#include "pnlp/text/thai.hpp"
#include "pnlp/text/unicode.hpp"
#include "pnlp/text/word_rules.hpp"

namespace pnlp {
namespace {

// Classes of Unicode Standard Annex 29, as far as they matter below kTableEnd.
enum class Class : std::uint8_t {
  blank,   // white space, controls: ends every word and belongs to none
  alone,   // a word of its own, whatever stands around it: ICU's versions disagree about these
  other,   // a word of its own
  letter,  // ALetter
  number,  // Numeric
  joiner,  // ExtendNumLet
  mid_letter,
  mid_number,
  mid_both,  // MidNumLet and Single_Quote
  extend,    // Extend and Format: belongs to what stands before it
  hard,      // only ICU knows
};

// Before Thai: Latin, Greek, Cyrillic, Arabic and the scripts of India, none of which needs a
// dictionary. Hebrew (rules of its own) and pictographs are left to ICU.
constexpr UChar32 kTableEnd = 0x0E00;

bool is_blank(UChar32 c) {
  return u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR;
}

Class class_of(UChar32 c) {
  if (is_blank(c)) return Class::blank;
  if (u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC)) return Class::hard;
  if (c == ':' || c == '@') return Class::alone;
  switch (u_getIntPropertyValue(c, UCHAR_WORD_BREAK)) {
    case U_WB_OTHER:
      return Class::other;
    case U_WB_ALETTER:
      return Class::letter;
    case U_WB_NUMERIC:
      return Class::number;
    case U_WB_EXTENDNUMLET:
      return Class::joiner;
    case U_WB_MIDLETTER:
      return Class::mid_letter;
    case U_WB_MIDNUM:
      return Class::mid_number;
    case U_WB_MIDNUMLET:
    case U_WB_SINGLE_QUOTE:
      return Class::mid_both;
    case U_WB_DOUBLE_QUOTE:
      return Class::other;  // special beside Hebrew only
    case U_WB_EXTEND:
    case U_WB_FORMAT:
      return Class::extend;
    default:
      return Class::hard;
  }
}

const std::array<Class, kTableEnd>& class_table() {
  static const std::array<Class, kTableEnd> table = [] {
    std::array<Class, kTableEnd> classes{};
    for (UChar32 c = 0; c < kTableEnd; ++c) classes[static_cast<std::size_t>(c)] = class_of(c);
    return classes;
  }();
  return table;
}

bool joins(Class left, Class right) {
  const auto wordy = [](Class c) {
    return c == Class::letter || c == Class::number || c == Class::joiner;
  };
  return wordy(left) && wordy(right);  // WB5, WB8 to WB10, WB13a, WB13b
}

// Whether `mid` between two characters of class `around` makes one word of the three: WB6, WB7,
// WB11, WB12.
bool bridges(Class around, Class mid) {
  if (mid == Class::mid_both) return around == Class::letter || around == Class::number;
  return (mid == Class::mid_letter && around == Class::letter) ||
         (mid == Class::mid_number && around == Class::number);
}

bool is_invisible(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const auto c = static_cast<UChar32>(next_char(word, at));
    if (!is_blank(c) && u_charType(c) != U_FORMAT_CHAR) return false;
  }
  return true;
}

ByteRange range(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

}  // namespace

struct WordSplitter::State {
  const std::array<Class, kTableEnd>& classes = class_table();
  std::unique_ptr<icu::BreakIterator> icu;  // made when first needed: it takes milliseconds
  ThaiWords thai;
  std::vector<std::uint32_t> thai_cuts;  // in units of `wide`
  std::u16string wide;
  std::vector<std::uint32_t> wide_offsets;  // byte offset of each UTF-16 unit, and the end

  Class class_at(std::string_view text, std::size_t& at) const {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      ++at;
      return classes[byte];
    }
    const auto c = static_cast<UChar32>(next_char(text, at));
    if (c < kTableEnd) return classes[static_cast<std::size_t>(c)];
    return is_blank(c) ? Class::blank : Class::hard;
  }

  // Past the end of the piece that begins at `at`, without blanks and characters that stand alone;
  // `hard`: whether ICU is needed.
  std::size_t chunk_end(std::string_view text, std::size_t at, bool& hard) const {
    hard = false;
    while (at < text.size()) {
      std::size_t next = at;
      const Class c = class_at(text, next);
      if (c <= Class::alone) break;
      if (c == Class::hard) hard = true;
      at = next;
    }
    return at;
  }

  // Past the character at `at` and all that extends it.
  Class take(std::string_view text, std::size_t end, std::size_t& at) const {
    const Class c = class_at(text, at);
    while (at < end) {
      std::size_t next = at;
      if (class_at(text, next) != Class::extend) break;
      at = next;
    }
    return c;
  }

  void split_chunk(std::string_view text, std::size_t begin, std::size_t end,
                   std::vector<ByteRange>& words) const {
    std::size_t at = begin;
    while (at < end) {
      const std::size_t word = at;
      Class left = take(text, end, at);
      while (at < end) {
        std::size_t next = at;
        const Class c = take(text, end, next);
        if (joins(left, c)) {
          left = c;
          at = next;
        } else if (next < end && bridges(left, c)) {
          if (take(text, end, next) != left) break;
          at = next;
        } else {
          break;
        }
      }
      if (is_visible(text, word, at)) cut_clitics(text, range(word, at), words);
    }
  }

  void split_chunk_by_icu(std::string_view text, std::size_t begin, std::size_t end,
                          std::vector<ByteRange>& words);

  void split(std::string_view text, bool icu_only, std::vector<ByteRange>& words);

  static bool is_visible(std::string_view text, std::size_t begin, std::size_t end) {
    const auto first = static_cast<unsigned char>(text[begin]);
    return (first > 0x20 && first < 0x7F) || !is_invisible(text.substr(begin, end - begin));
  }
};

void WordSplitter::State::split_chunk_by_icu(std::string_view text, std::size_t begin,
                                             std::size_t end, std::vector<ByteRange>& words) {
  UErrorCode status = U_ZERO_ERROR;
  if (!icu) {
    icu.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) {
      throw Error(ErrorKind::internal,
                  fmt::format("ICU has no word boundaries: {}", u_errorName(status)));
    }
  }
  wide.clear();
  wide_offsets.clear();
  for (std::size_t at = begin; at < end;) {
    const auto start = static_cast<std::uint32_t>(at);
    const auto c = static_cast<UChar32>(next_char(text, at));
    if (U_IS_BMP(c)) {
      wide.push_back(static_cast<char16_t>(c));
    } else {
      wide.push_back(U16_LEAD(c));
      wide.push_back(U16_TRAIL(c));
      wide_offsets.push_back(start);
    }
    wide_offsets.push_back(start);
  }
  wide_offsets.push_back(static_cast<std::uint32_t>(end));

  UText utext = UTEXT_INITIALIZER;
  utext_openUChars(&utext, wide.data(), static_cast<std::int64_t>(wide.size()), &status);
  icu->setText(&utext, status);
  utext_close(&utext);  // the iterator has made a shallow clone
  if (U_FAILURE(status)) {
    throw Error(ErrorKind::internal,
                fmt::format("ICU cannot split a text: {}", u_errorName(status)));
  }
  thai_cuts.clear();
  thai.find(wide, thai_cuts);
  std::size_t word = begin;
  const auto cut = [&](std::size_t at) {
    const std::size_t here = wide_offsets[at];
    if (here > word && is_visible(text, word, here)) cut_word(text, range(word, here), words);
    word = here;
  };
  auto extra = thai_cuts.begin();
  for (std::int32_t at = icu->next(); at != icu::BreakIterator::DONE; at = icu->next()) {
    const auto bound = static_cast<std::uint32_t>(at);
    for (; extra != thai_cuts.end() && *extra <= bound; ++extra) cut(*extra);
    cut(bound);
  }
}

void WordSplitter::State::split(std::string_view text, bool icu_only,
                                std::vector<ByteRange>& words) {
  if (text.size() >= (1ULL << 31)) {
    throw Error(ErrorKind::data,
                fmt::format("a text of {} bytes is too long: cut it into texts of less than 2 GiB",
                            text.size()));
  }
  words.clear();
  for (std::size_t at = 0; at < text.size();) {
    bool hard = false;
    const std::size_t end = chunk_end(text, at, hard);
    if (end == at) {
      if (class_at(text, at) == Class::alone) words.push_back(range(end, at));
      continue;
    }
    if (hard || icu_only) {
      split_chunk_by_icu(text, at, end, words);
    } else {
      split_chunk(text, at, end, words);
    }
    at = end;
  }
}

WordSplitter::WordSplitter() : state_(std::make_unique<State>()) {}
WordSplitter::~WordSplitter() = default;
WordSplitter::WordSplitter(WordSplitter&&) noexcept = default;
WordSplitter& WordSplitter::operator=(WordSplitter&&) noexcept = default;

void WordSplitter::split(std::string_view text, std::vector<ByteRange>& words) {
  state_->split(text, false, words);
}

void WordSplitter::split_by_icu(std::string_view text, std::vector<ByteRange>& words) {
  state_->split(text, true, words);
}

}  // namespace pnlp

#include "pnlp/text/folding.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>

#include "pnlp/base/error.hpp"
#include "pnlp/text/char_class.hpp"
#include "pnlp/text/unicode.hpp"

namespace pnlp {
namespace {

// Thai and Lao signs and the voicing of kana are spelled one way only, and tell words apart.
bool is_dropped(char32_t point) {
  const bool thai_or_lao = point >= 0x0e00 && point <= 0x0eff;
  const bool voicing = point == 0x3099 || point == 0x309a;
  return !thai_or_lao && !voicing && char_class(point) == CharClass::mark;
}

}  // namespace

std::string_view Folding::operator()(std::string_view text) {
  const std::string_view lower = lower_(text);
  if (std::ranges::all_of(lower, [](char byte) { return static_cast<signed char>(byte) >= 0; })) {
    return lower;
  }
  decomposed_.clear();
  icu::StringByteSink<std::string> sink(&decomposed_);
  UErrorCode status = U_ZERO_ERROR;
  nfd().normalizeUTF8(0, icu::StringPiece(lower.data(), static_cast<std::int32_t>(lower.size())),
                      sink, nullptr, status);
  if (U_FAILURE(status)) {
    throw Error(ErrorKind::internal, std::string("ICU cannot decompose: ") + u_errorName(status));
  }
  std::size_t kept = 0;
  for (std::size_t at = 0; at < decomposed_.size();) {
    const std::size_t begin = at;
    if (is_dropped(next_char(decomposed_, at))) continue;
    std::copy_n(decomposed_.begin() + static_cast<std::ptrdiff_t>(begin), at - begin,
                decomposed_.begin() + static_cast<std::ptrdiff_t>(kept));
    kept += at - begin;
  }
  if (kept == 0) return lower;
  decomposed_.resize(kept);
  return decomposed_;
}

}  // namespace pnlp

#include "pnlp/text/folding.hpp"

#include <algorithm>
#include <array>

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
  folded_.clear();
  for (std::size_t at = 0; at < lower.size();) {
    parts_.clear();
    append_decomposed(next_char(lower, at), parts_);
    for (const char32_t part : parts_) {
      if (is_dropped(part)) continue;
      std::array<char, 4> bytes;
      folded_.append(bytes.data(), encode_char(part, bytes.data()));
    }
  }
  return folded_.empty() ? lower : std::string_view(folded_);
}

}  // namespace pnlp

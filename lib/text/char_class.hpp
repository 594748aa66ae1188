// What sort of character a code point is: Unicode's general category, in the few groups that
// matter here, and its script.
#pragma once

#include <cstdint>

namespace pnlp {

enum class CharClass : std::uint8_t {
  capital,  // Lu, Lt
  small,    // Ll
  digit,    // Nd
  letter,   // Lo, Lm
  mark,     // Mn, Mc, Me
  other,
};

// `other` for what is no code point. A code point younger than the ICU in use is `other`, too.
CharClass char_class(char32_t point);

// The number of a code point's script in ICU's UScriptCode: Common 0, Arabic 2, Han 17, Thai 38 ...
std::uint32_t script_number(char32_t point);

}  // namespace pnlp

#include "pnlp/text/char_class.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

namespace pnlp {

CharClass char_class(char32_t point) {
  switch (u_charType(static_cast<UChar32>(point))) {
    case U_UPPERCASE_LETTER:
    case U_TITLECASE_LETTER:
      return CharClass::capital;
    case U_LOWERCASE_LETTER:
      return CharClass::small;
    case U_DECIMAL_DIGIT_NUMBER:
      return CharClass::digit;
    case U_OTHER_LETTER:
    case U_MODIFIER_LETTER:
      return CharClass::letter;
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_COMBINING_SPACING_MARK:
      return CharClass::mark;
    default:
      return CharClass::other;
  }
}

std::uint32_t script_number(char32_t point) {
  UErrorCode status = U_ZERO_ERROR;
  return static_cast<std::uint32_t>(uscript_getScript(static_cast<UChar32>(point), &status));
}

}  // namespace pnlp

// Words by their base letters: lower case without marks, so that spellings that differ in accents
// or vowel signs alone fall together.
#pragma once

#include <string>
#include <string_view>

#include "pnlp/text/lower_case.hpp"

namespace pnlp {

class Folding {
 public:
  // The text in lower case, its code points decomposed (NFD of each), without its marks (Mn, Mc,
  // Me) but those of Thai, Lao and kana; of a text that is nothing but marks, its lower case. Bytes
  // that are no UTF-8 give U+FFFD. Valid until the next call.
  std::string_view operator()(std::string_view text);

 private:
  LowerCase lower_;
  std::string folded_;
  std::u32string parts_;
};

}  // namespace pnlp

// Private to lib/text: code points out of UTF-8 and their decomposition, by ICU.
#pragma once

#include <unicode/normalizer2.h>

#include <cstddef>
#include <string_view>

namespace pnlp {

// The code point that begins at byte `at` < text.size(), and moves `at` past it. Malformed UTF-8
// gives U+FFFD and moves by at least one byte.
char32_t next_char(std::string_view text, std::size_t& at);

// Writes the UTF-8 of a code point to `out`, which has room for four bytes; returns their number.
std::size_t encode_char(char32_t c, char* out);

// Canonical decomposition. Errors: internal (an ICU without its data).
const icu::Normalizer2& nfd();

}  // namespace pnlp

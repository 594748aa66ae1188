// Private to lib/text: code points out of UTF-8 and their decomposition, by ICU.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pnlp {

// The code point that begins at byte `at` < text.size(), and moves `at` past it. Malformed UTF-8
// gives U+FFFD and moves by at least one byte.
char32_t next_char(std::string_view text, std::size_t& at);

// Writes the UTF-8 of a code point to `out`, which has room for four bytes; returns their number.
std::size_t encode_char(char32_t c, char* out);

// Appends the canonical decomposition (NFD) of a code point alone, which is itself if it has no
// other.
void append_decomposed(char32_t c, std::u32string& out);

}  // namespace pnlp

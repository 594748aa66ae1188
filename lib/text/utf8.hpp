// Whether bytes are UTF-8, where they are not, and what to put there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pnlp {

bool is_utf8(std::string_view bytes);
// Offset of the first byte that begins no valid character; bytes.size() if there is none.
std::size_t first_invalid_utf8(std::string_view bytes);
// Every maximal ill-formed part becomes U+FFFD (Unicode 15, section 3.9). Memory of `out` reused.
void replace_invalid_utf8(std::string_view bytes, std::string& out);

}  // namespace pnlp

#include "pnlp/text/utf8.hpp"

#include <simdjson.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace pnlp {
namespace {

// Moves `next` behind the character, or the ill-formed part, that begins there; whether it is
// valid.
bool step(std::string_view bytes, std::size_t& next) {
  auto at = static_cast<std::int64_t>(next);
  const auto size = static_cast<std::int64_t>(bytes.size());
  UChar32 character = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // inside ICU's macro
  U8_NEXT(bytes.data(), at, size, character);
#pragma GCC diagnostic pop
  next = static_cast<std::size_t>(at);
  return character >= 0;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::size_t first_invalid_utf8(std::string_view bytes) {
  for (std::size_t next = 0; next < bytes.size();) {
    const std::size_t at = next;
    if (!step(bytes, next)) return at;
  }
  return bytes.size();
}

void replace_invalid_utf8(std::string_view bytes, std::string& out) {
  out.clear();
  for (std::size_t next = 0; next < bytes.size();) {
    const std::size_t at = next;
    if (step(bytes, next)) {
      out.append(bytes, at, next - at);
    } else {
      out += "\xEF\xBF\xBD";
    }
  }
}

}  // namespace pnlp

// Code points of UTF-8 by their first bytes: one begins at every byte that is not 10xxxxxx, which
// cuts any byte string, valid or not.
#pragma once

#include <cstddef>
#include <string_view>

namespace pnlp {

constexpr bool starts_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

// Offset of the code point after the one at `at` < text.size(); text.size() after the last.
constexpr std::size_t next_code_point(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && !starts_code_point(text[at])) ++at;
  return at;
}

// Offset of the code point before `at` > 0.
constexpr std::size_t previous_code_point(std::string_view text, std::size_t at) {
  --at;
  while (at > 0 && !starts_code_point(text[at])) --at;
  return at;
}

constexpr std::size_t count_code_points(std::string_view text) {
  std::size_t count = text.empty() || starts_code_point(text[0]) ? 0 : 1;
  for (const char byte : text) count += starts_code_point(byte) ? 1 : 0;
  return count;
}

// The code point that the bytes between two such boundaries encode; kNoCodePoint if they are no
// UTF-8.
inline constexpr char32_t kNoCodePoint = 0xffffffff;
constexpr char32_t decode_code_point(std::string_view bytes) {
  if (bytes.empty()) return kNoCodePoint;
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc2 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                                         : 4;
  if (size != bytes.size() || lead > 0xf4) return kNoCodePoint;
  if (size == 1) return lead;
  char32_t point = lead & (0x7fU >> size);
  for (const char byte : bytes.substr(1)) {
    point = (point << 6) | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  return overlong || surrogate || point > 0x10ffff ? kNoCodePoint : point;
}

constexpr bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = next_code_point(text, at);
    if (decode_code_point(text.substr(at, end - at)) == kNoCodePoint) return false;
    at = end;
  }
  return true;
}

}  // namespace pnlp

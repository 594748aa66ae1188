#include "pnlp/text/vocabulary.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <bit>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/text/unicode.hpp"
#include "pnlp/text/utf8.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kContinuation = "##";

// FNV-1a, because it grows by one byte at a time: all beginnings of a word are hashed in one walk.
// Its low bits are weak, so finish() mixes them.
constexpr std::uint64_t kBasis = 0xcbf29ce484222325ULL;
constexpr std::uint64_t add_byte(std::uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
}
constexpr std::uint64_t add_bytes(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = add_byte(hash, byte);
  return hash;
}
constexpr std::uint64_t kContinued = add_bytes(kBasis, kContinuation);

std::uint32_t tag_of(std::uint64_t mixed) {
  return static_cast<std::uint32_t>(mixed >> 32);
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

// Looks at the ends of the line only: a vocabulary has a hundred thousand of them, and is read at
// every start.
std::string_view stripped(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = at;
    if (is_space(next_char(line, at))) continue;
    line.remove_prefix(begin);
    for (;;) {
      std::size_t last = line.size() - 1;
      while ((static_cast<unsigned char>(line[last]) & 0xC0U) == 0x80U) --last;
      std::size_t after = last;
      if (!is_space(next_char(line, after))) return line;
      line = line.substr(0, last);
    }
  }
  return {};
}

void check_utf8(std::string_view bytes, const std::string& name) {
  const std::size_t bad = is_utf8(bytes) ? bytes.size() : first_invalid_utf8(bytes);
  if (bad == bytes.size()) return;
  const auto before = bytes.substr(0, bad);
  const auto line = static_cast<std::uint64_t>(std::ranges::count(before, '\n')) + 1;
  throw Error(ErrorKind::data, {.file = name, .line = line},
              "not UTF-8; a BERT vocabulary is a text file with one piece a line");
}

}  // namespace

Vocabulary::Vocabulary(std::string bytes, const std::string& name) : bytes_(std::move(bytes)) {
  const std::string_view all = bytes_;
  // Offsets have 32 bits.
  if (all.size() >= kNone) {
    throw Error(ErrorKind::data, {.file = name},
                fmt::format("{} bytes are no BERT vocabulary", all.size()));
  }
  check_utf8(all, name);
  pieces_.reserve(static_cast<std::size_t>(std::ranges::count(all, '\n')) + 1);
  bool has_unknown = false;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t newline = std::min(all.find('\n', at), all.size());
    const std::string_view piece = stripped(all.substr(at, newline - at));
    const std::size_t begin =
        piece.empty() ? at : static_cast<std::size_t>(piece.data() - all.data());
    pieces_.push_back(
        {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + piece.size())});
    has_unknown = has_unknown || piece == unknown();
    longest_ = std::max(longest_, piece.size());
    at = newline + 1;
  }
  if (!has_unknown) {
    throw Error(
        ErrorKind::data, {.file = name},
        fmt::format("none of the {} lines is [UNK]; a BERT vocabulary has one piece a line, "
                    "and [UNK] for what it does not know",
                    pieces_.size()));
  }
  slots_.resize(std::bit_ceil(2 * pieces_.size() + 1));
  mask_ = slots_.size() - 1;
  for (std::uint32_t id = 0; id < pieces_.size(); ++id) insert(id);
}

void Vocabulary::insert(std::uint32_t id) {
  const std::uint64_t mixed = mix64(add_bytes(kBasis, piece(id)));
  const auto is_other = [&](const Slot& slot) {
    return slot.id != kNone && (slot.tag != tag_of(mixed) || piece(slot.id) != piece(id));
  };
  std::size_t at = mixed & mask_;
  while (is_other(slots_[at])) at = (at + 1) & mask_;
  slots_[at] = {.tag = tag_of(mixed), .id = id};
}

Vocabulary::Match Vocabulary::longest(std::string_view word, std::span<const std::uint32_t> ends,
                                      std::size_t first) const {
  const std::string_view prefix = first > 0 ? kContinuation : std::string_view();
  const std::size_t begin = first > 0 ? ends[first - 1] : 0;
  Match best;
  std::uint64_t hash = first > 0 ? kContinued : kBasis;
  std::size_t hashed = begin;
  for (std::size_t last = first; last < ends.size(); ++last) {
    const std::size_t end = ends[last];
    const std::size_t size = prefix.size() + end - begin;
    if (size > longest_) break;
    hash = add_bytes(hash, word.substr(hashed, end - hashed));
    hashed = end;
    const std::uint64_t mixed = mix64(hash);
    for (std::size_t at = mixed & mask_; slots_[at].id != kNone; at = (at + 1) & mask_) {
      if (slots_[at].tag != tag_of(mixed)) continue;
      const std::string_view found = piece(slots_[at].id);
      if (found.size() == size && found.starts_with(prefix) &&
          found.substr(prefix.size()) == word.substr(begin, end - begin)) {
        best = {.id = slots_[at].id, .chars = static_cast<std::uint32_t>(last + 1 - first)};
        break;
      }
    }
  }
  return best;
}

}  // namespace pnlp

#include "pnlp/text/vocabulary.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <bit>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/text/unicode.hpp"
#include "pnlp/text/utf8.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kContinuation = "##";
constexpr std::uint64_t kMaxBytes = 1ULL << 30;

// FNV-1a, because it grows by one byte at a time: all beginnings of a word are hashed in one walk.
// Its low bits are weak, so they are mixed.
constexpr std::uint64_t kBasis = 0xcbf29ce484222325ULL;
constexpr std::uint64_t add_byte(std::uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
}
constexpr std::uint64_t add_bytes(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = add_byte(hash, byte);
  return hash;
}
constexpr std::uint64_t kContinued = add_bytes(kBasis, kContinuation);

std::uint32_t load_slot(const char* slots, std::uint64_t at) {
  const auto byte = [from = slots + 4 * at](int i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(from[i]));
  };
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

// Looks at the ends of the line only: a vocabulary has a hundred thousand of them.
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

// Calls visit(offset, piece) for each line that is not empty.
template <typename Visit>
std::size_t for_each_piece(std::string_view all, const Visit& visit) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < all.size(); ++lines) {
    const std::size_t newline = std::min(all.find('\n', at), all.size());
    const std::string_view piece = stripped(all.substr(at, newline - at));
    if (!piece.empty()) visit(static_cast<std::size_t>(piece.data() - all.data()), piece);
    at = newline + 1;
  }
  return lines;
}

// Whether nothing but white space follows on the line.
bool ends_at(std::string_view all, std::size_t end) {
  if (end == all.size() || all[end] == '\n') return true;
  return stripped(all.substr(end, std::min(all.find('\n', end), all.size()) - end)).empty();
}

// A slot is 0, or 1 + the offset of a piece in its lower bits and a tag, of the hash, above them.
struct SlotForm {
  explicit SlotForm(std::size_t text_size) : bits(static_cast<int>(std::bit_width(text_size))) {}
  std::uint32_t place(std::uint32_t slot) const { return slot & ((1U << bits) - 1); }
  std::uint32_t tag(std::uint64_t mixed) const { return static_cast<std::uint32_t>(mixed) << bits; }
  int bits;  // at most 31
};

struct Found {
  std::uint64_t slot;
  std::uint32_t content;  // 0: no such piece, and the slot is free
};

// The slot of the piece of these two parts. Every content is checked before it is believed: the
// table may be of a file.
Found search(std::string_view all, const char* slots, std::uint64_t count, std::uint64_t hash,
             std::string_view prefix, std::string_view rest) {
  const SlotForm form(all.size());
  const std::uint64_t mixed = mix64(hash);
  const std::uint32_t tag = form.tag(mixed);
  const std::size_t size = prefix.size() + rest.size();
  std::uint64_t at = (mixed >> 32) * count >> 32;
  for (std::uint64_t tried = 0; tried < count; ++tried) {
    const std::uint32_t content = load_slot(slots, at);
    if (content == 0) break;
    const std::size_t place = form.place(content);
    if ((content ^ tag) >> form.bits == 0 && place != 0 && place <= all.size()) {
      const std::string_view found = all.substr(place - 1, size);
      if (found.size() == size && found.starts_with(prefix) &&
          found.substr(prefix.size()) == rest && ends_at(all, place - 1 + size)) {
        return {.slot = at, .content = content};
      }
    }
    if (++at == count) at = 0;
  }
  return {.slot = at, .content = 0};
}

}  // namespace

Vocabulary::Vocabulary(HeldText bytes, const std::string& name) : bytes_(std::move(bytes)) {
  check(name);
  const std::string_view all = bytes_.text();
  std::size_t pieces = 0;
  const std::size_t lines = for_each_piece(all, [&](std::size_t, std::string_view piece) {
    ++pieces;
    longest_ = std::max(longest_, piece.size());
  });
  count_ = pieces + pieces / 2 + 1;
  std::string slots(4 * count_, '\0');
  const SlotForm form(all.size());
  for_each_piece(all, [&](std::size_t offset, std::string_view piece) {
    const std::uint64_t hash = add_bytes(kBasis, piece);
    const Found found = search(all, slots.data(), count_, hash, {}, piece);
    if (found.content != 0) return;  // of equal pieces the first is found
    const std::uint32_t content = form.tag(mix64(hash)) | static_cast<std::uint32_t>(offset + 1);
    for (std::size_t byte = 0; byte < 4; ++byte)
      slots[4 * found.slot + byte] = static_cast<char>(content >> 8 * byte & 0xff);
  });
  slots_ = std::move(slots);
  if (!has_unknown()) {
    throw Error(
        ErrorKind::data, {.file = name},
        fmt::format("none of the {} lines is [UNK]; a BERT vocabulary has one piece a line, "
                    "and [UNK] for what it does not know",
                    lines));
  }
}

Vocabulary::Vocabulary(HeldText bytes, const HeldText& index, const std::string& name)
    : bytes_(std::move(bytes)) {
  check(name);
  ByteReader in(index.text(), name + ": the vocabulary's index");
  longest_ = in.count(kMaxBytes);
  count_ = in.count(2 * kMaxBytes);
  slots_ = index.with(in.raw(4 * count_));
  in.finish();
  if (count_ == 0 || !has_unknown()) {
    throw Error(ErrorKind::data, {.file = name},
                "the vocabulary's index does not know [UNK]; it is damaged");
  }
}

void Vocabulary::check(const std::string& name) const {
  if (bytes_.size() > kMaxBytes) {
    throw Error(ErrorKind::data, {.file = name},
                fmt::format("{} bytes are no BERT vocabulary", bytes_.size()));
  }
  check_utf8(bytes_.text(), name);
}

std::string Vocabulary::index() const {
  ByteWriter out;
  out.varint(longest_);
  out.varint(count_);
  out.raw(slots_.text());
  return out.take();
}

bool Vocabulary::has_unknown() const {
  return search(bytes_.text(), slots_.text().data(), count_, add_bytes(kBasis, unknown()), {},
                unknown())
             .content != 0;
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
    const Found found = search(bytes_.text(), slots_.text().data(), count_, hash, prefix,
                               word.substr(begin, end - begin));
    if (found.content == 0) continue;
    const std::size_t place = SlotForm(bytes_.size()).place(found.content) - 1;
    best = {.id = static_cast<std::uint32_t>(found.slot),
            .chars = static_cast<std::uint32_t>(last + 1 - first),
            .piece = bytes_.text().substr(place, size)};
  }
  return best;
}

}  // namespace pnlp

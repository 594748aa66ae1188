#include "pnlp/text/thai.hpp"

#include <unicode/bytestrie.h>
#include <unicode/udata.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace pnlp {
namespace {

constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();
// Longer runs (no text has them) are looked at in parts, so that memory stays small.
constexpr std::size_t kMostRun = 4096;

// Costs: a word of the dictionary, an unknown cluster, and the first of several more than the next.
constexpr std::uint32_t kWord = 1;
constexpr std::uint32_t kUnknown = 1;
constexpr std::uint32_t kFirstUnknown = 2;

bool is_thai(char16_t c) {
  return c >= 0x0E01 && c <= 0x0E5B;
}

// Whether a word may begin between two Thai characters: not before what follows or sits on its
// consonant, nor after a vowel that is written before its consonant.
bool is_cluster_bound(char16_t left, char16_t right) {
  const bool leans = (right >= 0x0E30 && right <= 0x0E3A) || right == 0x0E45 ||
                     (right >= 0x0E47 && right <= 0x0E4E);
  return !leans && !(left >= 0x0E40 && left <= 0x0E44);
}

bool may_cut(std::u16string_view run, std::size_t at) {
  constexpr char16_t kSilencer = 0x0E4C;  // thanthakhat: the consonant before it is not spoken
  if (at == 0 || at == run.size()) return true;
  if (at + 1 < run.size() && run[at + 1] == kSilencer) return false;
  return is_cluster_bound(run[at - 1], run[at]);
}

// ICU's dictionary files: data format "Dict", version 1, a trie of bytes, each a character minus an
// offset (icu4c/source/common/dictionarydata.h).
struct Dictionary {
  icu::LocalUDataMemoryPointer data;  // owns what `trie` points into
  const char* trie = nullptr;
  std::int32_t offset = 0;
};

UBool U_CALLCONV accept_dictionary(void* /*context*/, const char* /*type*/, const char* /*name*/,
                                   const UDataInfo* info) {
  static constexpr char kFormat[] = "Dict";
  return static_cast<UBool>(
      std::equal(kFormat, kFormat + 4, info->dataFormat,
                 [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }) &&
      info->formatVersion[0] == 1);
}

// Opened once and kept, as ICU keeps its own.
std::optional<Dictionary> open_dictionary() {
  constexpr std::size_t kTrieAt = 0;
  constexpr std::size_t kKind = 4;
  constexpr std::size_t kTransform = 5;
  constexpr std::int32_t kKindMask = 7;
  constexpr std::int32_t kBytes = 0;
  constexpr std::int32_t kByOffset = 0x01000000;
  constexpr std::int32_t kTransformMask = 0x7F000000;
  constexpr std::int32_t kOffsetMask = 0x1FFFFF;
  UErrorCode status = U_ZERO_ERROR;
  icu::LocalUDataMemoryPointer data(udata_openChoice(U_ICUDATA_NAME "-brkitr", "dict", "thaidict",
                                                     accept_dictionary, nullptr, &status));
  if (U_FAILURE(status)) return std::nullopt;
  const void* memory = udata_getMemory(data.getAlias());
  const auto* index = static_cast<const std::int32_t*>(memory);
  if ((index[kKind] & kKindMask) != kBytes || (index[kTransform] & kTransformMask) != kByOffset) {
    return std::nullopt;
  }
  return Dictionary{.data = std::move(data),
                    .trie = static_cast<const char*>(memory) + index[kTrieAt],
                    .offset = index[kTransform] & kOffsetMask};
}

const std::optional<Dictionary>& dictionary() {
  static const std::optional<Dictionary> opened = open_dictionary();
  return opened;
}

// Calls found(end) for each word of the dictionary that begins at `at`, the shortest first.
template <typename Found>
void each_word(const Dictionary& words, std::u16string_view run, std::size_t at,
               const Found& found) {
  icu::BytesTrie trie(words.trie);
  for (std::size_t end = at; end < run.size();) {
    const std::int32_t byte = static_cast<std::int32_t>(run[end]) - words.offset;
    if (byte < 0 || byte > 0xFD) return;
    const UStringTrieResult result = trie.next(byte);
    ++end;
    if (USTRINGTRIE_HAS_VALUE(result)) found(end);
    if (!USTRINGTRIE_HAS_NEXT(result)) return;
  }
}

}  // namespace

void ThaiWords::step(std::u16string_view run, std::size_t at, bool unknown) {
  const std::uint32_t cost = (unknown ? unknown_ : known_)[at].cost;
  if (cost == kNever) return;
  const auto reach = [&](Way& way, std::uint32_t total) {
    if (total < way.cost) {
      way = {.cost = total, .from = static_cast<std::uint32_t>(at), .from_unknown = unknown};
    }
  };
  each_word(*dictionary(), run, at, [&](std::size_t end) {
    if (may_cut(run, end)) reach(known_[end], cost + kWord);
  });
  std::size_t next = at + 1;
  while (!may_cut(run, next)) ++next;
  reach(unknown_[next], cost + (unknown ? kUnknown : kFirstUnknown));
}

void ThaiWords::find_in_run(std::u16string_view run, std::size_t offset,
                            std::vector<std::uint32_t>& cuts) {
  const Way never = {.cost = kNever, .from = 0, .from_unknown = false};
  known_.assign(run.size() + 1, never);
  unknown_.assign(run.size() + 1, never);
  known_[0].cost = 0;
  for (std::size_t at = 0; at < run.size(); ++at) {
    if (!may_cut(run, at)) continue;
    step(run, at, false);
    step(run, at, true);
  }
  const std::size_t first = cuts.size();
  std::size_t at = run.size();
  bool unknown = unknown_[at].cost < known_[at].cost;
  while (at > 0) {
    const Way& way = (unknown ? unknown_ : known_)[at];
    // Unknown clusters in a row are one word.
    if (way.from > 0 && !(unknown && way.from_unknown)) {
      cuts.push_back(static_cast<std::uint32_t>(offset + way.from));
    }
    at = way.from;
    unknown = way.from_unknown;
  }
  std::reverse(cuts.begin() + static_cast<std::ptrdiff_t>(first), cuts.end());
}

void ThaiWords::find(std::u16string_view text, std::vector<std::uint32_t>& cuts) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_thai(text[at])) {
      ++at;
      continue;
    }
    if (!dictionary()) return;
    std::size_t end = at + 1;
    while (end < text.size() && is_thai(text[end]) && end - at < kMostRun) ++end;
    find_in_run(text.substr(at, end - at), at, cuts);
    at = end;
  }
}

}  // namespace pnlp

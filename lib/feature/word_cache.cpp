#include "pnlp/feature/word_cache.hpp"

#include <algorithm>
#include <cstring>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kMeanKey = 64;
constexpr std::size_t kMaxWords = 1U << 28;
constexpr std::size_t kReserved = 8U << 20;  // values: 16 MiB

std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

// Forgets the content; memory beyond what the cache may keep is given back.
template <typename Container>
void empty(Container& container, std::size_t most) {
  container.clear();
  if (container.capacity() > 2 * most) container.shrink_to_fit();
}

}  // namespace

WordCache::WordCache(std::size_t words, std::uint32_t width)
    : limit_(std::min(words, kMaxWords)), width_(width), slots_(kFirstSlots, Slot{}) {
  // Pages that are not used cost nothing; growing would hold all rows twice.
  values_.reserve(std::min(limit_ * width_, kReserved));
}

std::string_view WordCache::long_key_of(const Entry& entry) const {
  std::size_t begin = 0;
  std::memcpy(&begin, entry.key.data(), sizeof begin);
  return std::string_view(keys_).substr(begin, entry.key_size);
}

std::uint32_t WordCache::find(std::string_view key) const {
  const std::uint64_t hash = hash64(key);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot].number != 0; slot = (slot + 1) & mask) {
    if (slots_[slot].tag != tag_of(hash)) continue;
    const std::uint32_t number = slots_[slot].number - 1;
    if (key_of(entries_[number]) == key) return number;
  }
  return kNone;
}

std::uint32_t WordCache::insert(std::string_view key, std::span<const std::uint16_t> values) {
  if (entries_.size() >= kNone - 1) {
    throw Error(ErrorKind::data, "more than 4294967294 distinct words; cut the data into parts");
  }
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  Entry entry{.hash = hash64(key), .key_size = static_cast<std::uint32_t>(key.size()), .key = {}};
  if (key.size() <= kShortKey) {
    std::ranges::copy(key, entry.key.begin());
  } else {
    const std::size_t begin = keys_.size();
    std::memcpy(entry.key.data(), &begin, sizeof begin);
    keys_ += key;
  }
  entries_.push_back(entry);
  values_.insert(values_.end(), values.begin(), values.end());
  place(entry.hash, static_cast<std::uint32_t>(entries_.size()));
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

void WordCache::place(std::uint64_t hash, std::uint32_t number) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot].number != 0) slot = (slot + 1) & mask;
  slots_[slot] = {tag_of(hash), number};
}

void WordCache::grow() {
  slots_.assign(2 * slots_.size(), Slot{});
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    place(entries_[i].hash, static_cast<std::uint32_t>(i + 1));
  }
}

void WordCache::trim() {
  if (entries_.size() < limit_ && keys_.size() < limit_ * kMeanKey) return;
  if (entries_.empty()) return;
  // A crowded batch may have gone beyond the limit.
  if (slots_.size() > 4 * std::max(limit_, kFirstSlots)) {
    slots_ = std::vector<Slot>(kFirstSlots, Slot{});
  }
  std::ranges::fill(slots_, Slot{});
  empty(entries_, limit_);
  empty(keys_, limit_ * kMeanKey);
  empty(values_, limit_ * width_);
  ++generation_;
}

}  // namespace pnlp

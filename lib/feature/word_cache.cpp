#include "pnlp/feature/word_cache.hpp"

#include <algorithm>

#include "pnlp/base/hash.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kMaxKey = 1024;
constexpr std::size_t kMeanKey = 64;
constexpr std::size_t kMaxWords = 1U << 28;

}  // namespace

WordCache::WordCache(std::size_t words, std::uint32_t width)
    : limit_(std::min(words, kMaxWords)), width_(width), slots_(kFirstSlots, kFree) {}

const std::uint16_t* WordCache::find(std::string_view key) const {
  const std::uint64_t hash = hash64(key);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot] != kFree; slot = (slot + 1) & mask) {
    const std::size_t index = slots_[slot] - 1;
    const Entry& entry = entries_[index];
    if (entry.hash == hash &&
        std::string_view(keys_).substr(entry.key_begin, entry.key_size) == key) {
      return values_.data() + index * width_;
    }
  }
  return nullptr;
}

void WordCache::insert(std::string_view key, std::span<const std::uint16_t> values) {
  if (limit_ == 0 || key.size() > kMaxKey) return;
  if (entries_.size() == limit_ || keys_.size() + key.size() > limit_ * kMeanKey + kMaxKey) clear();
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  const std::uint64_t hash = hash64(key);
  entries_.push_back({hash, keys_.size(), key.size()});
  keys_ += key;
  values_.insert(values_.end(), values.begin(), values.end());
  place(hash, static_cast<std::uint32_t>(entries_.size()));
}

void WordCache::place(std::uint64_t hash, std::uint32_t entry) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != kFree) slot = (slot + 1) & mask;
  slots_[slot] = entry;
}

void WordCache::grow() {
  slots_.assign(2 * slots_.size(), kFree);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    place(entries_[i].hash, static_cast<std::uint32_t>(i + 1));
  }
}

void WordCache::clear() {
  std::ranges::fill(slots_, kFree);
  entries_.clear();
  keys_.clear();
  values_.clear();
}

}  // namespace pnlp

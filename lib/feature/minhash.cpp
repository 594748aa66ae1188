#include "pnlp/feature/minhash.hpp"

#include <algorithm>
#include <limits>

#include "pnlp/base/hash.hpp"
#include "pnlp/feature/code_points.hpp"

namespace pnlp {
namespace {

// Seeds of XXH3: "ing" inside a word and "ing" as a continuation are different things.
constexpr std::uint64_t kNgramSeed = 0;
constexpr std::uint64_t kContinuationSeed = 1;

constexpr std::size_t kCacheBytes = 32U << 20;
constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max();

// One 32-bit hash function for each seed, all of the same n-gram. Written so that compilers turn
// the loop into vector instructions; constants of Wellons' "lowbias32".
void lower_minima(std::uint64_t hash, const std::uint32_t* __restrict seeds,
                  std::uint32_t* __restrict minima, std::size_t count) {
  const auto low = static_cast<std::uint32_t>(hash);
  const auto high = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t x = low ^ seeds[i];
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15) ^ high) * 0x846ca68bU;
    x ^= x >> 16;
    minima[i] = std::min(minima[i], x);
  }
}

void take_minima(const std::uint32_t* __restrict from, std::uint32_t* __restrict minima,
                 std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) minima[i] = std::min(minima[i], from[i]);
}

// A minimum of many hashes is small; another mixing makes its 16 bits uniform again.
void reduce(const std::uint32_t* __restrict minima, std::uint16_t* __restrict out,
            std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t x = minima[i] + 0x9e3779b9U;
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15)) * 0x846ca68bU;
    out[i] = static_cast<std::uint16_t>(x >> 16);
  }
}

}  // namespace

MinHash::MinHash(const ProjectionSpec& spec)
    : hashes_(spec.hashes),
      ngram_(spec.ngram),
      lowercase_(spec.lowercase),
      seeds_(spec.hashes),
      minima_(spec.hashes),
      unit_(spec.hashes),
      cache_limit_(kCacheBytes / (sizeof(std::uint32_t) * spec.hashes)) {
  for (std::size_t i = 0; i < hashes_; ++i) {
    seeds_[i] = static_cast<std::uint32_t>(mix64(spec.seed + (i + 1) * 0x9e3779b97f4a7c15ULL));
  }
}

void MinHash::fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                          std::span<std::uint16_t> out) {
  std::ranges::fill(minima_, kNothing);
  bool empty = true;
  for (const ProjectionUnit& unit : units) {
    if (unit.text.empty()) continue;
    take_minima(unit_minima(unit), minima_.data(), hashes_);
    empty = false;
  }
  if (empty) lower_minima(hash64(word, kNgramSeed), seeds_.data(), minima_.data(), hashes_);
  reduce(minima_.data(), out.data(), hashes_);
}

const std::uint32_t* MinHash::unit_minima(const ProjectionUnit& unit) {
  if (unit.id == Unit::kNoId) {
    hash_unit(unit, unit_.data());
    return unit_.data();
  }
  bool filled = false;
  const std::size_t key = 2UL * unit.id + (unit.continuation ? 1 : 0);
  std::uint32_t* entry = cache_entry(key, filled);
  if (!filled) hash_unit(unit, entry);
  return entry;
}

std::uint32_t* MinHash::cache_entry(std::size_t key, bool& filled) {
  if (key >= entry_of_.size()) entry_of_.resize(key + 1, 0);
  filled = entry_of_[key] != 0;
  if (!filled) {
    if (cached_ == cache_limit_) {
      std::ranges::fill(entry_of_, 0U);
      cached_ = 0;
    }
    entry_of_[key] = static_cast<std::uint32_t>(++cached_);
    if (cache_.size() < cached_ * hashes_) cache_.resize(cached_ * hashes_);
  }
  return cache_.data() + (entry_of_[key] - 1UL) * hashes_;
}

void MinHash::hash_unit(const ProjectionUnit& unit, std::uint32_t* minima) {
  std::fill_n(minima, hashes_, kNothing);
  const std::string_view text = lowercase_ ? lower_(unit.text) : unit.text;
  if (unit.continuation) {
    lower_minima(hash64(text, kContinuationSeed), seeds_.data(), minima, hashes_);
    return;
  }
  // [begin, end) slides over n code points at a time.
  std::size_t end = 0;
  for (std::uint32_t i = 0; i < ngram_ && end < text.size(); ++i) end = next_code_point(text, end);
  std::size_t begin = 0;
  for (;;) {
    const std::uint64_t hash = hash64(text.substr(begin, end - begin), kNgramSeed);
    lower_minima(hash, seeds_.data(), minima, hashes_);
    if (end >= text.size()) return;
    begin = next_code_point(text, begin);
    end = next_code_point(text, end);
  }
}

}  // namespace pnlp

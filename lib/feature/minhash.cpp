#include "pnlp/feature/minhash.hpp"

#include <algorithm>
#include <limits>

namespace pnlp {
namespace {

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
      seeds_(spec.hashes),
      minima_(spec.hashes),
      unit_hashes_(spec),
      cache_(spec.hashes) {
  for (std::size_t i = 0; i < hashes_; ++i) {
    seeds_[i] = static_cast<std::uint32_t>(function_seed(spec.seed, i));
  }
}

void MinHash::fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                          std::span<std::uint16_t> out) {
  std::ranges::fill(minima_, kNothing);
  bool empty = true;
  for (const ProjectionUnit& unit : units) {
    if (unit.text.empty()) continue;
    const std::uint32_t* minima = cache_.row(unit, [&](std::uint32_t* row) {
      std::fill_n(row, hashes_, kNothing);
      for (const std::uint64_t hash : unit_hashes_(unit)) {
        lower_minima(hash, seeds_.data(), row, hashes_);
      }
    });
    take_minima(minima, minima_.data(), hashes_);
    empty = false;
  }
  if (empty) lower_minima(UnitHashes::of_word(word), seeds_.data(), minima_.data(), hashes_);
  reduce(minima_.data(), out.data(), hashes_);
}

void MinHashBits::fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                              std::span<std::uint16_t> out) {
  minhash_.fingerprint(word, units, out);
  for (std::uint16_t& value : out) value = sign_value(2 * (value & 1) - 1);
}

}  // namespace pnlp

// Random numbers that are a function of (seed, stream, counter) and of nothing else:
// the same for any number of threads, and resumable from a few stored integers.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "pnlp/base/hash.hpp"

namespace pnlp {

// SplitMix64 started from a mixing of the three keys (for example: seed, epoch, shard).
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t substream = 0)
      : state_(mix64(mix64(mix64(seed + kGamma) + stream * kGamma) + substream * kGamma)) {}

  std::uint64_t next() { return mix64(state_ += kGamma); }
  // Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Uniform in [0, bound), bound > 0; by multiplication (bias below bound / 2^64).
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
  // Standard normal by Box and Muller's method.
  double normal();

  // Fisher and Yates' shuffle.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15ULL;
  std::uint64_t state_;
};

}  // namespace pnlp

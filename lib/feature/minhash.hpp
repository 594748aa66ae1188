// MinHash fingerprints of words from the character n-grams of their subword units (Fusco et al.,
// arXiv 2202.04350, section 3.1), and their lowest bits. The hash family is fixed by
// pnlp-features(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pnlp/feature/main_channel.hpp"
#include "pnlp/feature/unit_cache.hpp"
#include "pnlp/feature/unit_hashes.hpp"

namespace pnlp {

class MinHash : public MainChannel {
 public:
  // `spec` must have been checked.
  explicit MinHash(const ProjectionSpec& spec);

  // One value for each hash function: the minimum over the n-grams of all units, remixed to 16
  // bits. A word without units that hold text is hashed whole.
  void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                   std::span<std::uint16_t> out) override;

 private:
  std::size_t hashes_;
  std::vector<std::uint32_t> seeds_;   // one for each hash function
  std::vector<std::uint32_t> minima_;  // of the word in work
  UnitHashes unit_hashes_;
  UnitCache<std::uint32_t> cache_;  // minima of units
};

// The lowest bit of each value of MinHash, as a sign, 1 or -1: two words agree in one with
// probability (1 + J) / 2, J their Jaccard similarity (Li, König, "b-Bit Minwise Hashing", 2010).
// Signs, for the mean of zeros and ones would be a large vector that all words share.
class MinHashBits : public MainChannel {
 public:
  explicit MinHashBits(const ProjectionSpec& spec) : minhash_(spec) {}
  void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                   std::span<std::uint16_t> out) override;

 private:
  MinHash minhash_;
};

}  // namespace pnlp

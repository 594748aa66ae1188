// SimHash fingerprints (Charikar, "Similarity Estimation Techniques from Rounding Algorithms",
// 2002): each number is the sign of a sum of random signs, one for each n-gram of the word's units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pnlp/feature/main_channel.hpp"
#include "pnlp/feature/unit_cache.hpp"
#include "pnlp/feature/unit_hashes.hpp"

namespace pnlp {

class SimHash : public MainChannel {
 public:
  // `spec` must have been checked.
  explicit SimHash(const ProjectionSpec& spec);

  // 1, -1, or 0 where as many n-grams say the one as the other. A word without units that hold
  // text is hashed whole.
  void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                   std::span<std::uint16_t> out) override;

 private:
  void add_signs(std::uint64_t hash, std::int32_t* sums) const;

  std::vector<std::uint64_t> seeds_;  // of the blocks of 64 signs
  std::vector<std::int32_t> sums_;    // of the word in work
  UnitHashes unit_hashes_;
  UnitCache<std::int32_t> cache_;  // sums of units
};

}  // namespace pnlp

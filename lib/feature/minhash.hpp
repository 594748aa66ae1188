// MinHash fingerprints of words from the character n-grams of their subword units (Fusco et al.,
// arXiv 2202.04350, section 3.1). The hash family is fixed by pnlp-features(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/text/lower_case.hpp"
#include "pnlp/feature/projection.hpp"

namespace pnlp {

class MinHash {
 public:
  // `spec` must have been checked.
  explicit MinHash(const ProjectionSpec& spec);

  // One value for each hash function: the minimum over the n-grams of all units, remixed to 16
  // bits. A word without units that hold text is hashed whole. `out.size()` == spec.hashes.
  void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                   std::span<std::uint16_t> out);

 private:
  const std::uint32_t* unit_minima(const ProjectionUnit& unit);
  void hash_unit(const ProjectionUnit& unit, std::uint32_t* minima);
  std::uint32_t* cache_entry(std::size_t key, bool& filled);

  std::size_t hashes_;
  std::uint32_t ngram_;
  bool lowercase_;
  std::vector<std::uint32_t> seeds_;   // one for each hash function
  std::vector<std::uint32_t> minima_;  // of the word in work
  std::vector<std::uint32_t> unit_;    // of a unit that is not cached
  LowerCase lower_;

  // Minima of units by 2 * vocabulary id + continuation; emptied when full.
  std::size_t cache_limit_;              // units
  std::size_t cached_ = 0;               // units
  std::vector<std::uint32_t> entry_of_;  // 1 + index of the unit's minima; 0: none
  std::vector<std::uint32_t> cache_;     // hashes_ minima an entry
};

}  // namespace pnlp

#include "pnlp/feature/simhash.hpp"

#include <algorithm>

namespace pnlp {

SimHash::SimHash(const ProjectionSpec& spec)
    : seeds_(wide_seeds(spec.seed, spec.hashes)),
      sums_(spec.hashes),
      unit_hashes_(spec),
      cache_(spec.hashes) {}

void SimHash::fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                          std::span<std::uint16_t> out) {
  std::ranges::fill(sums_, 0);
  bool empty = true;
  for (const ProjectionUnit& unit : units) {
    if (unit.text.empty()) continue;
    const std::int32_t* sums = cache_.row(unit, [&](std::int32_t* row) {
      std::fill_n(row, sums_.size(), 0);
      for (const std::uint64_t hash : unit_hashes_(unit)) add_signs(hash, row);
    });
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += sums[i];
    empty = false;
  }
  if (empty) add_signs(UnitHashes::of_word(word), sums_.data());
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    out[i] = sign_value((sums_[i] > 0 ? 1 : 0) - (sums_[i] < 0 ? 1 : 0));
  }
}

// Bit i of the wide hash is the sign of number i: 1 for +1, 0 for -1.
void SimHash::add_signs(std::uint64_t hash, std::int32_t* sums) const {
  std::size_t left = sums_.size();
  for (const std::uint64_t seed : seeds_) {
    const std::uint64_t bits = wide_block(hash, seed);
    const std::size_t count = std::min<std::size_t>(left, 64);
    for (std::size_t bit = 0; bit < count; ++bit) {
      sums[bit] += 2 * static_cast<std::int32_t>((bits >> bit) & 1) - 1;
    }
    sums += count;
    left -= count;
  }
}

}  // namespace pnlp

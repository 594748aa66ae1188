#include "pnlp/feature/ternary.hpp"

#include <array>

#include "pnlp/feature/unit_hashes.hpp"

namespace pnlp {

Ternary::Ternary(const ProjectionSpec& spec) : seeds_(wide_seeds(spec.seed, 2UL * spec.hashes)) {}

void Ternary::fingerprint(std::string_view word, std::span<const ProjectionUnit> /*units*/,
                          std::span<std::uint16_t> out) {
  constexpr std::array<std::uint16_t, 4> kNumbers = {0, sign_value(1), sign_value(-1), 0};
  constexpr std::size_t kPairs = 32;  // a block
  const std::uint64_t hash = hash64(lower_(word));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t block = wide_block(hash, seeds_[i / kPairs]);
    out[i] = kNumbers[(block >> (2 * (i % kPairs))) & 3];
  }
}

}  // namespace pnlp

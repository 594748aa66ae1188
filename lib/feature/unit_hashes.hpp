// The 64-bit hashes that stand for a subword unit: of its character n-grams, or of the whole of it.
// What minhash, simhash and binary start from; fixed by pnlp-features(5).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pnlp/base/hash.hpp"
#include "pnlp/feature/projection.hpp"
#include "pnlp/text/lower_case.hpp"

namespace pnlp {

// Seed of the projection's hash function `i`, or of block `i` of a wide hash.
constexpr std::uint64_t function_seed(std::uint64_t seed, std::uint64_t i) {
  return mix64(seed + (i + 1) * 0x9e3779b97f4a7c15ULL);
}

// The seeds of a wide hash of `bits` bits, one for each block of 64.
std::vector<std::uint64_t> wide_seeds(std::uint64_t seed, std::size_t bits);
// Block of a wide hash.
constexpr std::uint64_t wide_block(std::uint64_t hash, std::uint64_t block_seed) {
  return mix64(hash + block_seed);
}

class UnitHashes {
 public:
  // `spec` must have been checked.
  explicit UnitHashes(const ProjectionSpec& spec)
      : ngram_(spec.ngram), lowercase_(spec.lowercase) {}

  // At least one. Valid until the next call.
  std::span<const std::uint64_t> operator()(const ProjectionUnit& unit);
  // Of a word without units.
  static std::uint64_t of_word(std::string_view word);

 private:
  std::uint32_t ngram_;
  bool lowercase_;
  LowerCase lower_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace pnlp

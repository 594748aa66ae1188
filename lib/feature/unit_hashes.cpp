#include "pnlp/feature/unit_hashes.hpp"

#include "pnlp/feature/code_points.hpp"

namespace pnlp {
namespace {

// Seeds of XXH3: "ing" inside a word and "ing" as a continuation are different things.
constexpr std::uint64_t kNgramSeed = 0;
constexpr std::uint64_t kContinuationSeed = 1;
constexpr std::size_t kBlockBits = 64;

}  // namespace

std::vector<std::uint64_t> wide_seeds(std::uint64_t seed, std::size_t bits) {
  std::vector<std::uint64_t> seeds((bits + kBlockBits - 1) / kBlockBits);
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = function_seed(seed, i);
  return seeds;
}

std::span<const std::uint64_t> UnitHashes::operator()(const ProjectionUnit& unit) {
  hashes_.clear();
  const std::string_view text = lowercase_ ? lower_(unit.text) : unit.text;
  if (unit.continuation) {
    hashes_.push_back(hash64(text, kContinuationSeed));
    return hashes_;
  }
  // [begin, end) slides over n code points at a time.
  std::size_t end = 0;
  for (std::uint32_t i = 0; i < ngram_ && end < text.size(); ++i) end = next_code_point(text, end);
  std::size_t begin = 0;
  for (;;) {
    hashes_.push_back(hash64(text.substr(begin, end - begin), kNgramSeed));
    if (end >= text.size()) return hashes_;
    begin = next_code_point(text, begin);
    end = next_code_point(text, end);
  }
}

std::uint64_t UnitHashes::of_word(std::string_view word) {
  return hash64(word, kNgramSeed);
}

}  // namespace pnlp

#include "pnlp/feature/word_ngrams.hpp"

#include <algorithm>
#include <bit>

#include "pnlp/base/hash.hpp"

namespace pnlp {
namespace {

constexpr std::uint64_t kLetters = 1ULL << 32U;  // what their values follow

// Of an n-gram and the word that follows it.
std::uint64_t join(std::uint64_t hash, std::uint64_t key) {
  return mix64(hash * 0x9e3779b97f4a7c15ULL + key + 1);
}

}  // namespace

void WordNgrams::append(std::span<const std::uint64_t> keys, std::span<const std::uint16_t> letters,
                        std::vector<std::int32_t>& rows) {
  if (empty()) return;
  const std::size_t most = std::bit_ceil(2 * (keys.size() * options_.longest + letters.size()) + 1);
  if (seen_.size() < most) seen_.assign(most, {});
  if (++stamp_ == 0) {
    std::ranges::fill(seen_, Seen{});
    stamp_ = 1;
  }
  open_.assign(options_.longest + 1UL, 0);  // open_[n]: the n-gram's hash; of no words: 0
  for (std::size_t at = 0; at < keys.size(); ++at) {
    const std::size_t longest = std::min<std::size_t>(options_.longest, at + 1);
    for (std::size_t n = longest; n > 0; --n) {
      open_[n] = join(open_[n - 1], keys[at]);
      append_hash(open_[n], rows);
    }
  }
  for (const std::uint16_t value : letters) append_hash(mix64(kLetters + value), rows);
}

void WordNgrams::append_hash(std::uint64_t hash, std::vector<std::int32_t>& rows) {
  const auto row = static_cast<std::uint32_t>(((hash >> 32) * options_.rows) >> 32);
  if (first_time(row)) rows.push_back(static_cast<std::int32_t>(row));
}

bool WordNgrams::first_time(std::uint32_t row) {
  const std::size_t mask = seen_.size() - 1;
  for (std::size_t at = mix64(row) & mask;; at = (at + 1) & mask) {
    Seen& seen = seen_[at];
    if (seen.stamp != stamp_) {
      seen = {row, stamp_};
      return true;
    }
    if (seen.row == row) return false;
  }
}

}  // namespace pnlp

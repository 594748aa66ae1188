#include "pnlp/feature/row_table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kFirstSlots = 1024;

std::uint64_t hash_row(std::span<const std::uint16_t> row) {
  return hash64({reinterpret_cast<const char*>(row.data()), row.size_bytes()});
}

}  // namespace

RowTable::RowTable(std::uint32_t width) : width_(width), slots_(kFirstSlots, 0) {
  if (width == 0) throw Error(ErrorKind::usage, "a fingerprint has at least one value, not 0");
}

std::uint32_t RowTable::add(std::span<const std::uint16_t> row) {
  if (2 * (hashes_.size() + 1) > slots_.size()) grow();
  const std::uint64_t hash = hash_row(row);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::size_t number = slots_[slot] - 1;
    if (hashes_[number] == hash &&
        std::memcmp(values_.data() + number * width_, row.data(), row.size_bytes()) == 0) {
      return static_cast<std::uint32_t>(number);
    }
  }
  if (hashes_.size() == std::numeric_limits<std::uint32_t>::max() - 1) {
    throw Error(ErrorKind::data, "more than 4294967294 distinct words; cut the data into parts");
  }
  values_.insert(values_.end(), row.begin(), row.end());
  hashes_.push_back(hash);
  slots_[slot] = size();
  return size() - 1;
}

void RowTable::clear() {
  // A table that once was large must not cost every small batch after it.
  if (slots_.size() > 16 * (hashes_.size() + kFirstSlots)) slots_.resize(slots_.size() / 2);
  std::ranges::fill(slots_, 0U);
  hashes_.clear();
  values_.clear();
}

void RowTable::grow() {
  slots_.assign(2 * slots_.size(), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    std::size_t slot = hashes_[i] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace pnlp

// Distinct rows of 16-bit values, numbered in the order of their first appearance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pnlp {

class RowTable {
 public:
  // Error(usage) if `width` is 0.
  explicit RowTable(std::uint32_t width);

  // Number of the row equal to `row`, which is added if it is new. `row.size()` == width().
  // Error(data) at 2^32 - 1 rows.
  std::uint32_t add(std::span<const std::uint16_t> row);
  std::span<const std::uint16_t> row(std::uint32_t number) const {
    return std::span(values_).subspan(static_cast<std::size_t>(number) * width_, width_);
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(hashes_.size()); }
  std::uint32_t width() const { return width_; }
  // All rows, one after another.
  std::span<const std::uint16_t> values() const { return values_; }
  // Forgets the rows, keeps the memory.
  void clear();

 private:
  void grow();

  std::uint32_t width_;
  std::vector<std::uint32_t> slots_;  // open addressing: 1 + row number, or 0; a power of two
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint16_t> values_;
};

}  // namespace pnlp

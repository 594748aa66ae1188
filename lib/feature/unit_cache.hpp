// What a projection has worked out for a subword unit, by the unit's number in its vocabulary:
// rows of numbers, dropped all together when there are too many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pnlp/feature/projection.hpp"

namespace pnlp {

template <typename T>
class UnitCache {
 public:
  // Rows of `width` numbers, about 32 MiB of them.
  explicit UnitCache(std::size_t width)
      : width_(width),
        limit_(std::max<std::size_t>(1, kBytes / (sizeof(T) * width))),
        loose_(width) {}

  // The unit's row; fill(row) writes one that is not known. Valid until the next call.
  template <typename Fill>
  const T* row(const ProjectionUnit& unit, const Fill& fill) {
    if (unit.id == Unit::kNoId) {
      fill(loose_.data());
      return loose_.data();
    }
    const std::size_t key = 2UL * unit.id + (unit.continuation ? 1 : 0);
    if (key >= entry_of_.size()) entry_of_.resize(key + 1, 0);
    if (entry_of_[key] == 0) {
      if (used_ == limit_) {
        std::ranges::fill(entry_of_, 0U);
        used_ = 0;
      }
      entry_of_[key] = static_cast<std::uint32_t>(++used_);
      if (rows_.size() < used_ * width_) rows_.resize(used_ * width_);
      fill(rows_.data() + (used_ - 1) * width_);
    }
    return rows_.data() + (entry_of_[key] - 1UL) * width_;
  }

 private:
  static constexpr std::size_t kBytes = 2U << 20;

  std::size_t width_;
  std::size_t limit_;                    // rows
  std::size_t used_ = 0;                 // rows
  std::vector<std::uint32_t> entry_of_;  // by 2 * unit id + continuation: 1 + its row; 0: none
  std::vector<T> rows_;
  std::vector<T> loose_;  // of a unit without a number
};

}  // namespace pnlp

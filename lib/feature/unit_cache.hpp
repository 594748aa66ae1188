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
  // Rows of `width` numbers, about 2 MiB of them.
  explicit UnitCache(std::size_t width)
      : width_(width),
        limit_(std::max<std::size_t>(1, kBytes / (sizeof(T) * width))),
        slots_(kFirstSlots),
        loose_(width) {}

  // The unit's row; fill(row) writes one that is not known. Valid until the next call.
  template <typename Fill>
  const T* row(const ProjectionUnit& unit, const Fill& fill) {
    if (unit.id == Unit::kNoId) {
      fill(loose_.data());
      return loose_.data();
    }
    const std::uint64_t key = 1 + 2ULL * unit.id + (unit.continuation ? 1 : 0);
    std::size_t slot = slot_of(key);
    if (slots_[slot].key == 0) {
      make_room();
      slot = slot_of(key);
      slots_[slot] = {.key = key, .row = used_++};
      if (rows_.size() < used_ * width_) rows_.resize(used_ * width_);
      fill(rows_.data() + slots_[slot].row * width_);
    }
    return rows_.data() + slots_[slot].row * width_;
  }

 private:
  static constexpr std::size_t kBytes = 2U << 20;
  static constexpr std::size_t kFirstSlots = 256;

  struct Slot {
    std::uint64_t key = 0;  // 1 + 2 * unit id + continuation; 0: free
    std::size_t row = 0;
  };

  // Where the key is, or belongs.
  std::size_t slot_of(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = (key * 0x9e3779b97f4a7c15ULL >> 32) & mask;
    while (slots_[slot].key != 0 && slots_[slot].key != key) slot = (slot + 1) & mask;
    return slot;
  }

  // For one more row.
  void make_room() {
    if (used_ == limit_) {
      std::ranges::fill(slots_, Slot{});
      used_ = 0;
    } else if (2 * (used_ + 1) > slots_.size()) {
      std::vector<Slot> old(2 * slots_.size());
      old.swap(slots_);
      for (const Slot& slot : old) {
        if (slot.key != 0) slots_[slot_of(slot.key)] = slot;
      }
    }
  }

  std::size_t width_;
  std::size_t limit_;        // rows
  std::size_t used_ = 0;     // rows
  std::vector<Slot> slots_;  // open addressing; a power of two
  std::vector<T> rows_;
  std::vector<T> loose_;  // of a unit without a number
};

}  // namespace pnlp

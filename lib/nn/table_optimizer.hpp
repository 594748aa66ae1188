// Adam over the feature table, of which a batch reads few rows. A row without a gradient moves all
// the same: its running means fade, and it decays. These updates are put off until the row is read
// again, and then done together while it is in the cache, with the same result to the last bit as
// updating the whole table in each step. Rows of a few floats are dealt with some at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/nn/bottleneck.hpp"
#include "pnlp/nn/optimizer.hpp"

namespace pnlp {

// The arena that the table is a part of.
struct TableArena {
  float* gradients;  // 0 in rows that are not marked
  float* weights;
  AdamState& adam;
};

// In each step: clear(); mark() for each batch; for every unit catch_up(), from when on the marked
// rows may be read; their gradients; for every unit update(); end_step(). Threads may share the
// units. settle() for every settling unit, then settled(), makes all rows current.
class TableOptimizer {
 public:
  // The table's first float in the arena is `offset`.
  TableOptimizer(const BottleneckShape& shape, std::size_t offset);

  void clear();
  void mark(const PackedBatch& batch);
  std::size_t units() const;  // of the marked rows
  void catch_up(std::size_t unit, const TableArena& arena);
  double sum_of_squares(std::size_t unit, const float* gradients) const;
  // Leaves gradients of 0.
  void update(std::size_t unit, const AdamStep& step, const TableArena& arena);
  void end_step(const AdamStep& step);

  std::size_t settling_units() const;
  void settle(std::size_t unit, const TableArena& arena);
  void settled();

 private:
  struct Floats {
    std::size_t begin, end;  // in the arena
  };
  Floats floats_of(std::uint32_t block) const;
  std::span<const std::uint32_t> marked(std::size_t unit) const;
  void catch_up_block(std::uint32_t block, const TableArena& arena);

  BottleneckShape shape_;
  std::size_t offset_, rows_;
  std::uint32_t shift_;              // a block is 2^shift rows
  std::vector<AdamStep> steps_;      // since all rows were current
  std::vector<std::uint32_t> done_;  // by block: how many of them
  std::vector<std::uint32_t> marked_;
  std::vector<std::uint8_t> is_marked_;  // by block
};

}  // namespace pnlp

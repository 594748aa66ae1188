#include "pnlp/nn/table_optimizer.hpp"

#include <algorithm>
#include <bit>

namespace pnlp {
namespace {

constexpr std::size_t kBlockFloats = 64;  // four cache lines: of a block, unless a row is longer
constexpr std::size_t kUnit = 64;         // blocks

}  // namespace

TableOptimizer::TableOptimizer(const BottleneckShape& shape, std::size_t offset)
    : shape_(shape),
      offset_(offset),
      rows_(shape.windowed_rows + shape.plain_rows),
      shift_(static_cast<std::uint32_t>(
          std::bit_width(std::max<std::size_t>(1, kBlockFloats / shape.channels)) - 1)),
      done_((rows_ + (1U << shift_) - 1) >> shift_, 0),
      is_marked_(done_.size(), 0) {}

TableOptimizer::Floats TableOptimizer::floats_of(std::uint32_t block) const {
  const std::size_t first = std::size_t{block} << shift_;
  const std::size_t last = std::min(rows_, first + (std::size_t{1} << shift_));
  return {offset_ + shape_.start_of(first), offset_ + shape_.start_of(last)};
}

void TableOptimizer::clear() {
  for (const std::uint32_t block : marked_) is_marked_[block] = 0;
  marked_.clear();
}

void TableOptimizer::mark(const PackedBatch& batch) {
  for (std::size_t word = 0; word < batch.words(); ++word) {
    for (const std::int32_t row : batch.rows_of(word).rows) {
      const std::uint32_t block = static_cast<std::uint32_t>(row) >> shift_;
      if (is_marked_[block] == 0) marked_.push_back(block);
      is_marked_[block] = 1;
    }
  }
}

std::size_t TableOptimizer::units() const {
  return (marked_.size() + kUnit - 1) / kUnit;
}

std::span<const std::uint32_t> TableOptimizer::marked(std::size_t unit) const {
  const std::size_t begin = unit * kUnit;
  return std::span(marked_).subspan(begin, std::min(kUnit, marked_.size() - begin));
}

void TableOptimizer::catch_up_block(std::uint32_t block, const TableArena& arena) {
  const Floats floats = floats_of(block);
  for (std::uint32_t& done = done_[block]; done < steps_.size(); ++done) {
    adam_update(steps_[done], floats.begin, floats.end, arena.gradients, arena.weights, arena.adam);
  }
}

void TableOptimizer::catch_up(std::size_t unit, const TableArena& arena) {
  for (const std::uint32_t block : marked(unit)) catch_up_block(block, arena);
}

double TableOptimizer::sum_of_squares(std::size_t unit, const float* gradients) const {
  double sum = 0;
  for (const std::uint32_t block : marked(unit)) {
    const Floats floats = floats_of(block);
    sum += pnlp::sum_of_squares(gradients + floats.begin, floats.end - floats.begin);
  }
  return sum;
}

void TableOptimizer::update(std::size_t unit, const AdamStep& step, const TableArena& arena) {
  for (const std::uint32_t block : marked(unit)) {
    const Floats floats = floats_of(block);
    adam_update(step, floats.begin, floats.end, arena.gradients, arena.weights, arena.adam);
    std::fill(arena.gradients + floats.begin, arena.gradients + floats.end, 0.0F);
    ++done_[block];
  }
}

void TableOptimizer::end_step(const AdamStep& step) {
  steps_.push_back(step);
}

std::size_t TableOptimizer::settling_units() const {
  return (done_.size() + kUnit - 1) / kUnit;
}

void TableOptimizer::settle(std::size_t unit, const TableArena& arena) {
  const std::size_t end = std::min(done_.size(), (unit + 1) * kUnit);
  for (std::size_t block = unit * kUnit; block < end; ++block)
    catch_up_block(static_cast<std::uint32_t>(block), arena);
}

void TableOptimizer::settled() {
  steps_.clear();
  std::ranges::fill(done_, 0U);
}

}  // namespace pnlp

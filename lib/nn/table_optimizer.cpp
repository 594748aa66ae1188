#include "pnlp/nn/table_optimizer.hpp"

#include <algorithm>

namespace pnlp {
namespace {

constexpr std::size_t kRows = 64;  // of a unit

}  // namespace

TableOptimizer::TableOptimizer(const BottleneckShape& shape, std::size_t offset)
    : shape_(shape),
      offset_(offset),
      done_(shape.windowed_rows + shape.plain_rows, 0),
      is_marked_(done_.size(), 0) {}

TableOptimizer::Floats TableOptimizer::floats_of(std::uint32_t row) const {
  const std::size_t windowed = std::min<std::size_t>(row, shape_.windowed_rows);
  const std::size_t begin =
      offset_ + windowed * shape_.width() + (row - windowed) * shape_.channels;
  return {begin, begin + (row < shape_.windowed_rows ? shape_.width() : shape_.channels)};
}

void TableOptimizer::clear() {
  for (const std::uint32_t row : marked_) is_marked_[row] = 0;
  marked_.clear();
}

void TableOptimizer::mark(const PackedBatch& batch) {
  for (std::size_t word = 0; word < batch.words(); ++word) {
    for (const std::int32_t row : batch.rows_of(word).rows) {
      std::uint8_t& is_marked = is_marked_[static_cast<std::size_t>(row)];
      if (is_marked == 0) marked_.push_back(static_cast<std::uint32_t>(row));
      is_marked = 1;
    }
  }
}

std::size_t TableOptimizer::units() const {
  return (marked_.size() + kRows - 1) / kRows;
}

std::span<const std::uint32_t> TableOptimizer::marked(std::size_t unit) const {
  const std::size_t begin = unit * kRows;
  return std::span(marked_).subspan(begin, std::min(kRows, marked_.size() - begin));
}

void TableOptimizer::catch_up_row(std::uint32_t row, const TableArena& arena) {
  const Floats floats = floats_of(row);
  for (std::uint32_t& done = done_[row]; done < steps_.size(); ++done) {
    adam_update(steps_[done], floats.begin, floats.end, arena.gradients, arena.weights, arena.adam);
  }
}

void TableOptimizer::catch_up(std::size_t unit, const TableArena& arena) {
  for (const std::uint32_t row : marked(unit)) catch_up_row(row, arena);
}

double TableOptimizer::sum_of_squares(std::size_t unit, const float* gradients) const {
  double sum = 0;
  for (const std::uint32_t row : marked(unit)) {
    const Floats floats = floats_of(row);
    sum += pnlp::sum_of_squares(gradients + floats.begin, floats.end - floats.begin);
  }
  return sum;
}

void TableOptimizer::update(std::size_t unit, const AdamStep& step, const TableArena& arena) {
  for (const std::uint32_t row : marked(unit)) {
    const Floats floats = floats_of(row);
    adam_update(step, floats.begin, floats.end, arena.gradients, arena.weights, arena.adam);
    std::fill(arena.gradients + floats.begin, arena.gradients + floats.end, 0.0F);
    ++done_[row];
  }
}

void TableOptimizer::end_step(const AdamStep& step) {
  steps_.push_back(step);
}

std::size_t TableOptimizer::settling_units() const {
  return (done_.size() + kRows - 1) / kRows;
}

void TableOptimizer::settle(std::size_t unit, const TableArena& arena) {
  const std::size_t end = std::min(done_.size(), (unit + 1) * kRows);
  for (std::size_t row = unit * kRows; row < end; ++row)
    catch_up_row(static_cast<std::uint32_t>(row), arena);
}

void TableOptimizer::settled() {
  steps_.clear();
  std::ranges::fill(done_, 0U);
}

}  // namespace pnlp

#include "pnlp/nn/table_optimizer.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "nn/noise.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;
using pnlp::test::normals;

namespace {

constexpr std::size_t kOffset = 5;
constexpr std::size_t kSteps = 30;

// Weights, gradients and means as they are before the first step.
struct Arena {
  explicit Arena(const std::vector<float>& start) : weights(start), gradients(start.size(), 0.0F) {
    adam.first.assign(start.size(), 0.0F);
    adam.second.assign(start.size(), 0.0F);
  }
  TableArena table() { return {gradients.data(), weights.data(), adam}; }
  std::vector<float> weights, gradients;
  AdamState adam;
};

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Four words of three rows each, of `rows` rows, most of which no word has.
PackedBatch batch_of(std::size_t rows, Random& random) {
  PackedBatch batch;
  batch.word_offsets = {0};
  for (std::size_t word = 0; word < 4; ++word) {
    for (std::size_t i = 0; i < 3; ++i)
      batch.rows.push_back(static_cast<std::int32_t>(random.below(rows)));
    batch.word_offsets.push_back(static_cast<std::int32_t>(batch.rows.size()));
  }
  return batch;
}

}  // namespace

TEST_CASE("rows that are read now and then have the weights of a table updated in every step") {
  // Blocks of eight rows, one of which has rows of both kinds, and the last of which is cut short;
  // rows of more than a block.
  std::size_t channels = 0;
  SUBCASE("short") {
    channels = 6;
  }
  SUBCASE("long") {
    channels = 70;
  }
  const BottleneckShape shape{
      .windowed_rows = 70, .plain_rows = 91, .window = 1, .channels = channels};
  const std::size_t size = kOffset + shape.table_size();
  const std::size_t rows = shape.windowed_rows + shape.plain_rows;
  for (const bool decoupled : {true, false}) {
    Random random(7);
    const auto start = normals(random, size);
    Arena lazy(start);
    Arena dense(start);
    TableOptimizer table(shape, kOffset);
    AdamOptions options;
    options.weight_decay = 0.1;
    options.decoupled = decoupled;
    for (std::size_t step = 1; step <= kSteps; ++step) {
      const PackedBatch batch = batch_of(rows, random);
      table.clear();
      table.mark(batch);
      for (std::size_t unit = 0; unit < table.units(); ++unit) table.catch_up(unit, lazy.table());
      double squares = 0;
      for (const std::int32_t feature : batch.rows) {
        const auto row = static_cast<std::size_t>(feature);
        const bool windowed = row < shape.windowed_rows;
        const std::size_t width = windowed ? shape.width() : shape.channels;
        const std::size_t begin =
            kOffset + (windowed ? row * width
                                : shape.windowed_rows * shape.width() +
                                      (row - shape.windowed_rows) * shape.channels);
        // What a forward pass would read is current.
        REQUIRE(std::memcmp(&lazy.weights[begin], &dense.weights[begin], width * 4) == 0);
        for (std::size_t i = begin; i < begin + width; ++i) {
          lazy.gradients[i] = dense.gradients[i] = static_cast<float>(random.normal());
        }
      }
      for (const float gradient : dense.gradients)
        squares += static_cast<double>(gradient) * gradient;
      double found = 0;
      for (std::size_t unit = 0; unit < table.units(); ++unit)
        found += table.sum_of_squares(unit, lazy.gradients.data());
      CHECK(found == doctest::Approx(squares).epsilon(1e-6));
      const AdamStep how =
          adam_step(options, 0.01 * static_cast<double>(step), step, 0.5F, step % 5 != 0);
      for (std::size_t unit = 0; unit < table.units(); ++unit)
        table.update(unit, how, lazy.table());
      table.end_step(how);
      adam_update(how, kOffset, size, dense.gradients.data(), dense.weights.data(), dense.adam);
      dense.gradients.assign(size, 0.0F);
      CHECK(same(lazy.gradients, dense.gradients));
      if (step == 11 || step == kSteps) {
        CHECK(!same(lazy.weights, dense.weights));
        for (std::size_t unit = 0; unit < table.settling_units(); ++unit)
          table.settle(unit, lazy.table());
        table.settled();
        CHECK(same(lazy.weights, dense.weights));
        CHECK(same(lazy.adam.first, dense.adam.first));
        CHECK(same(lazy.adam.second, dense.adam.second));
      }
    }
    for (std::size_t i = 0; i < kOffset; ++i) CHECK(lazy.weights[i] == start[i]);
  }
}

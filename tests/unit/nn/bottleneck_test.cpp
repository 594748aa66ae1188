#include "pnlp/nn/bottleneck.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "nn/noise.hpp"
#include "nn/packing.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

// Gives the batch's rows factors, or none.
PackedBatch weighted(PackedBatch batch, bool factors) {
  if (!factors) return batch;
  Random random(4);
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    batch.factors.push_back(static_cast<std::int16_t>(static_cast<int>(random.below(1025)) - 512));
  }
  return batch;
}

// W words as dense vectors over all rows of the table: sums of factors, or counts.
std::vector<std::vector<double>> counts(const BottleneckShape& shape, const PackedBatch& batch) {
  std::vector<std::vector<double>> dense(
      batch.words(), std::vector<double>(shape.windowed_rows + shape.plain_rows, 0.0));
  for (std::size_t word = 0; word < batch.words(); ++word) {
    for (auto i = batch.word_offsets[word]; i < batch.word_offsets[word + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double factor =
          batch.factors.empty() ? 1.0 : static_cast<double>(batch.factors[at]) / 256.0;
      dense[word][static_cast<std::size_t>(batch.rows[at])] += factor;
    }
  }
  return dense;
}

// Where row `row`, column `d` of the projection lies in the table; -1 when a plain row has none.
std::ptrdiff_t place_in_table(const BottleneckShape& shape, std::size_t row, std::size_t d) {
  if (row < shape.windowed_rows) return static_cast<std::ptrdiff_t>(row * shape.width() + d);
  const std::size_t own = shape.window * shape.channels;
  if (d < own || d >= own + shape.channels) return -1;
  return static_cast<std::ptrdiff_t>(shape.windowed_rows * shape.width() +
                                     (row - shape.windowed_rows) * shape.channels + d - own);
}

const std::vector<BottleneckShape> kShapes = {
    {.windowed_rows = 8, .plain_rows = 0, .window = 0, .channels = 3},
    {.windowed_rows = 8, .plain_rows = 5, .window = 1, .channels = 6},
    {.windowed_rows = 4, .plain_rows = 9, .window = 2, .channels = 64},
    {.windowed_rows = 16, .plain_rows = 4, .window = 1, .channels = 50},
    {.windowed_rows = 0, .plain_rows = 7, .window = 1, .channels = 40},
    {.windowed_rows = 2, .plain_rows = 2, .window = 0, .channels = 129},
};

}  // namespace

TEST_CASE("sizes of the table, by hand") {
  const BottleneckShape shape{.windowed_rows = 10, .plain_rows = 3, .window = 2, .channels = 7};
  CHECK(shape.width() == 35);
  CHECK(shape.table_size() == 371);
  CHECK(slices(shape) == 1);
  CHECK(slices({.windowed_rows = 1, .plain_rows = 0, .window = 0, .channels = 64}) == 1);
  CHECK(slices({.windowed_rows = 1, .plain_rows = 0, .window = 0, .channels = 65}) == 2);
  CHECK(slices({.windowed_rows = 1, .plain_rows = 0, .window = 1, .channels = 256}) == 12);
}

TEST_CASE("projecting a word is the product of its counts, or numbers, with the dense matrix") {
  Random random(9);
  bool factors = false;
  for (const BottleneckShape& shape : kShapes) {
    factors = !factors;
    const auto table = normals(random, shape.table_size());
    const PackedBatch batch = weighted(
        pack(make_texts({7, 3, 0, 12}, shape.windowed_rows + shape.plain_rows, 6, random.next()),
             4),
        factors);
    const auto dense = counts(shape, batch);
    std::vector<float> projected(shape.width());
    for (std::size_t word = 0; word < batch.words(); ++word) {
      project_word(shape, table.data(), batch.rows_of(word), 1.5F, projected.data());
      for (std::size_t d = 0; d < shape.width(); ++d) {
        double expected = 0;
        for (std::size_t row = 0; row < dense[word].size(); ++row) {
          const auto at = place_in_table(shape, row, d);
          if (at >= 0) {
            expected +=
                1.5 * dense[word][row] * static_cast<double>(table[static_cast<std::size_t>(at)]);
          }
        }
        REQUIRE(std::abs(static_cast<double>(projected[d]) - expected) < 1e-5);
      }
    }
  }
}

TEST_CASE("the table's gradient is the outer product of counts and gradients, slice by slice") {
  Random random(10);
  bool factors = true;
  for (const BottleneckShape& shape : kShapes) {
    factors = !factors;
    const PackedBatch batch = weighted(
        pack(make_texts({7, 3, 0, 12}, shape.windowed_rows + shape.plain_rows, 6, random.next()),
             4),
        factors);
    const auto dprojected = normals(random, batch.words() * shape.width());
    const auto dense = counts(shape, batch);
    std::vector<double> expected(shape.table_size(), 0.25);  // added to what is there
    for (std::size_t word = 0; word < batch.words(); ++word) {
      for (std::size_t row = 0; row < dense[word].size(); ++row) {
        for (std::size_t d = 0; d < shape.width(); ++d) {
          const auto at = place_in_table(shape, row, d);
          if (at < 0) continue;
          expected[static_cast<std::size_t>(at)] +=
              0.5 * dense[word][row] * static_cast<double>(dprojected[word * shape.width() + d]);
        }
      }
    }
    std::vector<float> forwards(shape.table_size(), 0.25F);
    std::vector<float> backwards = forwards;
    const std::size_t n = slices(shape);
    for (std::size_t slice = 0; slice < n; ++slice) {
      scatter_rows(shape, batch, dprojected.data(), 0.5F, slice, forwards.data());
      scatter_rows(shape, batch, dprojected.data(), 0.5F, n - 1 - slice, backwards.data());
    }
    CHECK(forwards == backwards);  // slices do not overlap: their order does not matter
    for (std::size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(std::abs(static_cast<double>(forwards[i]) - expected[i]) < 1e-4);
    }
  }
}

TEST_CASE("windows end where their text ends") {
  // Two texts of words projected to (10, 20, 30) and (1, 2, 3), one channel, w = 1:
  // places of the window are before, own, after.
  const BottleneckShape shape{.windowed_rows = 2, .plain_rows = 0, .window = 1, .channels = 1};
  const PackedBatch batch = pack({{{0}, {1}}, {{1}}}, 4);
  std::vector<float> table{10, 20, 30, 1, 2, 3};
  std::vector<float> projected(batch.words() * 3);
  for (std::size_t word = 0; word < batch.words(); ++word) {
    project_word(shape, table.data(), batch.rows_of(word), 1.0F, projected.data() + 3 * word);
  }
  const float bias = 1000;
  std::vector<float> x(batch.tokens());
  gather_windows(shape, batch, projected.data(), &bias, x.data());
  const auto token = [&](std::size_t at) {
    return static_cast<std::size_t>(batch.token_order[at]);
  };
  CHECK(x[token(0)] == 1000 + 20 + 3);  // own place, and the next word in place "after"
  CHECK(x[token(1)] == 1000 + 2 + 10);  // own place, and the word before
  CHECK(x[token(2)] == 1000 + 2);       // alone in its text

  std::vector<float> dx(batch.tokens());
  dx[token(0)] = 1;
  dx[token(1)] = 10;
  dx[token(2)] = 100;
  std::vector<float> dprojected(projected.size(), 77.0F);  // overwritten
  float dbias = 5;                                         // added to
  gather_windows_backward(shape, batch, dx.data(), dprojected.data(), &dbias);
  CHECK(dbias == 116);
  const auto first = static_cast<std::size_t>(batch.word_of_token[token(0)]) * 3;
  const auto second = static_cast<std::size_t>(batch.word_of_token[token(1)]) * 3;
  CHECK(dprojected[first + 0] == 10);  // before the second token
  CHECK(dprojected[first + 1] == 1);
  CHECK(dprojected[first + 2] == 0);
  CHECK(dprojected[second + 0] == 0);
  CHECK(dprojected[second + 1] == 110);
  CHECK(dprojected[second + 2] == 1);  // after the first token
}

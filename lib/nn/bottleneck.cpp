#include "pnlp/nn/bottleneck.hpp"

#include <algorithm>
#include <array>

#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/layers.hpp"

namespace pnlp {
namespace {

float factor_of(const WordRows& word, std::size_t i) {
  return word.factors.empty() ? 1.0F : static_cast<float>(word.factors[i]) / float{kFactorOne};
}

PNLP_MULTIVERSION
void add_bias(const float* __restrict bias, const float* __restrict x, std::size_t n,
              float* __restrict y) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) y[i] = bias[i] + x[i];
}

// Calls visit(windowed, rows, starts, factors) for the rows of a word, some at a time, in their
// order: where they begin in the table, and their weights.
template <typename Visit>
void for_each_run(const BottleneckShape& shape, const WordRows& word, float scale,
                  const Visit& visit) {
  constexpr std::size_t kMost = 64;
  std::array<std::size_t, kMost> starts;
  std::array<float, kMost> factors;
  for (std::size_t i = 0; i < word.rows.size();) {
    const bool windowed = static_cast<std::size_t>(word.rows[i]) < shape.windowed_rows;
    std::size_t count = 0;
    for (; i < word.rows.size() && count < kMost; ++i, ++count) {
      const auto row = static_cast<std::size_t>(word.rows[i]);
      if ((row < shape.windowed_rows) != windowed) break;
      starts[count] = shape.start_of(row);
      factors[count] = scale * factor_of(word, i);
    }
    visit(windowed, count, starts.data(), factors.data());
  }
}

// Calls visit(token, word, place) for every pair of a token and a word in its window.
template <typename Visit>
void for_each_neighbour(const BottleneckShape& shape, const PackedBatch& batch,
                        const Visit& visit) {
  const auto window = static_cast<std::ptrdiff_t>(shape.window);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const std::ptrdiff_t begin = batch.sequence_offsets[b];
    const std::ptrdiff_t end = batch.sequence_offsets[b + 1];
    for (std::ptrdiff_t at = begin; at < end; ++at) {
      const auto token = static_cast<std::size_t>(batch.token_order[static_cast<std::size_t>(at)]);
      const std::ptrdiff_t first = std::max(begin, at - window);
      const std::ptrdiff_t last = std::min(end - 1, at + window);
      for (std::ptrdiff_t other = first; other <= last; ++other) {
        const std::int32_t neighbour = batch.token_order[static_cast<std::size_t>(other)];
        visit(token,
              static_cast<std::size_t>(batch.word_of_token[static_cast<std::size_t>(neighbour)]),
              static_cast<std::size_t>(other - at + window));
      }
    }
  }
}

}  // namespace

void project_word(const BottleneckShape& shape, const float* table, const WordRows& word,
                  float scale, float* projected) {
  const std::size_t width = shape.width();
  std::fill_n(projected, width, 0.0F);
  for_each_run(
      shape, word, scale,
      [&](bool windowed, std::size_t rows, const std::size_t* starts, const float* factors) {
        add_rows({.count = rows,
                  .width = windowed ? width : shape.channels,
                  .table = table,
                  .starts = starts,
                  .factors = factors,
                  .y = windowed ? projected : projected + shape.window * shape.channels});
      });
}

void gather_windows(const BottleneckShape& shape, const PackedBatch& batch, const float* projected,
                    const float* bias, float* x) {
  const std::size_t c = shape.channels;
  if (shape.window == 0) {
    for (std::size_t token = 0; token < batch.tokens(); ++token) {
      const auto word = static_cast<std::size_t>(batch.word_of_token[token]);
      add_bias(bias, projected + word * c, c, x + token * c);
    }
    return;
  }
  for (std::size_t token = 0; token < batch.tokens(); ++token) std::copy_n(bias, c, x + token * c);
  for_each_neighbour(shape, batch, [&](std::size_t token, std::size_t word, std::size_t place) {
    add(x + token * c, projected + word * shape.width() + place * c, c);
  });
}

void gather_windows_backward(const BottleneckShape& shape, const PackedBatch& batch,
                             const float* dx, float* dprojected, float* dbias) {
  const std::size_t c = shape.channels;
  sum_rows(dx, batch.tokens(), c, dbias);
  std::fill_n(dprojected, batch.words() * shape.width(), 0.0F);
  for_each_neighbour(shape, batch, [&](std::size_t token, std::size_t word, std::size_t place) {
    add(dprojected + word * shape.width() + place * c, dx + token * c, c);
  });
}

namespace {
constexpr std::size_t kSlice = 64;  // floats: four cache lines
}

std::size_t slices(const BottleneckShape& shape) {
  return (shape.width() + kSlice - 1) / kSlice;
}

void scatter_rows(const BottleneckShape& shape, const PackedBatch& batch, const float* dprojected,
                  float scale, std::size_t slice, float* dtable) {
  const std::size_t width = shape.width();
  const std::size_t begin = slice * kSlice;
  const std::size_t end = std::min(width, begin + kSlice);
  // The part of the slice that lies in the token's own place of the window, for plain rows.
  const std::size_t own = shape.window * shape.channels;
  const std::size_t own_begin = std::clamp(begin, own, own + shape.channels);
  const std::size_t own_end = std::clamp(end, own, own + shape.channels);
  for (std::size_t word = 0; word < batch.words(); ++word) {
    const float* gradient = dprojected + word * width;
    for_each_run(
        shape, batch.rows_of(word), scale,
        [&](bool windowed, std::size_t rows, const std::size_t* starts, const float* factors) {
          const std::size_t from = windowed ? begin : own_begin;
          add_to_rows({.count = rows,
                       .width = (windowed ? end : own_end) - from,
                       .x = gradient + from,
                       .starts = starts,
                       .factors = factors,
                       .table = dtable + (windowed ? begin : own_begin - own)});
        });
  }
}

}  // namespace pnlp

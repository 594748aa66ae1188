// The sparse input: every distinct word of a batch is projected once by adding rows of the feature
// table (a gather, never a dense product), then each token sums its window of projected words
// (paper, section 3.2).
//
// The table has two parts: `windowed` rows of (2w+1)*C floats, one slice of C for each place in the
// window, then plain rows of C floats that speak of the token itself only.
#pragma once

#include <cstddef>

#include "pnlp/base/packed_batch.hpp"

namespace pnlp {

struct BottleneckShape {
  std::size_t windowed_rows = 0;
  std::size_t plain_rows = 0;
  std::size_t window = 0;    // w
  std::size_t channels = 0;  // C
  std::size_t width() const {
    return (2 * window + 1) * channels;
  }  // D: floats of a projected word
  // Where a row begins in the table; of the row past the last: the table's size.
  std::size_t start_of(std::size_t row) const {
    const std::size_t windowed = row < windowed_rows ? row : windowed_rows;
    return windowed * width() + (row - windowed) * channels;
  }
  std::size_t table_size() const { return start_of(windowed_rows + plain_rows); }
};

// projected[D] = sum of the table's rows of one word, each times its factor and `scale`; in the
// order of the rows.
void project_word(const BottleneckShape& shape, const float* table, const WordRows& word,
                  float scale, float* projected);

// x[T][C] = bias + sum over the window of the slices of projected[W][D]; tokens of other sequences
// count as zeros.
void gather_windows(const BottleneckShape& shape, const PackedBatch& batch, const float* projected,
                    const float* bias, float* x);
// dprojected[W][D] (overwritten) and dbias[C] (added to) from dx[T][C].
void gather_windows_backward(const BottleneckShape& shape, const PackedBatch& batch,
                             const float* dx, float* dprojected, float* dbias);

// Adds factor * scale * dprojected[w][:] to the gradient of each of the words' rows. Only columns
// of `slice` (of slices() in all) are touched: threads take slices, and a slice's sum has one
// order.
std::size_t slices(const BottleneckShape& shape);
void scatter_rows(const BottleneckShape& shape, const PackedBatch& batch, const float* dprojected,
                  float scale, std::size_t slice, float* dtable);

}  // namespace pnlp

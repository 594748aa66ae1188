// A batch as the network sees it: sequences of real tokens only, packed one after another, with
// sparse features and targets. Here the feature side (which fills it) and the model side (which
// reads it) meet without knowing each other.
//
// Letters: B sequences, T tokens, W distinct words, S the longest segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pnlp {

// `count` segments of `length` tokens each, stored position-major: token p of the group's segment g
// is packed token first_token + p * count + g. So token mixing over the group is one matrix
// product. A sequence no longer than the model's segment length is one segment; a longer one is cut
// into full segments and a rest.
struct SegmentGroup {
  std::int32_t length = 0;
  std::int32_t count = 0;
  std::int32_t first_token = 0;
};

// A row may be multiplied by a number, counted in 256ths. It is small enough that the sum of 4096
// such numbers times 8-bit weights fits 32 bits.
inline constexpr int kFactorOne = 256;
inline constexpr int kMaxFactor = 4095;

// What one word adds up: rows of the feature table, each times its factor.
struct WordRows {
  std::span<const std::int32_t> rows;
  std::span<const std::int16_t> factors;  // one a row, in 256ths; empty: 1 each
};

struct PackedBatch {
  std::vector<SegmentGroup> groups;  // by falling length

  // Sequences, in the caller's order.
  std::vector<std::int32_t> sequence_offsets;  // B + 1, into token_order
  std::vector<std::int32_t>
      token_order;  // T: packed index of a sequence's tokens, in reading order

  // Features. A token's features are those of its word; words are distinct within the batch. A word
  // may have no rows at all.
  std::vector<std::int32_t> word_of_token;  // T, by packed index
  std::vector<std::int32_t> word_offsets;   // W + 1, into rows
  std::vector<std::int32_t> rows;           // rows of the feature table; a row twice counts twice
  std::vector<std::int16_t> factors;        // of rows, in 256ths; empty: 1 each

  // Word n-grams of each sequence, if the model reads them; a row at most once.
  std::vector<std::int32_t> ngram_offsets;  // B + 1, into ngram_rows
  std::vector<std::int32_t> ngram_rows;     // of the table of word n-grams
  std::vector<std::int32_t> ngram_counts;   // B: before any was dropped

  // Targets; empty when the batch is only to be predicted.
  std::vector<std::int32_t> tags;            // T, by packed index; -1: no target; others below 0
                                             // mean something to whoever made the sequences
  std::vector<std::int32_t> target_offsets;  // B + 1, into target_labels and target_weights
  std::vector<std::int32_t> target_labels;
  std::vector<float> target_weights;    // 1, or a soft target's probability
  std::vector<float> sequence_weights;  // B: weight of each sequence's label loss (class weights)

  std::size_t sequences() const {
    return sequence_offsets.empty() ? 0 : sequence_offsets.size() - 1;
  }
  std::size_t tokens() const { return word_of_token.size(); }
  std::size_t words() const { return word_offsets.empty() ? 0 : word_offsets.size() - 1; }
  WordRows rows_of(std::size_t word) const {
    const auto begin = static_cast<std::size_t>(word_offsets[word]);
    const std::size_t count = static_cast<std::size_t>(word_offsets[word + 1]) - begin;
    WordRows word_rows{.rows = std::span(rows).subspan(begin, count), .factors = {}};
    if (!factors.empty()) word_rows.factors = std::span(factors).subspan(begin, count);
    return word_rows;
  }
};

}  // namespace pnlp

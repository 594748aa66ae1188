// From sequences of words to a packed batch: segments grouped by length, each distinct word's
// feature rows once, and targets moved to packed order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/feature/feature_set.hpp"
#include "pnlp/feature/numbered_words.hpp"
#include "pnlp/feature/projection.hpp"
#include "pnlp/feature/word_ngrams.hpp"

namespace pnlp {

// Rows of the feature table that belong to a channel. Hashed values: row = first_row + value %
// rows. Numbers: value k multiplies row first_row + k, and gives none where it is 0.
struct ChannelTable {
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;  // must divide 65536; of numbers: as many as values
  bool used = true;
};

struct BatcherOptions {
  std::uint32_t segment = 64;        // S, longest segment; 1 to 2^20
  std::uint32_t max_tokens = 65536;  // of a sequence; what comes after them is left out
  WordNgramOptions ngrams = {};      // of each sequence's words
};

// One sequence of a batch: words of a FeatureSet, and what it is to be trained on, if anything. A
// view: owns nothing. Either all sequences of a batch have tags (labels), or none has.
struct BatchSequence {
  std::span<const std::uint32_t> words;
  std::span<const std::int32_t> tags;         // one a word; passed on as they are
  std::span<const std::int32_t> labels;       // targets of the label head
  std::span<const float> label_weights = {};  // one a label; empty: 1 each
  float weight = 1.0F;                        // of the sequence's label loss
};

// Which targets a batch is to carry.
struct BatchTargets {
  bool tags = false;
  bool labels = false;
};

// Values left out in training. Each value of each distinct word is dropped with `probability`,
// by a function of `seed`, of the word's position in the batch and of the value's; all values of
// each token with `words`, by a function of `seed` and of the token's place in reading order; each
// word n-gram with `ngrams`, by one of `seed`, of its sequence and of its place.
struct FeatureDrop {
  double probability = 0;
  double words = 0;
  double ngrams = 0;
  std::uint64_t seed = 0;
};

// Not thread-safe (it keeps scratch memory): one per thread.
class Batcher {
 public:
  // `tables`: one for each of `channels`. Errors: usage (sizes that do not fit the contract above).
  Batcher(std::vector<Channel> channels, std::vector<ChannelTable> tables, BatcherOptions options);

  // Fills `batch` (memory reused) with `sequences` in their order. Returns the number of tokens
  // left out by max_tokens. Errors: usage (a batch of 2^31 tokens or feature rows or more, a
  // sequence whose targets do not fit its words).
  std::uint64_t pack(const FeatureSet& set, std::span<const BatchSequence> sequences,
                     BatchTargets targets, const FeatureDrop& drop, PackedBatch& batch);
  // To be predicted only: these records of the set, without targets.
  std::uint64_t pack(const FeatureSet& set, std::span<const std::uint32_t> records,
                     PackedBatch& batch);
  // All records of the set. Words whose entry in `known` (by the set's number; those past its end
  // count as 0) is not 0 get no rows: the caller remembers their projection.
  std::uint64_t pack_all(const FeatureSet& set, PackedBatch& batch,
                         std::span<const std::uint8_t> known = {});
  // The same for records whose words are in `rows`.
  std::uint64_t pack_all(const NumberedWords& rows, std::span<const NumberedRecord> records,
                         PackedBatch& batch, std::span<const std::uint8_t> known);

  // The set's numbers of the last batch's distinct words, by their position in the batch.
  std::span<const std::uint32_t> words() const { return words_; }

 private:
  std::size_t kept(const BatchSequence& sequence) const;
  std::uint64_t pack_known(const NumberedWords& set, std::span<const BatchSequence> sequences,
                           BatchTargets targets, const FeatureDrop& drop,
                           std::span<const std::uint8_t> known, PackedBatch& batch);
  std::uint64_t check(const NumberedWords& set, std::span<const BatchSequence> sequences,
                      BatchTargets targets) const;
  void lay_out_groups(std::span<const BatchSequence> sequences, PackedBatch& batch);
  void place_tokens(std::span<const BatchSequence> sequences, BatchTargets targets,
                    PackedBatch& batch);
  void write_rows(const NumberedWords& set, const FeatureDrop& drop,
                  std::span<const std::uint8_t> known, PackedBatch& batch) const;
  void drop_words(const FeatureDrop& drop, PackedBatch& batch) const;
  void write_ngrams(const NumberedWords& set, std::span<const BatchSequence> sequences,
                    const FeatureDrop& drop, PackedBatch& batch);
  std::uint64_t key_of(std::span<const std::uint16_t> values) const;
  static void write_labels(std::span<const BatchSequence> sequences, PackedBatch& batch);
  std::int32_t local_word(std::uint32_t word);

  // Consecutive values of the fingerprint with tables, flattened: what each value needs.
  struct Column {
    std::uint32_t value;  // index in the fingerprint
    std::uint32_t mask;   // 0 for numbers, which have a row each
    std::uint32_t first_row;
    bool number;
  };
  std::uint32_t width_ = 0;
  BatcherOptions options_;
  std::vector<Column> columns_;
  bool has_numbers_ = false;
  std::optional<std::uint32_t> key_;  // where in the fingerprint the value is that n-grams go by
  std::optional<std::uint32_t> letters_at_;  // where n-grams of letters are
  std::uint32_t letters_count_ = 0;
  WordNgrams ngrams_;

  std::vector<BatchSequence> sequences_;    // of the overloads without targets
  std::vector<std::int32_t> next_segment_;  // by length: packed index of the next one's token 0
  std::vector<std::int32_t> stride_;        // by length: segments of the group
  std::vector<std::uint64_t> keys_;         // of a sequence's words
  std::vector<std::uint16_t> letters_;      // their n-grams of letters
  std::vector<std::uint32_t> words_;        // distinct words of the batch, in reading order
  std::vector<std::uint32_t> stamp_;        // by word of the set: batch that saw it last
  std::vector<std::int32_t> local_;         // by word of the set: its position in words_
  std::uint32_t batch_number_ = 0;
};

}  // namespace pnlp

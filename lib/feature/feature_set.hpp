// Records in memory by columns, as the batcher wants them: the value rows of distinct words once,
// and each record as the numbers of its words. For training sets, and (cleared between batches)
// for prediction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/numbered_words.hpp"
#include "pnlp/feature/row_table.hpp"

namespace pnlp {

class FeatureSet {
 public:
  // `width`: values of a word. Error(usage) if 0.
  explicit FeatureSet(std::uint32_t width) : words_(width) {}

  // Returns the record's index. Error(internal) if the record has another width.
  std::size_t add(const FeatureRecord& record);
  // Forgets records and words, keeps the memory.
  void clear();
  // Forgets records only: words keep their numbers.
  void clear_records();
  // Leaves out `count` values of every word, from number `first` on: as though they had never been
  // added, so that words equal in all others become one. Error(usage) if none would be left.
  void leave_out(std::uint32_t first, std::uint32_t count);

  std::size_t records() const { return offsets_.size() - 1; }
  std::size_t tokens() const { return tokens_.size(); }
  // Word numbers of a record's tokens, in reading order. Valid until the next add().
  std::span<const std::uint32_t> record(std::size_t index) const {
    return std::span(tokens_).subspan(offsets_[index], offsets_[index + 1] - offsets_[index]);
  }
  // Where a record's tokens begin in a column of one entry a token.
  std::uint64_t first_token(std::size_t index) const { return offsets_[index]; }

  // Distinct words.
  std::uint32_t words() const { return words_.size(); }
  std::uint32_t width() const { return words_.width(); }
  std::span<const std::uint16_t> word(std::uint32_t number) const { return words_.row(number); }
  // Valid until the next add().
  NumberedWords rows() const { return {width(), words_.values()}; }

 private:
  RowTable words_;
  std::vector<std::uint32_t> tokens_;
  std::vector<std::uint64_t> offsets_ = {0};  // records + 1
};

}  // namespace pnlp

// The words of a batch of records by themselves: what a thread hands on while it numbers the next
// batch.
#pragma once

#include <cstdint>
#include <vector>

#include "pnlp/feature/numbered_words.hpp"

namespace pnlp {

class WordBatch {
 public:
  // Begins a batch of words of `width` values. The memory is reused.
  void start(std::uint32_t width);
  // Copies the rows of the record's words, numbers in `from`, and gives the words their numbers
  // in rows(). Between two calls of start(), numbers in `from` must keep their meaning.
  void take(const NumberedWords& from, NumberedRecord& record);
  // Valid until the next take().
  NumberedWords rows() const { return {width_, values_}; }

 private:
  std::uint32_t width_ = 0;
  std::uint32_t words_ = 0;
  std::vector<std::uint16_t> values_;
  std::uint32_t batch_ = 0;
  std::vector<std::uint32_t> stamp_;  // by number in `from`: the batch that saw it last
  std::vector<std::uint32_t> local_;  // and its number there
};

}  // namespace pnlp

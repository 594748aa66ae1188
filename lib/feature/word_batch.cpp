#include "pnlp/feature/word_batch.hpp"

#include <algorithm>

namespace pnlp {

void WordBatch::start(std::uint32_t width) {
  width_ = width;
  words_ = 0;
  values_.clear();
  if (++batch_ == 0) {
    std::ranges::fill(stamp_, 0U);
    batch_ = 1;
  }
}

void WordBatch::take(const NumberedWords& from, NumberedRecord& record) {
  if (stamp_.size() < from.words()) {
    stamp_.resize(from.words(), 0);
    local_.resize(from.words());
  }
  for (std::uint32_t& word : record.words) {
    if (stamp_[word] != batch_) {
      stamp_[word] = batch_;
      local_[word] = words_++;
      const std::span<const std::uint16_t> row = from.word(word);
      values_.insert(values_.end(), row.begin(), row.end());
    }
    word = local_[word];
  }
}

}  // namespace pnlp

// Words of a text: Unicode word boundaries as ICU finds them (root locale, dictionaries for Thai,
// Lao, Khmer, Burmese, Chinese and Japanese). White space belongs to no word; a punctuation mark
// is a word of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

// Number of the rules below; part of every tokenizer's digest. Another rule, another number.
inline constexpr std::uint32_t kWordsVersion = 1;

// Not thread-safe (it keeps ICU's iterator and buffers): one per thread.
class WordSplitter {
 public:
  WordSplitter();
  ~WordSplitter();
  WordSplitter(const WordSplitter&) = delete;
  WordSplitter& operator=(const WordSplitter&) = delete;
  WordSplitter(WordSplitter&&) noexcept;
  WordSplitter& operator=(WordSplitter&&) noexcept;

  // Replaces `words` by the words of `text` in order, as byte ranges. Malformed UTF-8 counts as
  // U+FFFD. What consists of nothing but white space, control and format characters is dropped.
  // Errors: data (a text of 2 GiB or more).
  void split(std::string_view text, std::vector<ByteRange>& words);

  // The same by ICU alone, without the fast path: for tests.
  void split_by_icu(std::string_view text, std::vector<ByteRange>& words);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pnlp

// Private to lib/text: BERT's BasicTokenizer (github.com/google-research/bert, tokenization.py),
// which keeps for each character of its tokens the bytes of the text it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

class BertBasic {
 public:
  struct Char {
    char32_t c = 0;
    ByteRange bytes;  // of the text
  };

  // `uncased`: lower-case, decompose (NFD) and drop the accents.
  explicit BertBasic(bool uncased) : uncased_(uncased) {}

  // Calls emit(token) with the characters of each basic token of `text` from byte `at` on. The view
  // is valid during the call only.
  template <typename Emit>
  void split(std::string_view text, std::size_t at, const Emit& emit) {
    while (at < text.size()) {
      at = read_word(text, at);
      if (uncased_) strip_case_and_accents();
      for (std::size_t begin = 0; begin < word_.size();) {
        const std::size_t end = token_end(begin);
        emit(std::span<const Char>(word_).subspan(begin, end - begin));
        begin = end;
      }
    }
  }

 private:
  // Fills word_ with the characters up to the next white space or beside the next ideograph,
  // without controls; returns where to read on.
  std::size_t read_word(std::string_view text, std::size_t at);
  void strip_case_and_accents();
  bool is_final_sigma(std::size_t at) const;
  // A punctuation mark is a token, and so is what stands between two.
  std::size_t token_end(std::size_t begin) const;

  bool uncased_;
  std::vector<Char> word_;
  std::vector<Char> decomposed_;
};

}  // namespace pnlp

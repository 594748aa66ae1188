// Private to lib/text: the kinds of tokenizers behind open_tokenizer(), and what they share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/held.hpp"
#include "pnlp/text/tokenizer.hpp"
#include "pnlp/text/words.hpp"

namespace pnlp {

// Finds the words of a text, then asks the kind for the units of those words.
class WordTokenizer : public Tokenizer {
 public:
  void tokenize(std::string_view text, Tokens& out) final;
  using Tokenizer::tokenize;

 private:
  WordSplitter splitter_;
  std::vector<ByteRange> words_;
};

// The mark of a word boundary in SentencePiece's pieces and in those of `chars`: U+2581.
inline constexpr std::string_view kBoundaryMark = "\xe2\x96\x81";

// Makes `out` hold the words and no units yet. Error(internal) unless `words` lie in `text`, in
// order.
void start_tokens(std::string_view text, std::span<const ByteRange> words, Tokens& out);

std::unique_ptr<Tokenizer> make_chars();
// `name` is the file's, for messages. Errors: data.
// `index`: wordpiece_index() of the bytes, or empty.
std::unique_ptr<Tokenizer> make_wordpiece(HeldText bytes, const HeldText& index, bool uncased,
                                          const std::string& name);
std::string wordpiece_index(HeldText bytes);
std::unique_ptr<Tokenizer> make_spm(std::string bytes, const std::string& name);

// Keeps the SentencePiece library from writing to standard error.
void silence_sentencepiece();

}  // namespace pnlp

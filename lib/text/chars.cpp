#include "pnlp/text/tokenizers.hpp"

namespace pnlp {
namespace {

// No vocabulary: a word is one unit, itself between boundary marks, so that its first and last
// trigrams differ from the same letters inside a word.
class Chars final : public WordTokenizer {
 public:
  std::unique_ptr<Tokenizer> clone() const override { return make_chars(); }

  using WordTokenizer::tokenize;
  void tokenize(std::string_view text, std::span<const ByteRange> words, Tokens& out) override {
    start_tokens(text, words, out);
    marked_.clear();
    std::size_t size = 0;
    for (const ByteRange& word : words) size += word.end - word.begin + 2 * kBoundaryMark.size();
    marked_.reserve(size);  // the views below must not move
    for (const ByteRange& word : words) {
      const std::size_t begin = marked_.size();
      marked_ += kBoundaryMark;
      marked_ += text.substr(word.begin, word.end - word.begin);
      marked_ += kBoundaryMark;
      const std::string_view piece = std::string_view(marked_).substr(begin);
      out.units.push_back({.text = piece, .piece = piece, .bytes = word});
      out.unit_offsets.push_back(static_cast<std::uint32_t>(out.units.size()));
    }
  }

  void pieces(std::string_view text, std::vector<std::string>& out) override {
    tokenize(text, tokens_);
    out.clear();
    for (const Unit& unit : tokens_.units) out.emplace_back(unit.piece);
  }

  bool context_free() const override { return true; }
  std::string_view kind() const override { return "chars"; }
  std::string_view bytes() const override { return {}; }

 private:
  std::string marked_;
  Tokens tokens_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_chars() {
  return std::make_unique<Chars>();
}

}  // namespace pnlp

// BERT's tokenizer: basic tokens, then for each the longest pieces from left to right.
#include <array>

#include "pnlp/text/bert_basic.hpp"
#include "pnlp/text/tokenizers.hpp"
#include "pnlp/text/unicode.hpp"
#include "pnlp/text/vocabulary.hpp"

namespace pnlp {
namespace {

// max_input_chars_per_word of google-research/bert. (Hugging Face's copies have 100, which makes
// many a Thai sentence unknown.)
constexpr std::size_t kMostChars = 200;

// Units are found for each word by itself, whatever stands around it, so that equal words have
// equal units. The units of all words are those of pieces() wherever word bounds are bounds of
// BERT's basic tokens too; they are not between words without a space or a mark between them (of
// Thai or Japanese; "€5"), where BERT goes on with a "##" piece.
class WordPiece final : public WordTokenizer {
 public:
  WordPiece(std::shared_ptr<const Vocabulary> vocabulary, bool uncased)
      : vocabulary_(std::move(vocabulary)), uncased_(uncased), basic_(uncased) {}

  std::unique_ptr<Tokenizer> clone() const override {
    return std::make_unique<WordPiece>(vocabulary_, uncased_);
  }

  using WordTokenizer::tokenize;
  void tokenize(std::string_view text, std::span<const ByteRange> words, Tokens& out) override {
    start_tokens(text, words, out);
    for (const ByteRange& word : words) {
      const std::size_t before = out.units.size();
      add_units(text.substr(0, word.end), word.begin, out.units);
      if (out.units.size() == before) add_unknown(text, word, out.units);
      out.unit_offsets.push_back(static_cast<std::uint32_t>(out.units.size()));
    }
  }

  void pieces(std::string_view text, std::vector<std::string>& out) override {
    units_.clear();
    add_units(text, 0, units_);
    out.clear();
    for (const Unit& unit : units_) out.emplace_back(unit.piece);
  }

  bool context_free() const override { return true; }
  std::string_view kind() const override { return uncased_ ? "wordpiece-uncased" : "wordpiece"; }
  std::string_view bytes() const override { return vocabulary_->bytes(); }

 private:
  void add_units(std::string_view text, std::size_t begin, std::vector<Unit>& units) {
    basic_.split(text, begin,
                 [&](std::span<const BertBasic::Char> token) { add_token(text, token, units); });
  }

  void add_unknown(std::string_view text, ByteRange bytes, std::vector<Unit>& units) const {
    units.push_back({.text = text.substr(bytes.begin, bytes.end - bytes.begin),
                     .piece = vocabulary_->unknown(),
                     .bytes = bytes});
  }

  void add_token(std::string_view text, std::span<const BertBasic::Char> token,
                 std::vector<Unit>& units) {
    const ByteRange whole = {.begin = token.front().bytes.begin, .end = token.back().bytes.end};
    if (token.size() > kMostChars) return add_unknown(text, whole, units);
    std::size_t size = 0;
    for (std::size_t i = 0; i < token.size(); ++i) {
      size += encode_char(token[i].c, &letters_[size]);
      ends_[i] = static_cast<std::uint32_t>(size);
    }
    const std::size_t first = units.size();
    for (std::size_t at = 0; at < token.size();) {
      const Vocabulary::Match match =
          vocabulary_->longest({letters_.data(), size}, std::span(ends_).first(token.size()), at);
      if (match.chars == 0) {
        units.resize(first);
        return add_unknown(text, whole, units);
      }
      const std::string_view piece = match.piece;
      units.push_back(
          {.text = at > 0 ? piece.substr(2) : piece,
           .piece = piece,
           .id = match.id,
           .bytes = {.begin = token[at].bytes.begin, .end = token[at + match.chars - 1].bytes.end},
           .continuation = at > 0});
      at += match.chars;
    }
  }

  std::shared_ptr<const Vocabulary> vocabulary_;
  bool uncased_;
  BertBasic basic_;
  std::array<char, 4 * kMostChars> letters_{};
  std::array<std::uint32_t, kMostChars> ends_{};
  std::vector<Unit> units_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_wordpiece(HeldText bytes, const HeldText& index, bool uncased,
                                          const std::string& name) {
  auto vocabulary = index.empty()
                        ? std::make_shared<const Vocabulary>(std::move(bytes), name)
                        : std::make_shared<const Vocabulary>(std::move(bytes), index, name);
  return std::make_unique<WordPiece>(std::move(vocabulary), uncased);
}

std::string wordpiece_index(HeldText bytes) {
  return Vocabulary(std::move(bytes), "vocabulary").index();
}

}  // namespace pnlp

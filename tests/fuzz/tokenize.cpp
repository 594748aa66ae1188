// The tokenizers over any text: words and units are in order, inside the text, and no word is
// without a unit.
#include <array>
#include <cstdint>
#include <memory>

#include "pnlp/text/tokenizer.hpp"
#include "require.hpp"

namespace {

using pnlp::ByteRange;

std::unique_ptr<pnlp::Tokenizer> learned() {
  const std::array<std::string, 3> sentences = {"wake me at seven", "play the song at home",
                                                "weck mich um sieben"};
  return pnlp::tokenizer_from_bytes(
      "spm", pnlp::learn_sentencepiece(sentences, {.type = "bpe", .vocabulary = 30}));
}

const std::string kPieces = "[UNK]\na\nb\n##a\n##b\nab\n##ab\n'\ne\n##e\n明\nส\n##ง\nς\n";

void check(const pnlp::Tokens& tokens, std::size_t size) {
  require(tokens.unit_offsets.size() == tokens.words.size() + 1);
  require(tokens.unit_offsets.back() == tokens.units.size());
  std::uint32_t end = 0;
  for (std::size_t i = 0; i < tokens.words.size(); ++i) {
    const ByteRange word = tokens.words[i];
    require(word.begin >= end && word.begin < word.end && word.end <= size);
    require(tokens.unit_offsets[i] < tokens.unit_offsets[i + 1]);
    end = word.end;
  }
  for (const pnlp::Unit& unit : tokens.units) {
    require(unit.bytes.begin <= unit.bytes.end && unit.bytes.end <= size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::unique_ptr<pnlp::Tokenizer>, 4> tokenizers = {
      pnlp::open_tokenizer("chars"), pnlp::tokenizer_from_bytes("wordpiece", kPieces),
      pnlp::tokenizer_from_bytes("wordpiece-uncased", kPieces), learned()};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pnlp::Tokens tokens;
  std::vector<std::string> pieces;
  for (const auto& tokenizer : tokenizers) {
    tokenizer->tokenize(text, tokens);
    check(tokens, size);
    tokenizer->pieces(text, pieces);
  }
  return 0;
}

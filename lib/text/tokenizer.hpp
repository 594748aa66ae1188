// From text to words and subword units. Three kinds: `spm:FILE` (any SentencePiece model),
// `wordpiece:FILE` (a BERT vocabulary; `wordpiece-uncased:FILE` lower-cases and strips accents
// first), `chars` (no vocabulary: a word is one unit).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/held.hpp"
#include "pnlp/text/record.hpp"

namespace pnlp {

// A unit's `text` is what is fingerprinted: the piece as the vocabulary writes it without its
// boundary mark ("ing" for "##ing", "wake" for "▁wake"); of an unknown unit the text it stands for;
// of `chars` the word between boundary marks ("▁wake▁"). `continuation` says that it does not begin
// a word. Equal ids have equal texts: a unit the vocabulary does not know, and each of `chars`, has
// kNoId.
struct Unit {
  static constexpr std::uint32_t kNoId = 0xffffffff;
  std::string_view text;   // owned by the tokenizer or the text: valid until the next call
  std::string_view piece;  // the piece with its mark, as `tokenize --lines` prints it
  std::uint32_t id = kNoId;
  ByteRange bytes;  // of the original text
  bool continuation = false;
};

// Every word has at least one unit: of a word that the vocabulary's normalisation leaves empty (a
// lone accent, a control character) the unit is unknown.
struct Tokens {
  std::vector<ByteRange> words;             // into the text
  std::vector<std::uint32_t> unit_offsets;  // words + 1, into units
  std::vector<Unit> units;  // a unit that overlaps two words stands with each of them
};

// Not thread-safe: one per thread, by clone(), which shares the vocabulary.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::unique_ptr<Tokenizer> clone() const = 0;

  // Words by Unicode word boundaries, then units. White space belongs to no word.
  virtual void tokenize(std::string_view text, Tokens& out) = 0;
  // The same with given words.
  virtual void tokenize(std::string_view text, std::span<const ByteRange> words, Tokens& out) = 0;
  // The pieces of the whole text in order, with marks, as `spm_encode` or BERT's tokenizer gives
  // them.
  virtual void pieces(std::string_view text, std::vector<std::string>& out) = 0;

  // True if a word's units depend on its bytes only, so that whole words may be cached.
  virtual bool context_free() const = 0;

  virtual std::string_view kind() const = 0;  // "spm", "wordpiece", "wordpiece-uncased", "chars"
  // What from_bytes() needs to make the same tokenizer again; empty for chars. Not copied.
  virtual std::string_view bytes() const = 0;
  // Hash of kind, of the word-splitting version and of bytes(): equal digests give equal units
  // (where the words of Thai, Chinese and Japanese are concerned, with equal dictionaries of ICU).
  std::uint64_t digest() const;
};

// From an option's value. Errors: usage (unknown kind), io, data (not such a file; a vocabulary
// without unknown token).
std::unique_ptr<Tokenizer> open_tokenizer(const std::string& spec);
// `index`: tokenizer_index() of the same, or empty. Both are used where they stand.
std::unique_ptr<Tokenizer> tokenizer_from_bytes(std::string_view kind, HeldText bytes,
                                                const HeldText& index = {});
// What a tokenizer of this kind looks up and would have to make of its bytes at every start; empty
// if the kind has no such thing. Errors: data.
std::string tokenizer_index(std::string_view kind, HeldText bytes);

struct LearnOptions {
  std::string type = "unigram";  // or "bpe"
  std::uint32_t vocabulary = 8000;
  double coverage = 0.9995;  // share of characters that get units of their own, 0.98 to 1
  std::uint64_t max_sentences = 1000000;  // more are sampled by `seed`
  std::uint64_t seed = 0;
};
// Trains a SentencePiece model and returns its bytes: of equal sentences and options equal ones.
// Single-threaded, for the number of threads would change the model. Errors: usage (options), data
// (too little text for the size, with the largest size possible; more characters than pieces;
// nothing to learn from).
std::string learn_sentencepiece(std::span<const std::string> sentences,
                                const LearnOptions& options);

}  // namespace pnlp

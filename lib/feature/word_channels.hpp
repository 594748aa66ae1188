// Hash values of whole words that stand beside the MinHash fingerprint: the word, its lower case,
// its base letters, its beginnings and ends, its shape and its length. Fixed by pnlp-features(5).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/feature/projection.hpp"
#include "pnlp/text/folding.hpp"
#include "pnlp/text/lower_case.hpp"

namespace pnlp {

enum class WordChannel : std::uint8_t {
  word = 1,
  lower,
  prefix,
  suffix,
  shape,
  length,
  folded,
  letters,
};

// Null for a name that is none of "word", "lower", "folded", "prefix", "suffix", "shape", "length",
// "letters".
const WordChannel* find_word_channel(std::string_view name);
std::uint32_t word_channel_values(WordChannel channel);

// One character for each code point of the word, runs cut to two and the whole to 16: 'A' capital,
// 'a' small letter, '0' digit, 0x80 + script for other letters, ASCII else as it is, '.' other;
// marks add nothing. "Aaa" for "London", "00.0a" for "12.5k".
void append_shape(std::string& out, std::string_view word);

class WordChannels {
 public:
  // `spec` must have been checked.
  explicit WordChannels(const ProjectionSpec& spec);
  // `out.size()` == sum of the channels' values.
  void values(std::string_view word, std::span<std::uint16_t> out);

 private:
  std::uint16_t value(std::string_view bytes, WordChannel channel, std::uint64_t index) const;
  void letters(std::string_view word, std::span<std::uint16_t> out);

  std::vector<WordChannel> channels_;
  std::uint64_t seed_;
  std::string buffer_;
  std::vector<std::uint64_t> least_;  // hashes of the word's n-grams, ascending
  LowerCase lower_;
  Folding fold_;
};

}  // namespace pnlp

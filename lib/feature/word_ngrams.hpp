// Hashed n-grams of words: which phrases a text has, whatever their place. Fixed by pnlp-model(5).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pnlp {

struct WordNgramOptions {
  std::uint32_t longest = 0;  // words of the longest n-gram; 0: none at all
  std::uint32_t rows = 0;     // of the table that they are hashed into
  bool operator==(const WordNgramOptions&) const = default;
};

// Not thread-safe (it keeps scratch memory): one per thread.
class WordNgrams {
 public:
  explicit WordNgrams(WordNgramOptions options) : options_(options) {}

  bool empty() const { return options_.longest == 0; }
  // Appends the rows of a text's n-grams of 1 to `longest` words to `rows`: each row once, in the
  // order of its first n-gram's end; then those of `letters`, values of its words' n-grams of
  // letters. `keys`: what a word is known by, in reading order.
  void append(std::span<const std::uint64_t> keys, std::span<const std::uint16_t> letters,
              std::vector<std::int32_t>& rows);

 private:
  void append_hash(std::uint64_t hash, std::vector<std::int32_t>& rows);
  bool first_time(std::uint32_t row);

  WordNgramOptions options_;
  std::vector<std::uint64_t> open_;  // hashes of the n-grams that end at the word before, by length
  // The rows of the text at hand: open addressing, entries of other texts have another stamp.
  struct Seen {
    std::uint32_t row = 0;
    std::uint32_t stamp = 0;
  };
  std::vector<Seen> seen_;
  std::uint32_t stamp_ = 0;
};

}  // namespace pnlp

// Rows of 16-bit values by byte strings: the bounded cache of whole words. Rows have numbers, by
// which others may remember more about them. Emptied when full, so that memory is constant over any
// input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/feature/numbered_words.hpp"

namespace pnlp {

class WordCache {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // trim() leaves at most `words` rows of `width` values, and keys of 64 bytes on average.
  WordCache(std::size_t words, std::uint32_t width);

  // The row's number, or kNone.
  std::uint32_t find(std::string_view key) const;
  // Returns the new row's number: rows are numbered from 0. `values.size()` == width; `key` must
  // not be there. Error(data) at 2^32 - 1 rows.
  std::uint32_t insert(std::string_view key, std::span<const std::uint16_t> values);
  std::size_t size() const { return entries_.size(); }
  // Valid until the next insert().
  NumberedWords rows() const { return {width_, values_}; }

  // Empties the cache if it is full: to be called where nobody needs the numbers given so far.
  void trim();
  // How often it was emptied: rows with equal numbers are the same as long as this is.
  std::uint64_t generation() const { return generation_; }

 private:
  // Short keys stand in the entry itself, so that most searches touch two cache lines.
  static constexpr std::size_t kShortKey = 20;
  struct Entry {
    std::uint64_t hash;
    std::uint32_t key_size;
    std::array<char, kShortKey> key;  // of a longer one: where it begins in keys_, as a size_t
  };
  struct Slot {
    std::uint32_t tag;     // upper half of the hash
    std::uint32_t number;  // 1 + entry, or 0: free
  };

  std::string_view key_of(const Entry& entry) const {
    return entry.key_size <= kShortKey ? std::string_view(entry.key.data(), entry.key_size)
                                       : long_key_of(entry);
  }
  std::string_view long_key_of(const Entry& entry) const;
  void place(std::uint64_t hash, std::uint32_t number);
  void grow();

  std::size_t limit_;
  std::uint32_t width_;
  std::uint64_t generation_ = 0;
  std::vector<Slot> slots_;  // open addressing; a power of two
  std::vector<Entry> entries_;
  std::string keys_;
  std::vector<std::uint16_t> values_;  // width_ an entry
};

}  // namespace pnlp

// Rows of 16-bit values by byte strings: the bounded cache of whole words. Emptied when full, so
// that memory is constant over any input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pnlp {

class WordCache {
 public:
  // At most `words` rows of `width` values, and as many keys of 64 bytes on average.
  WordCache(std::size_t words, std::uint32_t width);

  // Null if not there. Valid until the next insert().
  const std::uint16_t* find(std::string_view key) const;
  // `values.size()` == width; `key` must not be there. Keys above 1 KiB are not kept.
  void insert(std::string_view key, std::span<const std::uint16_t> values);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t hash;
    std::size_t key_begin;
    std::size_t key_size;
  };
  static constexpr std::uint32_t kFree = 0;

  void place(std::uint64_t hash, std::uint32_t entry);
  void grow();
  void clear();

  std::size_t limit_;
  std::uint32_t width_;
  std::vector<std::uint32_t> slots_;  // open addressing: 1 + entry, or kFree; a power of two
  std::vector<Entry> entries_;
  std::string keys_;
  std::vector<std::uint16_t> values_;  // width_ an entry
};

}  // namespace pnlp

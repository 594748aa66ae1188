// Private to lib/text: the pieces of a BERT vocabulary with their longest match.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

class Vocabulary {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // One piece a line, white space around it aside; its id is the number of its line from 0. Of
  // equal pieces the last counts. `name` is for messages. Errors: data (not UTF-8, no piece
  // "[UNK]").
  Vocabulary(std::string bytes, const std::string& name);
  ~Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = delete;
  Vocabulary& operator=(Vocabulary&&) = delete;

  struct Match {
    std::uint32_t id = kNone;
    std::uint32_t chars = 0;
  };
  // The longest piece that `word` goes on with at its character `first`: a piece with "##" before
  // it unless that is 0. `ends` are the byte offsets after each character of the word.
  Match longest(std::string_view word, std::span<const std::uint32_t> ends,
                std::size_t first) const;

  std::string_view piece(std::uint32_t id) const {
    const ByteRange& place = pieces_[id];
    return std::string_view(bytes_).substr(place.begin, place.end - place.begin);
  }
  std::string_view unknown() const { return "[UNK]"; }
  std::string_view bytes() const { return bytes_; }

 private:
  struct Slot {
    std::uint32_t tag = 0;  // high half of the hash
    std::uint32_t id = kNone;
  };
  void insert(std::uint32_t id);

  std::string bytes_;
  std::vector<ByteRange> pieces_;  // their places in bytes_
  std::vector<Slot> slots_;        // open addressing; at most half full
  std::size_t mask_ = 0;
  std::size_t longest_ = 0;  // bytes of the longest piece
};

}  // namespace pnlp

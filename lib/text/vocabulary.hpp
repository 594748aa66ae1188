// Private to lib/text: the pieces of a BERT vocabulary with their longest match.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pnlp/base/held.hpp"

namespace pnlp {

// One piece a line, white space around it aside.
class Vocabulary {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // `name` is for messages. Errors: data (not UTF-8, no piece "[UNK]").
  Vocabulary(HeldText bytes, const std::string& name);
  // With its index, which is used where it stands. Errors: data, also an index that cannot be one;
  // of a wrong one only other matches come.
  Vocabulary(HeldText bytes, const HeldText& index, const std::string& name);
  ~Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = delete;
  Vocabulary& operator=(Vocabulary&&) = delete;

  struct Match {
    std::uint32_t id = kNone;  // of the piece: equal ones have equal ids
    std::uint32_t chars = 0;
    std::string_view piece;
  };
  // The longest piece that `word` goes on with at its character `first`: a piece with "##" before
  // it unless that is 0. `ends` are the byte offsets after each character of the word.
  Match longest(std::string_view word, std::span<const std::uint32_t> ends,
                std::size_t first) const;

  std::string_view unknown() const { return "[UNK]"; }
  std::string_view bytes() const { return bytes_.text(); }
  // For the second constructor; pnlp-model(5) describes it.
  std::string index() const;

 private:
  void check(const std::string& name) const;
  bool has_unknown() const;

  HeldText bytes_;
  HeldText slots_;  // open addressing: u32s, see index()
  std::uint64_t count_ = 0;
  std::size_t longest_ = 0;  // bytes of the longest piece
};

}  // namespace pnlp

// Words by number: the fingerprints of distinct words once, and records as the numbers of their
// words. What the batcher packs, wherever the rows are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

// A view of rows of `width` values each.
struct NumberedWords {
  std::uint32_t width = 0;
  std::span<const std::uint16_t> values;

  std::size_t words() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const std::uint16_t> word(std::uint32_t number) const {
    return values.subspan(std::size_t{number} * width, width);
  }
};

struct NumberedRecord {
  std::vector<ByteRange> tokens;     // byte offsets into the original text
  std::vector<std::uint32_t> words;  // the number of each token's word
};

}  // namespace pnlp

// Between slots as spans of bytes and slots as one BIO tag a token.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

struct Aligned {
  std::vector<std::string> tags;  // one a token: "O", "B-x", "I-x"
  std::uint32_t inexact = 0;      // spans whose ends were not token bounds, moved to the nearest
  std::uint32_t lost = 0;         // spans that touch no token of their own
};

// Tags of `tokens` from non-overlapping `spans`, ordered by start. A token belongs to a span when
// more than half of its bytes do (the first such span); a span that would win no token takes the
// token it overlaps most, if that is free.
Aligned tags_from_spans(std::span<const ByteRange> tokens, std::span<const Span> spans);

// Spans from tags as conlleval reads them: B-x begins, I-x continues a span of x or else begins
// one.
std::vector<Span> spans_from_tags(std::span<const ByteRange> tokens,
                                  std::span<const std::string> tags);

}  // namespace pnlp

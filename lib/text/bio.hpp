// Between slots as spans of bytes and slots as one BIO tag a token.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

// A tag taken apart; `label` is a view into it and empty for O.
struct Tag {
  char prefix = 'O';  // 'O', 'B' or 'I'
  std::string_view label;
};

// Errors: data (neither O nor B-x nor I-x, x not empty).
Tag parse_tag(std::string_view tag);

struct Aligned {
  std::vector<std::string> tags;  // one a token: "O", "B-x", "I-x"
  std::uint32_t inexact = 0;      // spans whose ends were not token bounds, moved to the nearest
  std::uint32_t lost = 0;         // spans that won no token: their slot is in no tag
};

// Tags of `tokens` (in order, not overlapping, not empty) from `spans` (the same). A token belongs
// to the span that holds more than half of its bytes; there can be only one. A span that wins no
// token so takes the token of which it holds the most bytes (the first of equals), if no span has
// that token yet; such spans are served in their order. So half a token is enough when nobody else
// has more, and of two spans that share a token in halves the first gets it.
Aligned tags_from_spans(std::span<const ByteRange> tokens, std::span<const Span> spans);

// Spans from tags as conlleval reads them: B-x begins a span; I-x continues a span of x that the
// token before belongs to, or else begins one. A span reaches from its first token's begin to its
// last token's end. Errors: data (a bad tag), internal (tokens and tags of different number).
std::vector<Span> spans_from_tags(std::span<const ByteRange> tokens,
                                  std::span<const std::string> tags);

// The same from probabilities: of each token's most probable tag, the first of equals; O where
// nothing is known.
std::vector<Span> spans_from_weights(std::span<const ByteRange> tokens,
                                     std::span<const TagWeights> weights);

}  // namespace pnlp

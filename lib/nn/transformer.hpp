// Self-attention and feed-forward layers (Vaswani et al. 2017), normalised before each branch
// (Xiong et al. 2020), inside a segment, so that time and memory are linear in a text's length.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// Positions of the segment are added once; then come `shape.layers` times attention, of four heads
// where C is a multiple of 4, of two where it is even, else of one, and channel mixing.
std::unique_ptr<Encoder> make_transformer(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

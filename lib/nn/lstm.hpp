// Bidirectional long short-term memory (Hochreiter, Schmidhuber 1997; forget gate: Gers et al.
// 2000) over whole sequences.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// Blocks of recurrent.hpp whose cells do, from step to step with s = h = 0 before the first:
// (i, f, g, o)[4U] = bias + y W + h R, s = sigmoid(f + 1) s + sigmoid(i) tanh(g),
// h = sigmoid(o) tanh(s).
std::unique_ptr<Encoder> make_lstm(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

// Quasi-recurrent networks (Bradbury et al. 2016), pQRNN's encoder (Kaliamoorthi et al. 2021),
// bidirectional over whole sequences: gates see a few neighbours, and only their sums are
// recurrent.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// Blocks of recurrent.hpp whose cells do, from step to step t with s = 0 before the first:
// (z, f, o)[3U] = bias + sum over d = 0, 1, 2 of y[t - d] W[2 - d] (zeros before the first step),
// s = sigmoid(f) s + (1 - sigmoid(f)) tanh(z), h = sigmoid(o) s: pooling by f and o.
// Training walks over steps as recurrent.hpp does; prediction, in fp32 or 8 bits, over blocks of
// whole sequences that stay in the second-level cache.
std::unique_ptr<Encoder> make_qrnn(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

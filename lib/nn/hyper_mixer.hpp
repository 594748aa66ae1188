// Token mixing whose weights are made from the tokens by small networks (HyperMixer, Mai et al.
// 2022): none are tied to a position, and time is linear in a sequence's length.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// `shape.layers` times token mixing over whole sequences of L tokens,
//   y = Norm(x), z = y + positions, A[L][H] = in(z), B[L][H] = out(z), both networks of C to C to
//   H, x += B GELU(A^T y / sqrt(L)) / sqrt(H),
// and channel mixing.
std::unique_ptr<Encoder> make_hyper_mixer(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

// Token shifts in place of token mixing (after TS-Mixer): groups of channels are taken from the
// tokens before and after, so that channel mixing sees neighbours; no weights are tied to
// positions.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// `shape.layers` blocks x += channel mixing of z, where z[t][c] = Norm(x)[t + d(c)][c] and
// d(c) = floor(7 c / C) - 3; tokens outside the sequence count as zeros. Segments have no part in
// it.
std::unique_ptr<Encoder> make_shift(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

// Gated convolutions over neighbouring tokens (Dauphin et al. 2017): what a token's surroundings
// mean is learned once for all positions, which token mixing must learn anew for each.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// `shape.layers` blocks x += a * sigmoid(g), where (a, g)[2C] = bias + sum over d = -1, 0, 1 of
// LayerNorm(x[t + d]) W[d + 1]; tokens of other segments count as zeros.
std::unique_ptr<Encoder> make_gated_conv(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

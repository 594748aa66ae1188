// An encoder on a shortened sequence (after Hourglass, Nawrot et al. 2021): what it finds among
// pools of neighbouring tokens is added to the tokens.
#pragma once

#include <cstddef>
#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// x[t] += inner(pooled)[t / pool], where pooled[p] is the mean of x[pool p] to x[pool p + pool - 1]
// as far as the sequence goes. `inner` sees segments of `shape.segment` pools.
std::unique_ptr<Encoder> make_shortened(std::unique_ptr<Encoder> inner, std::size_t pool,
                                        const EncoderShape& shape);

}  // namespace pnlp

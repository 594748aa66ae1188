// The MLP-Mixer encoder (Tolstikhin et al. 2021; pNLP-Mixer paper, section 3.3) in packed form:
// token mixing uses the first L rows of its weights for a segment of L tokens, which for L = S
// equals the padded formulation.
#pragma once

#include <memory>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

std::unique_ptr<Encoder> make_mixer(const EncoderShape& shape, ParameterLayout& layout);

}  // namespace pnlp

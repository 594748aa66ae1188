// Encoders one after another.
#pragma once

#include <memory>
#include <vector>

#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// The first of `links` reads the input, each further one what the one before gives.
std::unique_ptr<Encoder> make_chain(std::vector<std::unique_ptr<Encoder>> links);

}  // namespace pnlp

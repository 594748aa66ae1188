// Models that are to speak together, or one to another, must have the same words for it.
#pragma once

#include <string_view>

#include "pnlp/model/config.hpp"

namespace pnlp {

// Error(data) if task, labels or slots of `a` are not those of `b`: it names both by `a_name` and
// `b_name`, and what only one of them has.
void check_agreement(std::string_view a_name, const ModelConfig& a, std::string_view b_name,
                     const ModelConfig& b);

}  // namespace pnlp

// Training that starts from a model: what has to fit, and which weights are taken over.
#pragma once

#include <span>
#include <string_view>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp {

// Error(data) that begins with `who` if `model` reads other features than `source` makes; another
// if it is damaged.
void check_features(const ModelFile& model, const FeatureSource& source, std::string_view who);

// Copies what the initial model and the new one (of the same shape, its tensors in `layout`) share:
// all below the heads, and the columns of heads whose label or tag has the same name.
void start_from(const ModelFile& init, const ModelConfig& config, const ParameterLayout& layout,
                std::span<float> weights);

}  // namespace pnlp

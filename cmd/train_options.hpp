// The options of pnlp train that become TrainOptions.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"
#include "pnlp/task/presets.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp::cmd {

// --preset, --task and the sizes of the network.
void declare_model(Options& options, std::string& preset, TrainOptions& train);
// Rate, batches, regularisation, weights of classes.
void declare_optimisation(Options& options, TrainOptions& train);
// Metric, patience, held-out share, seed.
void declare_choosing(Options& options, TrainOptions& train);

// Sizes and recipe of `preset`, but for what was given by name.
void resolve_preset(const Options& options, const Preset& preset, TrainOptions& train);

}  // namespace pnlp::cmd

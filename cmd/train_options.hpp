// The options of pnlp train that become TrainOptions.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp::cmd {

// --preset, --task and the sizes of the network.
void declare_model(Options& options, TrainOptions& train);
// Rate, batches, regularisation, weights of classes.
void declare_optimisation(Options& options, TrainOptions& train);
// Metric, patience, held-out share, seed.
void declare_choosing(Options& options, TrainOptions& train);

}  // namespace pnlp::cmd

// The options of a training run: which make sense, and their record in the model.
#pragma once

#include <cstdint>

#include "pnlp/io/json.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp {

// Error(usage) naming the first option that is out of its range, with the range. The shape is
// check_config()'s.
void check_options(const TrainOptions& options);

// Whether anything is left out at random in a network of this shape, so that two readings of a
// record differ.
bool leaves_out(const TrainOptions& options, const Shape& shape);

// Whether transitions of the task's tags are weighed: as `crf` says, else as `init` does, else if
// there are tags. What `crf` asks for may be impossible: train() refuses it.
bool weighs_transitions(const TrainOptions& options, Task task);

// Every option that shapes the result, as a JSON object: kept in the model, and hashed into
// checkpoints. `epochs`: those that are meant by 0, too.
void write_options(JsonWriter& json, const TrainOptions& options, std::uint32_t epochs);

}  // namespace pnlp

// What a training run will be, before its first step: which records are held out, the model's
// configuration, what chooses the best epoch, how much labels weigh, how many epochs there are.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pnlp/feature/record_set.hpp"
#include "pnlp/task/trainer.hpp"
#include "pnlp/task/training_set.hpp"

namespace pnlp {

// What a model learns from, and what chooses its best epoch: views of record sets.
struct Split {
  RecordSelection train;
  RecordSelection dev;  // none with `judged`
  // A model that learned from most of these records: what it reached on the others stands for the
  // one that learns from all of them, whose last epoch is kept.
  const TrainResult* judged = nullptr;
};

// All but a held-out share, and that share, drawn by the seed; both keep their order. The last
// record of a label is not held out while others can be. Error(data) for fewer than two records, or
// two with a label each.
Split hold_out(const RecordSet& set, const TrainOptions& options);

// Whether a model that learned from all but the held-out share of `set` is to be followed by one
// that learns from all of it: where records are few, and the share costs more than time does.
bool trains_again(const RecordSet& set, const TrainOptions& options);

// Of the model that is to be trained. Errors: data (no label where the task needs one, an initial
// model or a teacher of other features), usage (a size out of its range, class weights without
// labels).
ModelConfig make_config(const FeatureSource& source, const RecordSelection& train,
                        const TrainOptions& options);

// The metric that chooses the best epoch if none is asked for.
std::string default_metric(Task task);

// Applies the options' class weights, if there are some. Error(usage) for a label that no record
// has.
void weigh_labels(const ModelConfig& config, const TrainOptions& options, TrainingSet& set);

// As asked for, else by the size of the set.
std::uint32_t epochs_for(const TrainOptions& options, const TrainingSet& set);

// What of the set is not learned as it stands: one sentence each, with counts.
std::vector<std::string> set_warnings(const ModelConfig& config, const TrainingSet& set);

}  // namespace pnlp

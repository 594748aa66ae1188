#include "pnlp/task/training_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/feature/projection.hpp"
#include "pnlp/task/initial_weights.hpp"
#include "pnlp/task/presets.hpp"
#include "pnlp/task/trainer_options.hpp"

namespace pnlp {
namespace {

// Bounds of the number of epochs when none is asked for.
constexpr std::uint32_t kFewestEpochs = 5;
constexpr std::uint32_t kMostEpochs = 60;
constexpr double kManyRecords = 16e3;        // above, visits grow with their square root
constexpr std::uint64_t kHeldOutStream = 1;  // of random numbers

// Rows of a channel's table. Few values are all different lengths of words: more rows than that
// would be empty.
std::uint32_t rows_for(const Channel& channel, const ModelConfig& config) {
  constexpr std::uint32_t kLengthRows = 256;
  if (channel.numbers) return channel.values;
  if (config.channels.empty()) return config.shape.feature_size;
  if (channel.name == "letters" && config.has_ngrams()) return 0;
  const std::uint32_t rows = config.shape.channel_rows;
  return channel.name == "length" ? std::min(rows, kLengthRows) : rows;
}

// Of a record that has just one.
std::optional<std::string> single_label(const RecordSet& set, std::size_t i) {
  FeatureRecord record;
  set.read_gold(i, record);
  if (record.label_form != LabelForm::single) return std::nullopt;
  return record.labels[0].name;
}

}  // namespace

Split hold_out(const RecordSet& set, const TrainOptions& options) {
  if (set.size() < 2)
    throw Error(ErrorKind::data, "one record is too little to train on and to hold out a dev set");
  std::vector<std::uint32_t> order(set.size());
  std::iota(order.begin(), order.end(), 0U);
  Random(options.seed, kHeldOutStream).shuffle(std::span(order));
  const auto count = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::llround(static_cast<double>(set.size()) * options.held_out)), 1,
      set.size() - 1);
  std::map<std::string, std::size_t> records_of;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (const auto label = single_label(set, i)) ++records_of[*label];
  }
  std::vector<std::uint32_t> held;
  std::vector<std::uint32_t> learned;
  for (const std::uint32_t i : order) {
    const auto label = single_label(set, i);
    const bool is_last = label && records_of[*label] == 1;
    if (held.size() == count || is_last) {
      learned.push_back(i);
      continue;
    }
    if (label) --records_of[*label];
    held.push_back(i);
  }
  if (held.empty()) {  // a label of its own for each
    if (set.size() == 2) {
      throw Error(ErrorKind::data,
                  "of two records with a label each, none can be held out to choose the epoch by; "
                  "give others with --dev");
    }
    learned.assign(order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
    held.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
  }
  std::ranges::sort(learned);
  std::ranges::sort(held);
  return {RecordSelection(set, std::move(learned)), RecordSelection(set, std::move(held)), nullptr};
}

// Early stopping needs something to stop by.
bool trains_again(const RecordSet& set, const TrainOptions& options) {
  return are_few(set.size()) && options.patience == 0;
}

ModelConfig make_config(const FeatureSource& source, const RecordSelection& train,
                        const TrainOptions& options) {
  ModelConfig config;
  if (options.init) check_features(*options.init, source, "the initial model");
  for (const Teacher& teacher : options.teachers)
    check_features(teacher.model, source, teacher.name);
  if (options.task) config.task = *options.task;
  describe_records(train, config, options.task.has_value());
  if (!has_label(config.task) && (options.balanced || !options.class_weights.empty())) {
    throw Error(ErrorKind::usage, "class weights are for labels, and this task has none");
  }
  config.shape = options.init ? options.init->config.shape : options.shape;
  config.max_tokens = options.max_tokens;
  config.crf = weighs_transitions(options, config.task);
  const std::unique_ptr<Projection> projection = make_projection(source.projection);
  for (const Channel& channel : projection->channels()) {
    config.channels.push_back(
        {channel.name, channel.values, rows_for(channel, config), channel.numbers});
  }
  if (options.init) config.channels = options.init->config.channels;
  check_config(config);
  return config;
}

std::string default_metric(Task task) {
  switch (task) {
    case Task::label:
      return "accuracy";
    case Task::multilabel:
      return "micro-f1";
    case Task::tags:
      return "exact-spans";
    case Task::joint:
      return "exact";
  }
  return "accuracy";
}

void weigh_labels(const ModelConfig& config, const TrainOptions& options, TrainingSet& set) {
  if (!options.balanced && options.class_weights.empty()) return;
  std::vector<float> weights(config.labels.size(), 1.0F);
  if (options.balanced) {
    const std::vector<double> counts = set.label_counts(config.labels.size());
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (counts[i] > 0)
        weights[i] = static_cast<float>(total / (static_cast<double>(counts.size()) * counts[i]));
    }
  }
  for (const LabelWeight& given : options.class_weights) {
    const auto found = std::ranges::find(config.labels, given.name);
    if (found == config.labels.end()) {
      throw Error(
          ErrorKind::usage,
          fmt::format("a weight is given for '{}', but no record has this label", given.name));
    }
    weights[static_cast<std::size_t>(found - config.labels.begin())] *= given.weight;
  }
  set.weigh_labels(weights);
}

std::uint32_t epochs_for(const TrainOptions& options, const TrainingSet& set) {
  if (options.epochs != 0) return options.epochs;
  const double more = std::sqrt(std::max(1.0, static_cast<double>(set.records()) / kManyRecords));
  const auto visits = [more](double wanted, std::size_t count) {
    return more * wanted / static_cast<double>(std::max<std::size_t>(1, count));
  };
  const double epochs = std::ceil(std::min(visits(options.record_visits, set.records()),
                                           visits(options.token_visits, set.tokens())));
  return static_cast<std::uint32_t>(
      std::clamp(epochs, static_cast<double>(kFewestEpochs), static_cast<double>(kMostEpochs)));
}

std::vector<std::string> set_warnings(const ModelConfig& config, const TrainingSet& set) {
  std::vector<std::string> lines;
  const auto warn = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) lines.push_back(fmt::format("{} {}", count, what));
  };
  if (has_label(config.task)) {
    warn(set.records() - set.with_label(),
         has_tags(config.task) ? "records have no label; only their slots were trained on"
                               : "records have no label; left out");
  }
  if (has_tags(config.task)) {
    warn(set.records() - set.with_spans(),
         has_label(config.task) ? "records have no slots; only their labels were trained on"
                                : "records have no slots; left out");
  }
  warn(set.inexact_spans(), "spans do not fall on token bounds; trained on the nearest tokens");
  warn(set.lost_spans(), "spans cover no token of their own; left out");
  warn(set.cut_records(), fmt::format("records are longer than {} tokens; cut", config.max_tokens));
  return lines;
}

}  // namespace pnlp

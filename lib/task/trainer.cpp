#include "pnlp/task/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "pnlp/base/random.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/checkpoint.hpp"
#include "pnlp/task/dev_pass.hpp"
#include "pnlp/task/self_test.hpp"
#include "pnlp/task/training_set.hpp"
#include "pnlp/task/training_step.hpp"

namespace pnlp {
namespace {

// Epochs when none are asked for: enough for this many token visits, within bounds.
constexpr double kTokenVisits = 8e6;
constexpr std::uint32_t kFewestEpochs = 5;
constexpr std::uint32_t kMostEpochs = 60;

// Streams of random numbers; each draws from the run's seed.
constexpr std::uint64_t kHeldOutStream = 1;
constexpr std::uint64_t kOrderStream = 2;

using Metrics = std::vector<std::pair<std::string, double>>;

void check_options(const TrainOptions& options) {
  const auto need = [](bool fine, const char* what, double value, const char* range) {
    if (!fine) throw Error(ErrorKind::usage, fmt::format("{} is {}; give {}", what, value, range));
  };
  const auto share = [](double value) { return value >= 0 && value < 1; };
  need(options.learning_rate > 0 && options.learning_rate <= 10, "the learning rate",
       options.learning_rate, "a number above 0, up to 10");
  need(share(options.warmup), "the warm-up", options.warmup,
       "a share of the steps from 0 to below 1");
  need(options.batch > 0 && options.batch <= 65536, "the batch size", options.batch,
       "1 to 65536 records");
  need(share(options.feature_drop), "feature drop", options.feature_drop,
       "a share from 0 to below 1");
  need(share(options.dropout), "dropout", options.dropout, "a share from 0 to below 1");
  need(options.weight_decay >= 0, "weight decay", options.weight_decay, "0 or more");
  need(share(options.ema), "the decay of the weight average", options.ema, "0 (none) to below 1");
  need(options.clip >= 0, "the clipping norm", options.clip, "0 (none) or more");
  need(share(options.label_smoothing), "label smoothing", options.label_smoothing,
       "a share from 0 to below 1");
  need(options.tag_weight > 0, "the tag weight", options.tag_weight, "a number above 0");
  need(options.held_out > 0 && options.held_out < 1, "the held-out share", options.held_out,
       "a share between 0 and 1");
  need(options.checkpoint_every > 0, "the checkpoint interval", options.checkpoint_every,
       "1 epoch or more");
  need(options.max_tokens > 0, "the length limit", options.max_tokens, "1 token or more");
  if (options.resume && options.checkpoint.empty()) {
    throw Error(ErrorKind::usage, "to resume, name the checkpoint file");
  }
}

// A held-out share of `train`, drawn by the seed; both keep their order.
void hold_out(std::vector<FeatureRecord>& train, std::vector<FeatureRecord>& dev,
              const TrainOptions& options) {
  if (train.size() < 2)
    throw Error(ErrorKind::data, "one record is too little to train on and to hold out a dev set");
  std::vector<std::uint32_t> order(train.size());
  std::iota(order.begin(), order.end(), 0U);
  Random(options.seed, kHeldOutStream).shuffle(std::span(order));
  const auto count = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::llround(static_cast<double>(train.size()) * options.held_out)),
      1, train.size() - 1);
  std::vector<bool> held(train.size(), false);
  for (std::size_t i = 0; i < count; ++i) held[order[i]] = true;
  std::vector<FeatureRecord> rest;
  for (std::size_t i = 0; i < train.size(); ++i)
    (held[i] ? dev : rest).push_back(std::move(train[i]));
  train = std::move(rest);
}

ModelConfig make_config(const FeatureSource& source, std::span<const FeatureRecord> train,
                        const TrainOptions& options) {
  ModelConfig config;
  if (options.task) config.task = *options.task;
  describe_records(train, config, options.task.has_value());
  config.shape = options.init ? options.init->config.shape : options.shape;
  config.max_tokens = options.max_tokens;
  const std::unique_ptr<Projection> projection = make_projection(source.projection);
  for (const Channel& channel : projection->channels()) {
    const bool first = config.channels.empty();
    config.channels.push_back({channel.name, channel.values,
                               first ? config.shape.feature_size : config.shape.channel_rows});
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

double value_of(const Metrics& metrics, std::string_view name) {
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  std::string names;
  for (const auto& [metric, value] : metrics) names += (names.empty() ? "" : ", ") + metric;
  throw Error(ErrorKind::usage, fmt::format("the dev set does not tell '{}'; it tells: {}", name,
                                            names.empty() ? "nothing" : names));
}

std::vector<float> label_weights(const ModelConfig& config, const TrainingSet& set,
                                 const TrainOptions& options) {
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
  return weights;
}

// Copies what the initial model and the new one share: tensors of equal shape, and the columns of
// heads whose label or tag has the same name.
void start_from(const ModelFile& init, const ModelConfig& config, const Network& network,
                std::span<float> weights) {
  const Network old(init.config);
  const LabelSpace old_space(init.config);
  const LabelSpace new_space(config);
  const auto columns = [](const ModelConfig& of, const LabelSpace& space, bool tags) {
    std::vector<std::string> names;
    if (!tags) return of.labels;
    for (std::uint32_t i = 0; i < of.tags(); ++i)
      names.push_back(space.tag(static_cast<std::int32_t>(i)));
    return names;
  };
  for (const Parameter& to : network.layout().parameters()) {
    for (const Parameter& from : old.layout().parameters()) {
      if (from.name != to.name) continue;
      const bool tags = to.name.starts_with("tags");
      if (!tags && !to.name.starts_with("label")) {
        std::copy_n(init.weights.begin() + static_cast<std::ptrdiff_t>(from.offset), to.size,
                    weights.begin() + static_cast<std::ptrdiff_t>(to.offset));
        continue;
      }
      const std::vector<std::string> old_names = columns(init.config, old_space, tags);
      const std::vector<std::string> new_names = columns(config, new_space, tags);
      for (std::size_t column = 0; column < new_names.size(); ++column) {
        const auto found = std::ranges::find(old_names, new_names[column]);
        if (found == old_names.end()) continue;
        const auto source = static_cast<std::size_t>(found - old_names.begin());
        for (std::size_t row = 0; row < to.size / new_names.size(); ++row) {
          weights[to.offset + row * new_names.size() + column] =
              init.weights[from.offset + row * old_names.size() + source];
        }
      }
    }
  }
}

std::uint32_t epochs_for(const TrainOptions& options, std::size_t tokens) {
  if (options.epochs != 0) return options.epochs;
  const double wanted = kTokenVisits / static_cast<double>(std::max<std::size_t>(1, tokens));
  return static_cast<std::uint32_t>(std::clamp(
      std::ceil(wanted), static_cast<double>(kFewestEpochs), static_cast<double>(kMostEpochs)));
}

// Every option that shapes the result, as JSON: kept in the model, and hashed into checkpoints.
void write_options(JsonWriter& json, const TrainOptions& options, std::uint32_t epochs) {
  json.begin_object();
  json.key("optimizer").value(options.optimizer == OptimizerKind::adamw ? "adamw" : "adam");
  json.key("schedule").value(options.schedule == Schedule::cosine ? "cosine" : "constant");
  json.key("learning_rate").value(options.learning_rate);
  json.key("warmup").value(options.warmup);
  json.key("epochs").value(static_cast<std::uint64_t>(epochs));
  json.key("batch").value(static_cast<std::uint64_t>(options.batch));
  json.key("feature_drop").value(options.feature_drop);
  json.key("dropout").value(options.dropout);
  json.key("weight_decay").value(options.weight_decay);
  json.key("ema").value(options.ema);
  json.key("clip").value(options.clip);
  json.key("label_smoothing").value(options.label_smoothing);
  json.key("tag_weight").value(options.tag_weight);
  json.key("balanced").value(options.balanced);
  json.key("class_weights").begin_object();
  for (const LabelWeight& weight : options.class_weights)
    json.key(weight.name).value(weight.weight);
  json.end_object();
  json.key("patience").value(static_cast<std::uint64_t>(options.patience));
  json.end_object();
}

void write_metrics(JsonWriter& json, const Metrics& metrics) {
  json.begin_object();
  for (const auto& [name, value] : metrics) json.key(name).value(value);
  json.end_object();
}

class Trainer {
 public:
  Trainer(const FeatureSource& source, std::vector<FeatureRecord> train_records,
          std::vector<FeatureRecord> dev_records, const TrainOptions& options)
      : options_(options),
        source_(source),
        dev_(std::move(dev_records)),
        workers_(options.threads) {
    if (train_records.empty()) throw Error(ErrorKind::data, "there is not one record to train on");
    data_digest_ = digest_records(train_records);
    if (dev_.empty()) hold_out(train_records, dev_, options_);
    dev_digest_ = digest_records(dev_);
    config_ = make_config(source, train_records, options_);
    network_ = std::make_unique<Network>(config_);
    set_ = std::make_unique<TrainingSet>(config_, train_records);
    if (has_label(config_.task) && (options_.balanced || !options_.class_weights.empty())) {
      set_->weigh_labels(label_weights(config_, *set_, options_));
    }
    metric_ = options_.metric.empty() ? default_metric(config_.task) : options_.metric;
    check_metric_name(metric_);
    epochs_ = epochs_for(options_, set_->tokens());
    steps_per_epoch_ = (set_->records() + options_.batch - 1) / options_.batch;
  }

  TrainResult run(const std::function<bool(const EpochReport&)>& report) {
    start();
    DevPass dev(config_, evaluated(), dev_, workers_);
    TrainingStep step(config_, *network_, *set_, options_, workers_);
    bool go_on = true;
    while (go_on && state_.epoch < epochs_ && !out_of_patience()) {
      EpochReport now = epoch_report();
      go_on = run_epoch(step, report, now);
      if (!go_on) break;
      ++state_.epoch;
      end_epoch(dev, now);
      go_on = report(now);
      const bool due =
          state_.epoch % options_.checkpoint_every == 0 || state_.epoch == epochs_ || !go_on;
      if (!options_.checkpoint.empty() && due)
        save_checkpoint(state_, fingerprint(), options_.checkpoint);
    }
    return finish(!go_on);
  }

 private:
  // Averaged weights are those that are evaluated and kept.
  std::vector<float>& evaluated() { return options_.ema > 0 ? state_.average : state_.weights; }

  bool out_of_patience() const {
    return options_.patience != 0 && state_.best_epoch != 0 &&
           state_.epoch >= state_.best_epoch + options_.patience;
  }

  std::uint64_t fingerprint() const {
    std::string text;
    JsonWriter json(text);
    write_options(json, options_, epochs_);
    Digest digest;
    digest.update(text);
    digest.update(metric_);
    digest.update(encode_config(config_));
    digest.update(data_digest_);
    digest.update(dev_digest_);
    digest.update(options_.seed);
    if (options_.init) digest.update(encode_model(*options_.init));
    return digest.value();
  }

  void start() {
    const std::size_t size = network_->layout().size();
    if (options_.resume) {
      state_ = load_checkpoint(options_.checkpoint, fingerprint(), size);
      return;
    }
    state_.weights.resize(size);
    network_->layout().initialize(state_.weights.data(), options_.seed);
    if (options_.init) start_from(*options_.init, config_, *network_, state_.weights);
    if (options_.ema > 0) state_.average = state_.weights;
    state_.adam.first.assign(size, 0.0F);
    state_.adam.second.assign(size, 0.0F);
  }

  EpochReport epoch_report() const {
    EpochReport now;
    now.epoch = state_.epoch + 1;
    now.epochs = epochs_;
    now.step = state_.step;
    now.steps = epochs_ * steps_per_epoch_;
    return now;
  }

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

  // False if `report` wants to stop.
  bool run_epoch(TrainingStep& step, const std::function<bool(const EpochReport&)>& report,
                 EpochReport& now) {
    std::vector<std::uint32_t> order(set_->records());
    std::iota(order.begin(), order.end(), 0U);
    Random(options_.seed, kOrderStream, state_.epoch).shuffle(std::span(order));
    double loss = 0;
    for (std::size_t at = 0; at < order.size(); at += options_.batch) {
      const std::size_t size = std::min<std::size_t>(options_.batch, order.size() - at);
      now.learning_rate =
          scheduled_rate(options_.learning_rate, options_.warmup,
                         options_.schedule == Schedule::cosine, state_.step, now.steps);
      const StepReport done =
          step.run(std::span(order).subspan(at, size), state_.step, now.learning_rate,
                   state_.weights, state_.average, state_.adam);
      if (!std::isfinite(done.loss) || !std::isfinite(done.gradient_norm)) diverge();
      ++state_.step;
      loss += done.loss;
      now.step = state_.step;
      now.loss = loss / static_cast<double>(at + size);
      now.gradient_norm = done.gradient_norm;
      now.seconds = seconds();
      if (!report(now)) return false;
    }
    return true;
  }

  void end_epoch(DevPass& dev, EpochReport& now) {
    now.dev = dev.run();
    now.end_of_epoch = true;
    now.seconds = seconds();
    const double value = value_of(now.dev, metric_);
    const bool first = state_.best_epoch == 0;
    const bool higher = higher_is_better(metric_);
    const double best = first ? 0 : value_of(state_.best_dev, metric_);
    now.best = first || (higher ? value > best : value < best);
    if (now.best) {
      state_.best_epoch = state_.epoch;
      state_.best_weights = evaluated();
      state_.best_dev = now.dev;
    }
  }

  [[noreturn]] void diverge() {
    const std::string what = fmt::format(
        "the loss is not finite at step {} (epoch {}); lower the learning rate ({}), or clip "
        "gradients",
        state_.step + 1, state_.epoch + 1, options_.learning_rate);
    std::optional<ModelFile> best;
    if (state_.best_epoch != 0) best = finish(true).model;
    throw DivergedError(what, std::move(best));
  }

  std::vector<std::string> warnings() const {
    std::vector<std::string> lines;
    const auto warn = [&](std::uint64_t count, std::string_view what) {
      if (count != 0) lines.push_back(fmt::format("{} {}", count, what));
    };
    warn(set_->inexact_spans(), "spans do not fall on token bounds; trained on the nearest tokens");
    warn(set_->lost_spans(), "spans cover no token of their own; left out");
    warn(set_->cut_records(),
         fmt::format("records are longer than {} tokens; cut", config_.max_tokens));
    return lines;
  }

  std::string training_json() const {
    std::string text;
    JsonWriter json(text);
    json.begin_object();
    json.key("version").value(PNLP_VERSION);
    json.key("seed").value(options_.seed);
    json.key("records").value(static_cast<std::uint64_t>(set_->records()));
    json.key("tokens").value(static_cast<std::uint64_t>(set_->tokens()));
    json.key("data_digest").value(hex64(data_digest_));
    json.key("dev_digest").value(hex64(dev_digest_));
    json.key("options");
    write_options(json, options_, epochs_);
    json.key("metric").value(metric_);
    json.key("best_epoch").value(static_cast<std::uint64_t>(state_.best_epoch));
    json.key("dev");
    write_metrics(json, state_.best_dev);
    json.end_object();
    return text;
  }

  TrainResult finish(bool stopped) {
    TrainResult result;
    result.stopped = stopped;
    result.warnings = warnings();
    result.best_epoch = state_.best_epoch;
    result.dev = state_.best_dev;
    if (state_.best_epoch == 0) return result;
    result.model.config = config_;
    result.model.weight_format = options_.weights;
    result.model.feature_source = encode_source(source_, true);
    result.model.training = training_json();
    result.model.weights = state_.best_weights;
    // What is calibrated and tested are the weights as the file gives them back.
    result.model.weights = decode_model(encode_model(result.model), "model").weights;
    DevPass dev(config_, result.model.weights, dev_, workers_);
    result.model.config.temperature = dev.calibrate();
    const auto shared = std::make_shared<SharedModel>(result.model.config, result.model.weights);
    result.model.self_test = make_self_test(shared, dev_);
    return result;
  }

  TrainOptions options_;
  const FeatureSource& source_;
  std::vector<FeatureRecord> dev_;
  Workers workers_;
  ModelConfig config_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<TrainingSet> set_;
  std::string metric_;
  std::uint64_t data_digest_ = 0;
  std::uint64_t dev_digest_ = 0;
  std::uint32_t epochs_ = 0;
  std::uint64_t steps_per_epoch_ = 0;
  TrainingState state_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace

TrainResult train(const FeatureSource& source, std::vector<FeatureRecord> train_records,
                  std::vector<FeatureRecord> dev_records, const TrainOptions& options,
                  const std::function<bool(const EpochReport&)>& report) {
  check_options(options);
  return Trainer(source, std::move(train_records), std::move(dev_records), options).run(report);
}

}  // namespace pnlp

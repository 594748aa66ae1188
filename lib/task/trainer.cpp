#include "pnlp/task/trainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <tuple>
#include <utility>

#include "pnlp/base/random.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/checkpoint.hpp"
#include "pnlp/task/dev_pass.hpp"
#include "pnlp/task/initial_weights.hpp"
#include "pnlp/task/model_source.hpp"
#include "pnlp/task/self_test.hpp"
#include "pnlp/task/trainer_options.hpp"
#include "pnlp/task/training_set.hpp"
#include "pnlp/task/training_step.hpp"

namespace pnlp {
namespace {

// Bounds of the number of epochs when none is asked for.
constexpr std::uint32_t kFewestEpochs = 5;
constexpr std::uint32_t kMostEpochs = 60;

// Streams of random numbers; each draws from the run's seed.
constexpr std::uint64_t kHeldOutStream = 1;
constexpr std::uint64_t kOrderStream = 2;
constexpr std::uint64_t kEnsembleStream = 3;

using Metrics = std::vector<std::pair<std::string, double>>;

// All but a held-out share, and that share, drawn by the seed; both keep their order.
std::pair<RecordSelection, RecordSelection> hold_out(const RecordSet& set,
                                                     const TrainOptions& options) {
  if (set.size() < 2)
    throw Error(ErrorKind::data, "one record is too little to train on and to hold out a dev set");
  std::vector<std::uint32_t> order(set.size());
  std::iota(order.begin(), order.end(), 0U);
  Random(options.seed, kHeldOutStream).shuffle(std::span(order));
  const auto count = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::llround(static_cast<double>(set.size()) * options.held_out)), 1,
      set.size() - 1);
  const auto held = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::sort(order.begin(), held);
  std::ranges::sort(held, order.end());
  return {RecordSelection(set, {held, order.end()}), RecordSelection(set, {order.begin(), held})};
}

// Rows of a channel's table. Few values are all different lengths of words: more rows than that
// would be empty.
std::uint32_t rows_for(const Channel& channel, const ModelConfig& config) {
  constexpr std::uint32_t kLengthRows = 256;
  if (channel.numbers) return channel.values;
  if (config.channels.empty()) return config.shape.feature_size;
  const std::uint32_t rows = config.shape.channel_rows;
  return channel.name == "length" ? std::min(rows, kLengthRows) : rows;
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
  const bool transitions = options.init ? options.init->config.crf : options.transitions;
  config.crf = options.crf.value_or(transitions && has_tags(config.task));
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

double value_of(const Metrics& metrics, std::string_view name) {
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  throw Error(ErrorKind::internal, fmt::format("the dev pass left out '{}'", name));
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

std::uint32_t epochs_for(const TrainOptions& options, const TrainingSet& set) {
  if (options.epochs != 0) return options.epochs;
  const auto visits = [](double wanted, std::size_t count) {
    return wanted / static_cast<double>(std::max<std::size_t>(1, count));
  };
  const double epochs = std::ceil(std::min(visits(options.record_visits, set.records()),
                                           visits(options.token_visits, set.tokens())));
  return static_cast<std::uint32_t>(
      std::clamp(epochs, static_cast<double>(kFewestEpochs), static_cast<double>(kMostEpochs)));
}

void write_metrics(JsonWriter& json, const Metrics& metrics) {
  json.begin_object();
  for (const auto& [name, value] : metrics) json.key(name).value(value);
  json.end_object();
}

class Trainer {
 public:
  // `dev_records` may be null: a share of the others is held out, drawn by the options' seed. All
  // else that is random is drawn by `noise_seed`. Keeps references to source and records.
  Trainer(const FeatureSource& source, const RecordSet& train_records, const RecordSet* dev_records,
          const TrainOptions& options, std::uint64_t noise_seed)
      : options_(options),
        noise_seed_(noise_seed),
        source_(source),
        train_(train_records),
        dev_(dev_records != nullptr ? *dev_records : train_records),
        workers_(options.threads) {
    if (train_.empty()) throw Error(ErrorKind::data, "there is not one record to train on");
    if (dev_.empty()) throw Error(ErrorKind::data, "the dev set has not one record");
    data_digest_ = digest_records(train_);
    if (dev_records == nullptr) std::tie(train_, dev_) = hold_out(train_records, options_);
    dev_digest_ = digest_records(dev_);
    config_ = make_config(source, train_, options_);
    network_ = std::make_unique<Network>(config_);
    set_ = std::make_unique<TrainingSet>(config_, train_);
    if (has_label(config_.task) && (options_.balanced || !options_.class_weights.empty())) {
      set_->weigh_labels(label_weights(config_, *set_, options_));
    }
    metric_ = options_.metric.empty() ? default_metric(config_.task) : options_.metric;
    check_metric_name(metric_);
    epochs_ = epochs_for(options_, *set_);
    steps_per_epoch_ = (set_->records() + options_.batch - 1) / options_.batch;
  }

  TrainResult run(const std::function<bool(const EpochReport&)>& report) {
    start();
    DevPass dev(config_, evaluated(), dev_, workers_);
    check_told(dev.tells());
    TrainingStep step(config_, *network_, *set_, options_, noise_seed_, workers_);
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
      if (options_.checkpoint.empty() || !due) continue;
      save_checkpoint(state_, fingerprint(), options_.checkpoint);
      checkpoint_epochs_ = state_.epoch;
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
    digest.update(noise_seed_);
    if (options_.init) digest.update(encode_model(*options_.init));
    for (const Teacher& teacher : options_.teachers) digest.update(encode_model(teacher.model));
    return digest.value();
  }

  // A metric that the dev set cannot give is found before the first epoch, not after it.
  void check_told(std::span<const std::string_view> told) const {
    if (std::ranges::find(told, metric_) != told.end()) return;
    throw Error(ErrorKind::usage,
                fmt::format("the dev set does not tell '{}'; it tells: {}", metric_,
                            told.empty() ? "nothing" : fmt::format("{}", fmt::join(told, ", "))));
  }

  void start() {
    const std::size_t size = network_->layout().size();
    if (options_.resume && std::filesystem::exists(options_.checkpoint)) {
      state_ = load_checkpoint(options_.checkpoint, fingerprint(), size);
      checkpoint_epochs_ = state_.epoch;
      return;
    }
    state_.weights.resize(size);
    network_->layout().initialize(state_.weights.data(), noise_seed_);
    if (options_.init) start_from(*options_.init, config_, network_->layout(), state_.weights);
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
    Random(noise_seed_, kOrderStream, state_.epoch).shuffle(std::span(order));
    double loss = 0;
    for (std::size_t at = 0; at < order.size(); at += options_.batch) {
      const std::size_t size = std::min<std::size_t>(options_.batch, order.size() - at);
      now.learning_rate =
          scheduled_rate(options_.learning_rate, options_.warmup,
                         options_.schedule == Schedule::cosine, state_.step, now.steps);
      const StepReport done =
          step.run(std::span(order).subspan(at, size), state_.step, now.learning_rate,
                   state_.weights, state_.average, state_.adam);
      if (!std::isfinite(done.loss)) diverge("the loss is not finite");
      if (!std::isfinite(done.gradient_norm)) diverge("the gradient is not finite");
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
    const auto finite = [](float weight) { return std::isfinite(weight); };
    if (!std::ranges::all_of(evaluated(), finite)) diverge("the weights are no longer finite");
    now.dev = dev.run();
    for (const auto& [name, value] : now.dev) {
      if (!std::isfinite(value)) diverge("the scores of the dev set are not finite");
    }
    now.end_of_epoch = true;
    now.seconds = seconds();
    const double value = value_of(now.dev, metric_);
    const bool first = state_.best_epoch == 0;
    const bool higher = higher_is_better(metric_);
    const double best = first ? 0 : value_of(state_.best_dev, metric_);
    // Of equals the last, which has learned longest: there are many where the dev set is small. The
    // first where patience waits for better ones.
    const bool equal = value == best && options_.patience == 0;
    now.best = first || equal || (higher ? value > best : value < best);
    if (now.best) {
      state_.best_epoch = state_.epoch;
      state_.best_weights = evaluated();
      state_.best_dev = now.dev;
    }
  }

  [[noreturn]] void diverge(std::string_view what) {
    const std::string message =
        fmt::format("{} after {} steps; lower the learning rate ({}), or clip gradients", what,
                    state_.step, options_.learning_rate);
    std::optional<ModelFile> best;
    if (state_.best_epoch != 0) best = finish(true).model;
    throw DivergedError(message, std::move(best));
  }

  std::vector<std::string> warnings() const {
    std::vector<std::string> lines;
    const auto warn = [&](std::uint64_t count, std::string_view what) {
      if (count != 0) lines.push_back(fmt::format("{} {}", count, what));
    };
    if (has_label(config_.task)) {
      warn(set_->records() - set_->with_label(),
           has_tags(config_.task) ? "records have no label; only their slots were trained on"
                                  : "records have no label; left out");
    }
    if (has_tags(config_.task)) {
      warn(set_->records() - set_->with_spans(),
           has_label(config_.task) ? "records have no slots; only their labels were trained on"
                                   : "records have no slots; left out");
    }
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
    result.checkpoint = options_.checkpoint;
    result.checkpoint_epochs = checkpoint_epochs_;
    result.warnings = warnings();
    result.best_epoch = state_.best_epoch;
    result.dev = state_.best_dev;
    if (state_.best_epoch == 0) return result;
    result.model.config = config_;
    result.model.weight_format = options_.weights;
    store_source(source_, result.model);
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
  std::uint64_t noise_seed_;
  const FeatureSource& source_;
  RecordSelection train_;
  RecordSelection dev_;
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
  std::uint32_t checkpoint_epochs_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace

TrainResult train(const FeatureSource& source, const RecordSet& train_records,
                  const std::optional<RecordSet>& dev_records, const TrainOptions& options,
                  const std::function<bool(const EpochReport&)>& report) {
  check_options(options);
  const RecordSet* dev = dev_records ? &*dev_records : nullptr;
  TrainOptions student = options;
  for (std::uint32_t teacher = 1; teacher <= options.ensemble; ++teacher) {
    TrainOptions alike = options;
    if (!alike.checkpoint.empty()) alike.checkpoint += fmt::format(".teacher{}", teacher);
    const std::uint64_t seed = Random(options.seed, kEnsembleStream, teacher).next();
    TrainResult trained =
        Trainer(source, train_records, dev, alike, seed).run([&](const EpochReport& epoch) {
          EpochReport now = epoch;
          now.teacher = teacher;
          now.teachers = options.ensemble;
          return report(now);
        });
    if (trained.stopped) {
      trained.model = {};
      return trained;
    }
    student.teachers.push_back(
        {fmt::format("teacher {} of the ensemble", teacher), std::move(trained.model)});
  }
  return Trainer(source, train_records, dev, student, options.seed).run(report);
}

}  // namespace pnlp

#include "pnlp/task/trainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>
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
#include "pnlp/task/training_plan.hpp"
#include "pnlp/task/training_set.hpp"
#include "pnlp/task/training_step.hpp"

namespace pnlp {
namespace {

// Streams of random numbers; each draws from the run's seed. The first is training_plan.cpp's.
constexpr std::uint64_t kOrderStream = 2;
constexpr std::uint64_t kEnsembleStream = 3;

using Metrics = std::vector<std::pair<std::string, double>>;

double value_of(const Metrics& metrics, std::string_view name) {
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  throw Error(ErrorKind::internal, fmt::format("the dev pass left out '{}'", name));
}

void write_metrics(JsonWriter& json, const Metrics& metrics) {
  json.begin_object();
  for (const auto& [name, value] : metrics) json.key(name).value(value);
  json.end_object();
}

class Trainer {
 public:
  // All that is random is drawn by `noise_seed`. Keeps references to source and split.
  Trainer(const FeatureSource& source, const Split& split, const TrainOptions& options,
          std::uint64_t noise_seed)
      : options_(options),
        noise_seed_(noise_seed),
        source_(source),
        train_(split.train),
        dev_(split.dev),
        judged_(split.judged),
        workers_(options.threads) {
    data_digest_ = digest_records(train_);
    dev_digest_ = digest_records(dev_);
    config_ = make_config(source, train_, options_);
    network_ = std::make_unique<Network>(config_);
    set_ = std::make_unique<TrainingSet>(config_, train_);
    weigh_labels(config_, options_, *set_);
    metric_ = options_.metric.empty() ? default_metric(config_.task) : options_.metric;
    check_metric_name(metric_);
    epochs_ = epochs_for(options_, *set_);
    steps_per_epoch_ = (set_->records() + options_.batch - 1) / options_.batch;
  }

  TrainResult run(const std::function<bool(const EpochReport&)>& report) {
    start();
    std::optional<DevPass> dev;
    if (judged_ == nullptr) {
      dev.emplace(config_, evaluated(), dev_, workers_);
      check_told(dev->tells());
    }
    TrainingStep step(config_, *network_, *set_, options_, noise_seed_, workers_);
    bool go_on = true;
    while (go_on && state_.epoch < epochs_ && !out_of_patience()) {
      EpochReport now = epoch_report();
      go_on = run_epoch(step, report, now);
      if (!go_on) break;
      ++state_.epoch;
      end_epoch(dev ? &*dev : nullptr, now);
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
    now.again = judged_ != nullptr;
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
    step.settle(state_.weights, state_.adam);
    return true;
  }

  // Without `dev` the last epoch counts, and the model is as good as the one that was judged.
  void end_epoch(DevPass* dev, EpochReport& now) {
    const auto finite = [](float weight) { return std::isfinite(weight); };
    if (!std::ranges::all_of(evaluated(), finite)) diverge("the weights are no longer finite");
    now.end_of_epoch = true;
    now.best = dev == nullptr || is_best(*dev, now);
    now.seconds = seconds();
    if (now.best) {
      state_.best_epoch = state_.epoch;
      state_.best_weights = evaluated();
      state_.best_dev = dev != nullptr ? now.dev : judged_->dev;
    }
  }

  bool is_best(DevPass& dev, EpochReport& now) {
    now.dev = dev.run();
    for (const auto& [name, value] : now.dev) {
      if (!std::isfinite(value)) diverge("the scores of the dev set are not finite");
    }
    const double value = value_of(now.dev, metric_);
    const bool first = state_.best_epoch == 0;
    const bool higher = higher_is_better(metric_);
    const double best = first ? 0 : value_of(state_.best_dev, metric_);
    // Of equals the last, which has learned longest: there are many where the dev set is small. The
    // first where patience waits for better ones.
    const bool equal = value == best && options_.patience == 0;
    return first || equal || (higher ? value > best : value < best);
  }

  [[noreturn]] void diverge(std::string_view what) {
    const std::string message =
        fmt::format("{} after {} steps; lower the learning rate ({}), or clip gradients", what,
                    state_.step, options_.learning_rate);
    std::optional<ModelFile> best;
    if (state_.best_epoch != 0) best = finish(true).model;
    throw DivergedError(message, std::move(best));
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
    result.warnings = set_warnings(config_, *set_);
    result.best_epoch = state_.best_epoch;
    result.again = judged_ != nullptr;
    result.dev = state_.best_dev;
    if (state_.best_epoch == 0) return result;
    result.model.config = config_;
    result.model.weight_format = options_.weights;
    store_source(source_, result.model);
    result.model.training = training_json();
    result.model.weights = state_.best_weights;
    // What is calibrated and tested are the weights as the file gives them back.
    result.model.weights = decode_model(encode_model(result.model), "model").weights;
    result.model.config.temperature =
        judged_ != nullptr ? judged_->model.config.temperature
                           : DevPass(config_, result.model.weights, dev_, workers_).calibrate();
    const auto shared = std::make_shared<SharedModel>(result.model.config, result.model.weights);
    result.model.self_test = make_self_test(shared, judged_ != nullptr ? train_ : dev_);
    return result;
  }

  TrainOptions options_;
  std::uint64_t noise_seed_;
  const FeatureSource& source_;
  const RecordSelection& train_;
  const RecordSelection& dev_;
  const TrainResult* judged_;
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

// The model, after the ensemble's teachers if some are asked for.
TrainResult train_ensemble(const FeatureSource& source, const Split& split,
                           const TrainOptions& options,
                           const std::function<bool(const EpochReport&)>& report) {
  TrainOptions student = options;
  for (std::uint32_t teacher = 1; teacher <= options.ensemble; ++teacher) {
    TrainOptions alike = options;
    if (!alike.checkpoint.empty()) alike.checkpoint += fmt::format(".teacher{}", teacher);
    const std::uint64_t seed = Random(options.seed, kEnsembleStream, teacher).next();
    TrainResult trained = Trainer(source, split, alike, seed).run([&](const EpochReport& epoch) {
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
  return Trainer(source, split, student, options.seed).run(report);
}

}  // namespace

TrainResult train(const FeatureSource& source, const RecordSet& train_records,
                  const std::optional<RecordSet>& dev_records, const TrainOptions& options,
                  const std::function<bool(const EpochReport&)>& report) {
  check_options(options);
  if (train_records.empty()) throw Error(ErrorKind::data, "there is not one record to train on");
  if (dev_records && dev_records->empty())
    throw Error(ErrorKind::data, "the dev set has not one record");
  if (dev_records) {
    const Split given{RecordSelection(train_records), RecordSelection(*dev_records), nullptr};
    return train_ensemble(source, given, options, report);
  }
  const Split split = hold_out(train_records, options);
  TrainResult result = train_ensemble(source, split, options, report);
  if (result.stopped || !trains_again(train_records, options)) return result;
  const Split all{RecordSelection(train_records), RecordSelection(train_records, {}), &result};
  TrainOptions again = options;
  if (!again.checkpoint.empty()) again.checkpoint += ".again";
  return train_ensemble(source, all, again, report);
}

}  // namespace pnlp

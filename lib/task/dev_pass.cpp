#include "pnlp/task/dev_pass.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/loss.hpp"
#include "pnlp/text/bio.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kUnit = 64;  // records

Outcome make_outcome(const FeatureRecord& gold, Prediction& prediction, const ModelConfig& config) {
  Outcome outcome;
  outcome.has_label = has_label(config.task) && gold.label_form != LabelForm::none;
  if (outcome.has_label) {
    outcome.gold_labels = gold_label_names(gold.label_form, gold.labels);
    const auto is_gold = [&](const std::string& name) {
      return std::ranges::find(outcome.gold_labels, name) != outcome.gold_labels.end();
    };
    if (config.task == Task::multilabel) {
      for (const LabelWeight& label : prediction.labels) outcome.labels.push_back(label.name);
      for (const LabelWeight& label : prediction.scores) {
        outcome.chances.push_back({static_cast<double>(label.weight), is_gold(label.name)});
      }
    } else if (prediction.label) {
      outcome.labels.push_back(*prediction.label);
      outcome.chances.push_back(
          {static_cast<double>(prediction.score), is_gold(*prediction.label)});
    }
  }
  outcome.has_spans = has_tags(config.task) && gold.has_spans;
  if (outcome.has_spans) {
    outcome.gold_spans = gold.spans;
    outcome.spans = std::move(prediction.spans);
    outcome.gold_tags = tags_from_spans(gold.tokens, gold.spans).tags;
    outcome.tags = std::move(prediction.tags);
  }
  return outcome;
}

}  // namespace

DevPass::DevPass(const ModelConfig& config, std::span<const float> weights,
                 const RecordSelection& records, Workers& workers)
    : records_(records), workers_(workers), model_(std::make_shared<SharedModel>(config, weights)) {
  for (int worker = 0; worker < workers.threads(); ++worker) {
    parts_.emplace_back().inference = std::make_unique<Inference>(model_);
  }
}

std::span<const FeatureRecord> DevPass::read(std::size_t first, Part& part) const {
  const std::size_t size = std::min(kUnit, records_.size() - first);
  part.records.resize(kUnit);
  for (std::size_t i = 0; i < size; ++i) records_.read(first + i, part.records[i]);
  return std::span(part.records).first(size);
}

std::vector<std::pair<std::string, double>> DevPass::run() {
  for (const Part& part : parts_) part.inference->forget();
  std::vector<Outcome> outcomes(records_.size());
  PredictOptions options;
  options.all_scores = model_->config.task == Task::multilabel;
  workers_.run((records_.size() + kUnit - 1) / kUnit, [&](std::size_t unit, int worker) {
    Part& part = parts_[static_cast<std::size_t>(worker)];
    const std::span<const FeatureRecord> records = read(unit * kUnit, part);
    std::vector<Prediction> predictions(records.size());
    part.inference->predict(records, options, predictions);
    for (std::size_t i = 0; i < records.size(); ++i) {
      outcomes[unit * kUnit + i] = make_outcome(records[i], predictions[i], model_->config);
    }
  });
  Evaluation evaluation;
  for (const Outcome& outcome : outcomes) evaluation.add(outcome);
  std::vector<std::pair<std::string, double>> metrics;
  for (const std::string_view name : evaluation.available())
    metrics.emplace_back(name, evaluation.metric(name));
  return metrics;
}

std::vector<std::string_view> DevPass::tells() const {
  Evaluation evaluation;
  FeatureRecord record;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    records_.read_gold(i, record);
    Prediction any;  // a label with its score, and no slots
    any.label = "";
    any.labels = any.scores = {{"", 0.0F}};
    if (record.has_spans) any.tags.assign(record.tokens.size(), "O");
    evaluation.add(make_outcome(record, any, model_->config));
  }
  return evaluation.available();
}

float DevPass::calibrate() {
  const ModelConfig& config = model_->config;
  if (!has_label(config.task)) return 1.0F;
  const LabelSpace space(config);
  const std::size_t k = config.labels.size();
  std::vector<float> logits;
  std::vector<float> all_logits;
  std::vector<Targets> targets;
  Inference& inference = *parts_[0].inference;
  inference.forget();
  for (std::size_t at = 0; at < records_.size(); at += kUnit) {
    const std::span<const FeatureRecord> part = read(at, parts_[0]);
    inference.label_logits(part, logits);
    for (std::size_t i = 0; i < part.size(); ++i) {
      Targets target = space.encode(part[i]);
      const bool usable = !part[i].tokens.empty() && part[i].label_form != LabelForm::none &&
                          (!target.labels.empty() || config.task == Task::multilabel);
      if (!usable) continue;
      targets.push_back(std::move(target));
      all_logits.insert(all_logits.end(), logits.begin() + static_cast<std::ptrdiff_t>(i * k),
                        logits.begin() + static_cast<std::ptrdiff_t>((i + 1) * k));
    }
  }
  if (targets.empty()) return 1.0F;
  std::vector<float> scaled(k);
  std::vector<float> scratch(k);
  const auto loss_at = [&](double log_temperature) {
    const auto inverse = static_cast<float>(std::exp(-log_temperature));
    double sum = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      for (std::size_t j = 0; j < k; ++j) scaled[j] = all_logits[i * k + j] * inverse;
      const auto& loss = config.task == Task::multilabel ? sigmoid_cross_entropy : cross_entropy;
      sum += loss(scaled.data(), k, targets[i].labels.data(), targets[i].label_weights.data(),
                  targets[i].labels.size(), 0.0F, 1.0F, scratch.data());
    }
    return sum;
  };
  // Golden-section search: the loss is convex in 1/T.
  constexpr double kGolden = 0.6180339887498949;
  double low = std::log(0.25);
  double high = std::log(8.0);
  for (int i = 0; i < 24; ++i) {
    const double left = high - kGolden * (high - low);
    const double right = low + kGolden * (high - low);
    (loss_at(left) < loss_at(right) ? high : low) = loss_at(left) < loss_at(right) ? right : left;
  }
  return static_cast<float>(std::exp(0.5 * (low + high)));
}

}  // namespace pnlp

#include "pnlp/task/training_loss.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/encoder.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/loss.hpp"

namespace pnlp {
namespace {

constexpr double kLeastTarget = 1e-6;  // less probable tags count as this where a CRF learns

// How sure an encoder would be of itself alone, in proportion to how sure it is to be beside word
// n-grams, which add nothing for what they have not seen. One that only sums words, and any that
// saw a hundred records or fewer, is to say half of what it would.
float sureness_of(const ModelConfig& config, std::size_t records) {
  constexpr float kSurelyFew = 100;
  if (!encoder_uses(config.shape.encoder).layers) return 2;
  return 1 + std::min(1.0F, kSurelyFew / static_cast<float>(std::max<std::size_t>(1, records)));
}

}  // namespace

TrainingLoss::TrainingLoss(const ModelConfig& config, const Network& network,
                           const TrainingSet& set, const TrainOptions& options)
    : config_(config),
      network_(network),
      set_(set),
      options_(options),
      sureness_(sureness_of(config, set.records())) {
  if (config.crf) crf_.emplace(config.slots.size());
}

void TrainingLoss::run(std::span<const float> weights, float scale, TrainingPass& pass) {
  pass.loss = 0;
  if (has_label(config_.task)) pass.loss += label_loss(scale, pass);
  if (has_tags(config_.task)) {
    pass.loss +=
        config_.crf ? crf_loss(tag_scale(scale), weights, pass) : tag_loss(tag_scale(scale), pass);
  }
}

LabelGradients TrainingLoss::dlabel(const TrainingPass& pass) const {
  return {pass.dlabel.data(), separate_loss() > 0 ? pass.dngram.data() : pass.dlabel.data()};
}

void TrainingLoss::draw_together(float weight, TrainingPass& a, TrainingPass& b) const {
  double sum = 0;
  const auto draw = [&](const std::vector<float>& of_a, const std::vector<float>& of_b,
                        std::vector<float>& da, std::vector<float>& db) {
    sum += pnlp::draw_together(of_a.data(), of_b.data(), da.size(), weight, da.data(), db.data());
  };
  if (has_label(config_.task) && separate_loss() > 0) {
    draw(a.memory.encoder_logits, b.memory.encoder_logits, a.dlabel, b.dlabel);
    draw(a.memory.ngram_logits, b.memory.ngram_logits, a.dngram, b.dngram);
  } else if (has_label(config_.task)) {
    draw(a.memory.label_logits, b.memory.label_logits, a.dlabel, b.dlabel);
  }
  if (has_tags(config_.task)) draw(a.memory.tag_logits, b.memory.tag_logits, a.dtags, b.dtags);
  a.loss += sum;
}

// Whether the sequence has a label to learn.
bool TrainingLoss::has_target(const PackedBatch& batch, std::size_t sequence) const {
  if (batch.sequence_weights[sequence] <= 0) return false;
  return config_.task == Task::multilabel ||
         batch.target_offsets[sequence] < batch.target_offsets[sequence + 1];
}

// The gold target, mixed with the teachers' probabilities[k].
void TrainingLoss::blend(std::span<const float> taught, std::span<const std::int32_t> gold,
                         std::span<const float> weights) {
  constexpr float kLeast = 1e-4F;  // probabilities below this are left out
  const auto share = static_cast<float>(options_.teacher_weight);
  labels_.clear();
  weights_.clear();
  for (std::size_t i = 0; i < taught.size(); ++i) {
    if (taught[i] < kLeast) continue;
    labels_.push_back(static_cast<std::int32_t>(i));
    weights_.push_back(share * taught[i]);
  }
  for (std::size_t i = 0; i < gold.size(); ++i) {
    labels_.push_back(gold[i]);
    weights_.push_back((1.0F - share) * weights[i]);
  }
}

double TrainingLoss::label_loss(float scale, TrainingPass& pass) {
  const std::size_t size = pass.batch.sequences() * config_.labels.size();
  pass.dlabel.assign(size, 0.0F);
  if (separate_loss() > 0) pass.dngram.assign(size, 0.0F);
  double sum = 0;
  for (std::size_t b = 0; b < pass.batch.sequences(); ++b) sum += label_loss_of(b, scale, pass);
  return sum;
}

// Of what both sources of the label say together, and of what each says alone.
double TrainingLoss::label_loss_of(std::size_t sequence, float scale, TrainingPass& pass) {
  const PackedBatch& batch = pass.batch;
  if (!has_target(batch, sequence)) return 0;
  const float weight = scale * batch.sequence_weights[sequence];
  const std::size_t k = config_.labels.size();
  const auto begin = static_cast<std::size_t>(batch.target_offsets[sequence]);
  const std::size_t count = static_cast<std::size_t>(batch.target_offsets[sequence + 1]) - begin;
  std::span labels = std::span(batch.target_labels).subspan(begin, count);
  std::span weights = std::span(batch.target_weights).subspan(begin, count);
  if (!options_.teachers.empty()) {
    blend(std::span(pass.taught->labels).subspan(sequence * k, k), labels, weights);
    labels = labels_;
    weights = weights_;
  }
  const auto smoothing = static_cast<float>(options_.label_smoothing);
  const auto& function = config_.task == Task::multilabel ? sigmoid_cross_entropy : cross_entropy;
  const auto loss = [&](const float* logits, float share, float* dlogits) {
    return function(logits, k, labels.data(), weights.data(), labels.size(), smoothing,
                    share * weight, dlogits);
  };
  const std::size_t at = sequence * k;
  const float* both = pass.memory.label_logits.data() + at;
  float* dencoder = pass.dlabel.data() + at;
  const float alone = separate_loss();
  if (alone == 0) return loss(both, 1, dencoder);
  float* dngrams = pass.dngram.data() + at;
  dboth_.resize(k);
  sure_.resize(k);
  for (std::size_t i = 0; i < k; ++i) sure_[i] = sureness_ * pass.memory.encoder_logits[at + i];
  const double sum = loss(both, 1 - alone, dboth_.data()) +
                     loss(sure_.data(), sureness_ * alone, dencoder) / sureness_ +
                     loss(pass.memory.ngram_logits.data() + at, alone, dngrams);
  add(dencoder, dboth_.data(), k);
  add(dngrams, dboth_.data(), k);
  return sum;
}

double TrainingLoss::tag_loss(float scale, TrainingPass& pass) {
  const PackedBatch& batch = pass.batch;
  const std::size_t k = config_.tags();
  pass.dtags.assign(batch.tokens() * k, 0.0F);
  const auto smoothing = static_cast<float>(options_.label_smoothing);
  constexpr float kOne = 1.0F;
  const SoftTags& soft = set_.soft_tags();
  double sum = 0;
  for (std::size_t i = 0; i < batch.tokens(); ++i) {
    const auto t = static_cast<std::size_t>(batch.token_order[i]);
    if (batch.tags[t] == -1) continue;
    std::span<const std::int32_t> labels(&batch.tags[t], 1);
    std::span<const float> weights(&kOne, 1);
    if (batch.tags[t] < -1) {
      const std::size_t row = soft_row(batch.tags[t]);
      const std::size_t begin = soft.offsets[row];
      labels = std::span(soft.tags).subspan(begin, soft.offsets[row + 1] - begin);
      weights = std::span(soft.weights).subspan(begin, labels.size());
    }
    if (!options_.teachers.empty()) {
      blend(std::span(pass.taught->tags).subspan(i * k, k), labels, weights);
      labels = labels_;
      weights = weights_;
    }
    sum += cross_entropy(pass.memory.tag_logits.data() + t * k, k, labels.data(), weights.data(),
                         labels.size(), smoothing, scale, pass.dtags.data() + t * k);
  }
  return sum;
}

// log_targets of a sequence whose tokens have probabilities as targets.
void TrainingLoss::read_soft_tags(const PackedBatch& batch, std::size_t begin) {
  const SoftTags& soft = set_.soft_tags();
  const std::size_t k = config_.tags();
  log_targets_.assign(tags_.size() * k, std::log(kLeastTarget));
  for (std::size_t i = 0; i < tags_.size(); ++i) {
    const std::size_t row =
        soft_row(batch.tags[static_cast<std::size_t>(batch.token_order[begin + i])]);
    for (std::uint64_t at = soft.offsets[row]; at < soft.offsets[row + 1]; ++at) {
      log_targets_[i * k + static_cast<std::size_t>(soft.tags[at])] =
          std::log(std::max(static_cast<double>(soft.weights[at]), kLeastTarget));
    }
  }
}

// A sequence is learned up to its first token without a target. What teachers and probabilities of
// tags say becomes distributions over sequences. Nothing is smoothed: nearly all sequences are far
// from the gold one, and exact matches get rarer.
double TrainingLoss::crf_loss_of(std::size_t sequence, float scale, TrainingPass& pass) {
  const PackedBatch& batch = pass.batch;
  const std::size_t k = config_.tags();
  const auto begin = static_cast<std::size_t>(batch.sequence_offsets[sequence]);
  const auto end = static_cast<std::size_t>(batch.sequence_offsets[sequence + 1]);
  const auto packed = [&](std::size_t at) {
    return static_cast<std::size_t>(batch.token_order[at]);
  };
  tags_.clear();
  for (std::size_t at = begin; at < end && batch.tags[packed(at)] != -1; ++at)
    tags_.push_back(batch.tags[packed(at)]);
  const std::size_t length = tags_.size();
  if (length == 0) return 0;
  tag_logits_.clear();
  for (std::size_t at = begin; at < begin + length; ++at) {
    const float* row = pass.memory.tag_logits.data() + packed(at) * k;
    tag_logits_.insert(tag_logits_.end(), row, row + k);
  }
  CrfLoss& crf = *crf_;
  const double taught = options_.teachers.empty() ? 0 : options_.teacher_weight;
  crf.begin(tag_logits_.data(), length, static_cast<double>(scale));
  if (tags_.front() < -1) {
    read_soft_tags(batch, begin);
    crf.add_chain(log_targets_.data(), 1 - taught);
  } else {
    crf.add_path(tags_, 1 - taught);
  }
  if (taught > 0) {
    log_targets_.resize(length * k);
    for (std::size_t i = 0; i < length * k; ++i) {
      log_targets_[i] =
          std::log(std::max(static_cast<double>(pass.taught->tags[begin * k + i]), kLeastTarget));
    }
    crf.add_chain(log_targets_.data(), taught);
  }
  for (std::size_t i = 0; i < length; ++i) {
    float* row = pass.dtags.data() + packed(begin + i) * k;
    for (std::size_t tag = 0; tag < k; ++tag)
      row[tag] = static_cast<float>(crf.dlogits()[i * k + tag]);
  }
  return crf.finish();
}

double TrainingLoss::crf_loss(float scale, std::span<const float> weights, TrainingPass& pass) {
  crf_->set_weights(CrfValues(config_.slots.size(), *network_.crf(weights.data())));
  pass.dtags.assign(pass.batch.tokens() * config_.tags(), 0.0F);
  double sum = 0;
  for (std::size_t b = 0; b < pass.batch.sequences(); ++b) sum += crf_loss_of(b, scale, pass);
  const CrfTensors<float> gradients = *network_.crf(pass.dense.data());
  const CrfValues& found = crf_->transitions();
  const auto add_to = [](float* to, const std::vector<double>& from) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] += static_cast<float>(from[i]);
  };
  add_to(gradients.start, found.start);
  add_to(gradients.next, found.next);
  add_to(gradients.inside, found.inside);
  add_to(gradients.end, found.end);
  return sum;
}

}  // namespace pnlp

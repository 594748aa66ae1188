#include "pnlp/task/training_step.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pnlp/nn/crf.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/loss.hpp"
#include "pnlp/task/inference.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kShards = 4;
constexpr std::size_t kChunk = 1U << 16;  // floats that a thread updates at a time
// A sequence costs about as much as this many tokens on top of its length (token mixing's hidden
// layer).
constexpr std::size_t kSequenceCost = 6;
constexpr double kLeastTarget = 1e-6;  // less probable tags count as this where a CRF learns
constexpr std::uint64_t kSubstitutionStream = 1ULL << 40U;

}  // namespace

// What one row of logits is to become, sparsely: (label, weight) pairs.
struct TrainingStep::RowTarget {
  std::vector<std::int32_t> labels;
  std::vector<float> weights;
};

struct TrainingStep::Shard {
  explicit Shard(Batcher batcher_) : batcher(std::move(batcher_)) {}
  Batcher batcher;
  std::vector<BatchSequence> sequences;
  PackedBatch batch;
  NetworkMemory memory;
  std::vector<float> dlabel_logits, dtag_logits;
  std::vector<float> dngram_logits;  // where the loss has terms of one source alone
  std::vector<float> dboth;          // of a sequence
  Teachers::Memory teachers;
  TeacherTargets taught;
  RowTarget target;
  std::optional<CrfLoss> crf;
  std::vector<double> tag_logits, log_targets;  // of a sequence
  std::vector<std::int32_t> tags;
  std::vector<float> gradients;  // of the dense part
  float input_scale = 1;
  double loss = 0;
};

TrainingStep::TrainingStep(const ModelConfig& config, const Network& network,
                           const TrainingSet& set, const TrainOptions& options, std::uint64_t seed,
                           Workers& workers)
    : config_(config),
      network_(network),
      set_(set),
      options_(options),
      seed_(seed),
      workers_(workers),
      substitution_(set, config.max_tokens),
      teachers_(options.teachers, config),
      gradients_(network.layout().size(), 0.0F),
      squares_((network.layout().size() + kChunk - 1) / kChunk) {
  for (std::size_t i = 0; i < kShards; ++i) {
    shards_.push_back(std::make_unique<Shard>(make_batcher(config)));
    shards_.back()->gradients.resize(network.dense_size());
    shards_.back()->teachers = teachers_.make_memory();
    if (config.crf) shards_.back()->crf.emplace(config.slots.size());
  }
}

TrainingStep::~TrainingStep() = default;

// The batch's records, slots swapped.
void TrainingStep::draw(std::span<const std::uint32_t> records, std::uint64_t step) {
  drawn_.clear();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Random random(seed_, kSubstitutionStream + step, i);
    substitution_.add(records[i], options_.slot_substitution, random, drawn_);
  }
}

// Sequences by length, then cut where the cost is even: few lengths a shard make large products.
void TrainingStep::cut() {
  order_.resize(drawn_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  const auto length = [&](std::uint32_t i) { return drawn_.sequence(i).words.size(); };
  std::ranges::stable_sort(order_, [&](auto a, auto b) { return length(a) < length(b); });
  const auto cost = [&](std::uint32_t i) {
    return kSequenceCost + std::min<std::size_t>(length(i), config_.max_tokens);
  };
  std::size_t total = 0;
  for (const std::uint32_t i : order_) total += cost(i);
  for (const auto& shard : shards_) shard->sequences.clear();
  std::size_t done = 0;
  for (const std::uint32_t i : order_) {
    const std::size_t shard = std::min(kShards - 1, done * kShards / total);
    shards_[shard]->sequences.push_back(drawn_.sequence(i));
    done += cost(i);
  }
}

// The gold target, mixed with the teachers' probabilities[k].
void TrainingStep::blend(std::span<const float> taught, std::span<const std::int32_t> gold,
                         std::span<const float> weights, RowTarget& target) const {
  constexpr float kLeast = 1e-4F;  // probabilities below this are left out
  const auto share = static_cast<float>(options_.teacher_weight);
  target.labels.clear();
  target.weights.clear();
  for (std::size_t i = 0; i < taught.size(); ++i) {
    if (taught[i] < kLeast) continue;
    target.labels.push_back(static_cast<std::int32_t>(i));
    target.weights.push_back(share * taught[i]);
  }
  for (std::size_t i = 0; i < gold.size(); ++i) {
    target.labels.push_back(gold[i]);
    target.weights.push_back((1.0F - share) * weights[i]);
  }
}

double TrainingStep::label_loss(Shard& shard, float scale) const {
  const std::size_t size = shard.batch.sequences() * config_.labels.size();
  shard.dlabel_logits.assign(size, 0.0F);
  if (separate_loss() > 0) shard.dngram_logits.assign(size, 0.0F);
  double sum = 0;
  for (std::size_t b = 0; b < shard.batch.sequences(); ++b) sum += label_loss_of(shard, b, scale);
  return sum;
}

// Of what both sources of the label say together, and of what each says alone.
double TrainingStep::label_loss_of(Shard& shard, std::size_t sequence, float scale) const {
  const PackedBatch& batch = shard.batch;
  const float weight = scale * batch.sequence_weights[sequence];
  if (weight <= 0) return 0;
  const std::size_t k = config_.labels.size();
  const auto begin = static_cast<std::size_t>(batch.target_offsets[sequence]);
  const std::size_t count = static_cast<std::size_t>(batch.target_offsets[sequence + 1]) - begin;
  if (count == 0 && config_.task != Task::multilabel) return 0;
  std::span labels = std::span(batch.target_labels).subspan(begin, count);
  std::span weights = std::span(batch.target_weights).subspan(begin, count);
  if (!teachers_.empty()) {
    blend(std::span(shard.taught.labels).subspan(sequence * k, k), labels, weights, shard.target);
    labels = shard.target.labels;
    weights = shard.target.weights;
  }
  const auto smoothing = static_cast<float>(options_.label_smoothing);
  const auto& function = config_.task == Task::multilabel ? sigmoid_cross_entropy : cross_entropy;
  const auto loss = [&](const float* logits, float share, float* dlogits) {
    return function(logits, k, labels.data(), weights.data(), labels.size(), smoothing,
                    share * weight, dlogits);
  };
  const std::size_t at = sequence * k;
  const float* both = shard.memory.label_logits.data() + at;
  float* dencoder = shard.dlabel_logits.data() + at;
  const float alone = separate_loss();
  if (alone == 0) return loss(both, 1, dencoder);
  float* dngrams = shard.dngram_logits.data() + at;
  shard.dboth.resize(k);
  const double sum = loss(both, 1 - alone, shard.dboth.data()) +
                     loss(shard.memory.encoder_logits.data() + at, alone, dencoder) +
                     loss(shard.memory.ngram_logits.data() + at, alone, dngrams);
  add(dencoder, shard.dboth.data(), k);
  add(dngrams, shard.dboth.data(), k);
  return sum;
}

double TrainingStep::tag_loss(Shard& shard, float scale) const {
  const PackedBatch& batch = shard.batch;
  const std::size_t k = config_.tags();
  shard.dtag_logits.assign(batch.tokens() * k, 0.0F);
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
    if (!teachers_.empty()) {
      blend(std::span(shard.taught.tags).subspan(i * k, k), labels, weights, shard.target);
      labels = shard.target.labels;
      weights = shard.target.weights;
    }
    sum += cross_entropy(shard.memory.tag_logits.data() + t * k, k, labels.data(), weights.data(),
                         labels.size(), smoothing, scale, shard.dtag_logits.data() + t * k);
  }
  return sum;
}

// log_targets of a sequence whose tokens have probabilities as targets.
void TrainingStep::read_soft_tags(const PackedBatch& batch, std::size_t begin, Shard& shard) const {
  const SoftTags& soft = set_.soft_tags();
  const std::size_t k = config_.tags();
  shard.log_targets.assign(shard.tags.size() * k, std::log(kLeastTarget));
  for (std::size_t i = 0; i < shard.tags.size(); ++i) {
    const std::size_t row =
        soft_row(batch.tags[static_cast<std::size_t>(batch.token_order[begin + i])]);
    for (std::uint64_t at = soft.offsets[row]; at < soft.offsets[row + 1]; ++at) {
      shard.log_targets[i * k + static_cast<std::size_t>(soft.tags[at])] =
          std::log(std::max(static_cast<double>(soft.weights[at]), kLeastTarget));
    }
  }
}

// A sequence is learned up to its first token without a target. What teachers, probabilities of
// tags and smoothing say becomes distributions over sequences.
double TrainingStep::crf_loss_of(Shard& shard, std::size_t sequence, float scale) const {
  const PackedBatch& batch = shard.batch;
  const std::size_t k = config_.tags();
  const auto begin = static_cast<std::size_t>(batch.sequence_offsets[sequence]);
  const auto end = static_cast<std::size_t>(batch.sequence_offsets[sequence + 1]);
  const auto packed = [&](std::size_t at) {
    return static_cast<std::size_t>(batch.token_order[at]);
  };
  shard.tags.clear();
  for (std::size_t at = begin; at < end && batch.tags[packed(at)] != -1; ++at)
    shard.tags.push_back(batch.tags[packed(at)]);
  const std::size_t length = shard.tags.size();
  if (length == 0) return 0;
  shard.tag_logits.clear();
  for (std::size_t at = begin; at < begin + length; ++at) {
    const float* row = shard.memory.tag_logits.data() + packed(at) * k;
    shard.tag_logits.insert(shard.tag_logits.end(), row, row + k);
  }
  CrfLoss& crf = *shard.crf;
  const double smooth = options_.label_smoothing;
  const double taught = teachers_.empty() ? 0 : options_.teacher_weight;
  crf.begin(shard.tag_logits.data(), length, static_cast<double>(scale));
  if (shard.tags.front() < -1) {
    read_soft_tags(batch, begin, shard);
    crf.add_chain(shard.log_targets.data(), (1 - smooth) * (1 - taught));
  } else {
    crf.add_path(shard.tags, (1 - smooth) * (1 - taught));
  }
  if (taught > 0) {
    shard.log_targets.resize(length * k);
    for (std::size_t i = 0; i < length * k; ++i) {
      shard.log_targets[i] =
          std::log(std::max(static_cast<double>(shard.taught.tags[begin * k + i]), kLeastTarget));
    }
    crf.add_chain(shard.log_targets.data(), (1 - smooth) * taught);
  }
  if (smooth > 0) {
    shard.log_targets.assign(length * k, 0.0);
    crf.add_chain(shard.log_targets.data(), smooth);
  }
  for (std::size_t i = 0; i < length; ++i) {
    float* row = shard.dtag_logits.data() + packed(begin + i) * k;
    for (std::size_t tag = 0; tag < k; ++tag)
      row[tag] = static_cast<float>(crf.dlogits()[i * k + tag]);
  }
  return crf.finish();
}

double TrainingStep::crf_loss(Shard& shard, float scale, std::span<const float> weights) const {
  shard.crf->set_weights(CrfValues(config_.slots.size(), *network_.crf(weights.data())));
  shard.dtag_logits.assign(shard.batch.tokens() * config_.tags(), 0.0F);
  double sum = 0;
  for (std::size_t b = 0; b < shard.batch.sequences(); ++b) sum += crf_loss_of(shard, b, scale);
  const CrfTensors<float> gradients = *network_.crf(shard.gradients.data());
  const CrfValues& found = shard.crf->transitions();
  const auto add_to = [](float* to, const std::vector<double>& from) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] += static_cast<float>(from[i]);
  };
  add_to(gradients.start, found.start);
  add_to(gradients.next, found.next);
  add_to(gradients.inside, found.inside);
  add_to(gradients.end, found.end);
  return sum;
}

void TrainingStep::run_shard(Shard& shard, std::size_t index, std::uint64_t step, std::size_t batch,
                             std::span<const float> weights) {
  const std::uint64_t key = mix64(mix64(seed_) + step * kShards + index);
  const auto drop = static_cast<float>(options_.feature_drop);
  shard.batcher.pack(set_.features(), shard.sequences,
                     {.tags = has_tags(config_.task), .labels = has_label(config_.task)},
                     {.probability = options_.feature_drop,
                      .words = options_.word_dropout,
                      .ngrams = options_.ngram_drop,
                      .seed = key},
                     shard.batch);
  shard.input_scale = 1.0F / (1.0F - drop);
  const TrainNoise noise{
      {mix64(key + 1), static_cast<float>(options_.dropout)}, shard.input_scale, ngram_scale()};
  if (!teachers_.empty()) {
    teachers_.predict(set_.features(), shard.sequences, shard.teachers, shard.taught);
  }
  network_.forward_train(weights.data(), shard.batch, noise, shard.memory);
  const float scale = 1.0F / static_cast<float>(batch);
  shard.loss = 0;
  std::ranges::fill(shard.gradients, 0.0F);
  if (has_label(config_.task)) shard.loss += label_loss(shard, scale);
  if (has_tags(config_.task)) {
    const float tag_scale = scale * static_cast<float>(options_.tag_weight);
    shard.loss += config_.crf ? crf_loss(shard, tag_scale, weights) : tag_loss(shard, tag_scale);
  }
  const LabelGradients dlabel{shard.dlabel_logits.data(), separate_loss() > 0
                                                              ? shard.dngram_logits.data()
                                                              : shard.dlabel_logits.data()};
  network_.backward(weights.data(), shard.batch, noise, dlabel, shard.dtag_logits.data(),
                    shard.memory, shard.gradients.data());
}

// Fills gradients_: the dense part as the sum of the shards', the tables' by scattering each
// shard's words and word n-grams.
void TrainingStep::reduce() {
  const std::size_t dense = network_.dense_size();
  const std::size_t chunks = (dense + kChunk - 1) / kChunk;
  const std::size_t columns = slices(network_.bottleneck());
  const NgramHead* ngrams = network_.ngrams();
  workers_.run(columns + chunks + 1, [&](std::size_t unit, int) {
    if (unit == columns + chunks) {
      if (ngrams == nullptr) return;
      for (const auto& shard : shards_) {
        ngrams->scatter(shard->batch, ngram_scale(), shard->memory.ngrams,
                        gradients_.data() + ngrams->table());
      }
      return;
    }
    if (unit < columns) {
      for (const auto& shard : shards_) {
        scatter_rows(network_.bottleneck(), shard->batch, shard->memory.dprojected.data(),
                     shard->input_scale, unit, gradients_.data() + network_.table());
      }
      return;
    }
    const std::size_t begin = (unit - columns) * kChunk;
    const std::size_t size = std::min(kChunk, dense - begin);
    for (const auto& shard : shards_)
      add(gradients_.data() + begin, shard->gradients.data() + begin, size);
  });
}

StepReport TrainingStep::run(std::span<const std::uint32_t> records, std::uint64_t step,
                             double learning_rate, std::span<float> weights,
                             std::span<float> average, AdamState& adam) {
  draw(records, step);
  cut();
  workers_.run(kShards, [&](std::size_t unit, int) {
    run_shard(*shards_[unit], unit, step, records.size(), weights);
  });
  StepReport report;
  for (const auto& shard : shards_)
    report.loss += shard->loss * static_cast<double>(records.size());
  if (!std::isfinite(report.loss)) return report;
  reduce();
  const std::size_t size = gradients_.size();
  workers_.run(squares_.size(), [&](std::size_t unit, int) {
    const std::size_t begin = unit * kChunk;
    squares_[unit] = sum_of_squares(gradients_.data() + begin, std::min(kChunk, size - begin));
  });
  double squares = 0;
  for (const double part : squares_) squares += part;
  report.gradient_norm = std::sqrt(squares);
  if (!std::isfinite(report.gradient_norm)) return report;
  const bool clipped = options_.clip > 0 && report.gradient_norm > options_.clip;
  const auto scale = static_cast<float>(clipped ? options_.clip / report.gradient_norm : 1.0);
  AdamOptions how;
  how.weight_decay = options_.weight_decay;
  how.decoupled = options_.optimizer == OptimizerKind::adamw;
  const std::uint64_t update = ++adam.step;
  workers_.run(squares_.size(), [&](std::size_t unit, int) {
    const std::size_t begin = unit * kChunk;
    const std::size_t end = std::min(size, begin + kChunk);
    for (const Parameter& parameter : network_.layout().parameters()) {
      const std::size_t from = std::max(begin, parameter.offset);
      const std::size_t to = std::min(end, parameter.offset + parameter.size);
      if (from >= to) continue;
      adam_update(how, learning_rate, update, scale, parameter.decay, from, to, gradients_.data(),
                  weights.data(), adam);
    }
    if (!average.empty()) {
      average_update(static_cast<float>(options_.ema), begin, end, weights.data(), average.data());
    }
    std::fill(gradients_.begin() + static_cast<std::ptrdiff_t>(begin),
              gradients_.begin() + static_cast<std::ptrdiff_t>(end), 0.0F);
  });
  return report;
}

}  // namespace pnlp

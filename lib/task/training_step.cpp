#include "pnlp/task/training_step.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pnlp/nn/arithmetic.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/trainer_options.hpp"
#include "pnlp/task/training_loss.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kShards = 4;
constexpr std::size_t kChunk = 1U << 16;  // floats that a thread updates at a time
// What a token and a sequence on top of its tokens (token mixing's hidden layer) cost, by their
// ratio: measured with the preset base.
constexpr std::size_t kTokenCost = 2;
constexpr std::size_t kSequenceCost = 5;
constexpr std::size_t kLines = 128;  // bytes that processors fetch together: two lines of the cache
constexpr std::uint64_t kSubstitutionStream = 1ULL << 40U;
constexpr std::uint64_t kSecondPassStream = 1ULL << 41U;

// The first `size` floats of `memory`, which is made large enough, from where on number `first`
// begins a line of the cache: so that threads which write columns beside each other share none.
std::span<float> line_up(std::vector<float>& memory, std::size_t size, std::size_t first) {
  constexpr std::size_t kFloats = kLines / sizeof(float);
  memory.assign(size + kFloats, 0.0F);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data() + first) / sizeof(float);
  return std::span(memory).subspan((kFloats - address % kFloats) % kFloats, size);
}

// Which of `slices` is done as number `unit`: those that are next to each other, and are fetched
// together, at different times.
std::size_t slice_of(std::size_t unit, std::size_t slices) {
  return unit / 2 + unit % 2 * ((slices + 1) / 2);
}

}  // namespace

// Some of a batch's records.
struct TrainingStep::Shard {
  Shard(const ModelConfig& config, const Network& network, const TrainingSet& set,
        const TrainOptions& options)
      : batcher(make_batcher(config)), loss(config, network, set, options) {}
  Batcher batcher;
  Teachers::Memory teachers;
  TeacherTargets taught;
  TrainingLoss loss;
  std::vector<BatchSequence> sequences;
  // Two where the network reads them twice.
  std::vector<TrainingPass> passes;
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
      gradients_(line_up(gradient_memory_, network.layout().size(), network.table())),
      chunks_((network.table() + kChunk - 1) / kChunk),
      table_(network.bottleneck(), network.table()) {
  const bool reads_twice = options.r_drop > 0 && leaves_out(options, config.shape);
  for (std::size_t i = 0; i < kShards; ++i) {
    shards_.push_back(std::make_unique<Shard>(config, network, set, options_));
    shards_.back()->teachers = teachers_.make_memory();
    shards_.back()->passes.resize(reads_twice ? 2 : 1);
    for (TrainingPass& pass : shards_.back()->passes) pass.dense.resize(network.dense_size());
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
    return kSequenceCost + kTokenCost * std::min<std::size_t>(length(i), config_.max_tokens);
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

TrainNoise TrainingStep::noise(std::uint64_t key) const {
  return {.dropout = {mix64(key + 1), static_cast<float>(options_.dropout)},
          .input_scale = input_scale(),
          .ngram_scale = ngram_scale()};
}

std::uint64_t TrainingStep::key(std::size_t shard, std::size_t pass, std::uint64_t step) const {
  const std::uint64_t stream = pass == 0 ? 0 : kSecondPassStream;
  return mix64(mix64(seed_) + stream + step * kShards + shard);
}

void TrainingStep::pack(Shard& shard, std::size_t index, std::uint64_t step) const {
  for (std::size_t i = 0; i < shard.passes.size(); ++i) {
    shard.batcher.pack(set_.features(), shard.sequences,
                       {.tags = has_tags(config_.task), .labels = has_label(config_.task)},
                       {.probability = options_.feature_drop,
                        .words = options_.word_dropout,
                        .ngrams = options_.ngram_drop,
                        .seed = key(index, i, step)},
                       shard.passes[i].batch);
  }
}

void TrainingStep::run_shard(Shard& shard, std::size_t index, std::uint64_t step, std::size_t batch,
                             std::span<const float> weights) {
  const std::size_t passes = shard.passes.size();
  const float scale = 1.0F / static_cast<float>(batch * passes);
  if (!teachers_.empty()) {
    teachers_.predict(set_.features(), shard.sequences, shard.teachers, shard.taught);
  }
  const ArithmeticScope scope(options_.arithmetic);
  for (std::size_t i = 0; i < passes; ++i) {
    TrainingPass& pass = shard.passes[i];
    pass.taught = &shard.taught;
    network_.forward_train(weights.data(), pass.batch, noise(key(index, i, step)), pass.memory);
    std::ranges::fill(pass.dense, 0.0F);
    shard.loss.run(weights, scale, pass);
  }
  if (passes == 2) {
    shard.loss.draw_together(static_cast<float>(options_.r_drop), shard.passes[0], shard.passes[1]);
  }
  for (std::size_t i = 0; i < passes; ++i) {
    TrainingPass& pass = shard.passes[i];
    network_.backward(weights.data(), pass.batch, noise(key(index, i, step)),
                      shard.loss.dlabel(pass), pass.dtags.data(), pass.memory, pass.dense.data());
  }
}

template <typename Visit>
void TrainingStep::for_each_pass(const Visit& visit) const {
  for (const auto& shard : shards_) {
    for (const TrainingPass& pass : shard->passes) visit(pass);
  }
}

// Fills gradients_: the dense part as the sum of the passes', the tables' by scattering each
// pass's words and word n-grams.
void TrainingStep::reduce() {
  const std::size_t dense = network_.dense_size();
  const std::size_t chunks = (dense + kChunk - 1) / kChunk;
  const std::size_t columns = slices(network_.bottleneck());
  const NgramHead* ngrams = network_.ngrams();
  workers_.run(columns + chunks + 1, [&](std::size_t unit, int) {
    if (unit == columns + chunks) {
      if (ngrams == nullptr) return;
      for_each_pass([&](const TrainingPass& pass) {
        ngrams->scatter(pass.batch, ngram_scale(), pass.memory.ngrams,
                        gradients_.data() + ngrams->table());
      });
      return;
    }
    if (unit < columns) {
      for_each_pass([&](const TrainingPass& pass) {
        scatter_rows(network_.bottleneck(), pass.batch, pass.memory.dprojected.data(),
                     input_scale(), slice_of(unit, columns), gradients_.data() + network_.table());
      });
      return;
    }
    const std::size_t begin = (unit - columns) * kChunk;
    const std::size_t size = std::min(kChunk, dense - begin);
    for_each_pass([&](const TrainingPass& pass) {
      add(gradients_.data() + begin, pass.dense.data() + begin, size);
    });
  });
}

double TrainingStep::sum_of_squares() {
  squares_.resize(chunks_ + table_.units());
  workers_.run(squares_.size(), [&](std::size_t unit, int) {
    if (unit >= chunks_) {
      squares_[unit] = table_.sum_of_squares(unit - chunks_, gradients_.data());
      return;
    }
    const std::size_t begin = unit * kChunk;
    squares_[unit] =
        pnlp::sum_of_squares(gradients_.data() + begin, std::min(kChunk, network_.table() - begin));
  });
  return std::accumulate(squares_.begin(), squares_.end(), 0.0);
}

void TrainingStep::update(const AdamOptions& how, double learning_rate, float scale,
                          std::span<float> weights, AdamState& adam) {
  const std::uint64_t number = ++adam.step;
  const auto step = [&](bool decay) { return adam_step(how, learning_rate, number, scale, decay); };
  const AdamStep of_table = step(network_.layout().parameters().back().decay);
  workers_.run(chunks_ + table_.units(), [&](std::size_t unit, int) {
    if (unit >= chunks_) {
      table_.update(unit - chunks_, of_table, {gradients_.data(), weights.data(), adam});
      return;
    }
    const std::size_t begin = unit * kChunk;
    const std::size_t end = std::min(network_.table(), begin + kChunk);
    for (const Parameter& parameter : network_.layout().parameters()) {
      const std::size_t from = std::max(begin, parameter.offset);
      const std::size_t to = std::min(end, parameter.offset + parameter.size);
      if (from >= to) continue;
      adam_update(step(parameter.decay), from, to, gradients_.data(), weights.data(), adam);
    }
    std::fill(gradients_.begin() + static_cast<std::ptrdiff_t>(begin),
              gradients_.begin() + static_cast<std::ptrdiff_t>(end), 0.0F);
  });
  table_.end_step(of_table);
}

StepReport TrainingStep::run(std::span<const std::uint32_t> records, std::uint64_t step,
                             double learning_rate, std::span<float> weights,
                             std::span<float> average, AdamState& adam) {
  draw(records, step);
  cut();
  workers_.run(kShards, [&](std::size_t unit, int) { pack(*shards_[unit], unit, step); });
  table_.clear();
  for_each_pass([&](const TrainingPass& pass) { table_.mark(pass.batch); });
  workers_.run(table_.units(), [&](std::size_t unit, int) {
    table_.catch_up(unit, {gradients_.data(), weights.data(), adam});
  });
  workers_.run(kShards, [&](std::size_t unit, int) {
    run_shard(*shards_[unit], unit, step, records.size(), weights);
  });
  StepReport report;
  for_each_pass([&](const TrainingPass& pass) {
    report.loss += pass.loss * static_cast<double>(records.size());
  });
  if (!std::isfinite(report.loss)) return report;
  reduce();
  report.gradient_norm = std::sqrt(sum_of_squares());
  if (!std::isfinite(report.gradient_norm)) return report;
  const bool clipped = options_.clip > 0 && report.gradient_norm > options_.clip;
  AdamOptions how;
  how.weight_decay = options_.weight_decay;
  how.decoupled = options_.optimizer == OptimizerKind::adamw;
  update(how, learning_rate,
         static_cast<float>(clipped ? options_.clip / report.gradient_norm : 1.0), weights, adam);
  if (!average.empty()) {
    settle(weights, adam);
    workers_.run((average.size() + kChunk - 1) / kChunk, [&](std::size_t unit, int) {
      const std::size_t begin = unit * kChunk;
      average_update(static_cast<float>(options_.ema), begin,
                     std::min(average.size(), begin + kChunk), weights.data(), average.data());
    });
  }
  return report;
}

void TrainingStep::settle(std::span<float> weights, AdamState& adam) {
  workers_.run(table_.settling_units(), [&](std::size_t unit, int) {
    table_.settle(unit, {gradients_.data(), weights.data(), adam});
  });
  table_.settled();
}

}  // namespace pnlp

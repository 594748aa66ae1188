#include "pnlp/task/inference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/loss.hpp"
#include "pnlp/text/bio.hpp"

namespace pnlp {
namespace {

// Activations of about this many tokens are in memory at a time (a longer record stands alone).
constexpr std::size_t kPartTokens = 4096;

std::vector<Channel> channels_of(const ModelConfig& config) {
  std::vector<Channel> channels;
  for (const ChannelRows& channel : config.channels)
    channels.push_back({channel.name, channel.values, channel.numbers});
  return channels;
}

}  // namespace

void check_channels(const ModelConfig& config, const FeatureSource& source) {
  if (channels_of(config) == projection_channels(source.projection)) return;
  throw Error(ErrorKind::data,
              fmt::format("the model's tables are for fingerprints of {} values, its projection "
                          "gives others ({} values): the model is damaged",
                          config.fingerprint_width(),
                          channels_width(projection_channels(source.projection))));
}

Batcher make_batcher(const ModelConfig& config) {
  std::vector<ChannelTable> tables;
  std::uint32_t first = 0;
  for (const ChannelRows& channel : config.channels) {
    tables.push_back({.first_row = first, .rows = channel.rows, .used = channel.rows != 0});
    first += channel.rows;
  }
  return Batcher(channels_of(config), std::move(tables),
                 {.segment = config.shape.segment, .max_tokens = config.max_tokens});
}

Inference::Inference(std::shared_ptr<const SharedModel> model, std::size_t most_floats)
    : model_(std::move(model)),
      most_floats_(most_floats),
      batcher_(make_batcher(model_->config)),
      set_(model_->config.fingerprint_width()) {}

void Inference::forget() {
  set_.clear();
  projected_.clear();
}

void Inference::run(std::span<const FeatureRecord> records) {
  const Network& network = model_->network;
  const std::size_t width = network.bottleneck().width();
  if (set_.words() * width > most_floats_ || set_.words() > kRememberedWords) forget();
  set_.clear_records();
  for (const FeatureRecord& record : records) set_.add(record);
  projected_.resize(set_.words(), 0);
  batcher_.pack_all(set_, batch_, projected_);
  // Words that earlier batches had are projected already; tokens refer to them by their number in
  // the set.
  memory_.projected.resize(std::max(memory_.projected.size(), set_.words() * width));
  const std::span<const std::uint32_t> words = batcher_.words();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (projected_[words[i]] != 0) continue;
    float* projected = memory_.projected.data() + words[i] * width;
    if (model_->eight) {
      model_->eight->table->project(batch_.rows_of(i), network.bottleneck().window, projected,
                                    memory_.head.scratch8);
    } else {
      network.project(model_->weights.data(), batch_.rows_of(i), 1.0F, projected);
    }
    projected_[words[i]] = 1;
  }
  for (std::int32_t& word : batch_.word_of_token) {
    word = static_cast<std::int32_t>(words[static_cast<std::size_t>(word)]);
  }
  network.forward_projected(model_->weights.data(), batch_, memory_,
                            model_->eight ? &*model_->eight : nullptr);
}

// Runs the network and calls visit(first record, records) while its logits stand in memory_. Where
// the encoder's outputs depend on their company, every record is computed alone.
template <typename Visit>
void Inference::for_each_part(std::span<const FeatureRecord> records, const Visit& visit) {
  const bool alone =
      !(model_->eight && model_->eight->encoder) && !model_->network.encoder().is_independent();
  for (std::size_t begin = 0; begin < records.size();) {
    std::size_t end = begin;
    for (std::size_t tokens = 0;
         end < records.size() && (end == begin || (!alone && tokens < kPartTokens)); ++end) {
      tokens += records[end].tokens.size();
    }
    run(records.subspan(begin, end - begin));
    visit(begin, records.subspan(begin, end - begin));
    begin = end;
  }
}

void Inference::predict(std::span<const FeatureRecord> records, const PredictOptions& options,
                        std::span<Prediction> out) {
  const std::size_t labels = model_->config.labels.size();
  for_each_part(records, [&](std::size_t first, std::span<const FeatureRecord> part) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      Prediction& prediction = out[first + i];
      prediction = Prediction{};
      const std::size_t tokens = part[i].tokens.size();
      prediction.cut_tokens = static_cast<std::uint32_t>(
          tokens - std::min<std::size_t>(tokens, model_->config.max_tokens));
      const std::span<const float> logits =
          std::span(memory_.label_logits).subspan(i * labels, labels);
      const bool labelled = has_label(model_->config.task) && tokens != 0;
      std::optional<std::size_t> label;
      if (has_tags(model_->config.task)) {
        label = decode_tags(i, part[i], labelled ? logits : std::span<const float>(), prediction);
      }
      if (labelled) decode_label(logits, label, options, prediction);
    }
  });
}

void Inference::label_logits(std::span<const FeatureRecord> records, std::vector<float>& logits) {
  logits.clear();
  for_each_part(records, [&](std::size_t, std::span<const FeatureRecord>) {
    logits.insert(logits.end(), memory_.label_logits.begin(), memory_.label_logits.end());
  });
}

void Inference::logits(std::span<const FeatureRecord> records, std::vector<float>& logits) {
  logits.clear();
  for (std::size_t i = 0; i < records.size(); ++i) {
    run(records.subspan(i, 1));
    if (has_label(model_->config.task)) {
      logits.insert(logits.end(), memory_.label_logits.begin(), memory_.label_logits.end());
    }
    const std::size_t tags = model_->config.tags();
    for (const std::int32_t token : batch_.token_order) {
      const auto row =
          std::span(memory_.tag_logits).subspan(static_cast<std::size_t>(token) * tags, tags);
      logits.insert(logits.end(), row.begin(), row.end());
    }
  }
}

void Inference::decode_label(std::span<const float> logits, std::optional<std::size_t> decided,
                             const PredictOptions& options, Prediction& out) {
  const ModelConfig& config = model_->config;
  const std::size_t k = config.labels.size();
  probabilities_.resize(k);
  for (std::size_t i = 0; i < k; ++i) probabilities_[i] = logits[i] / config.temperature;
  if (config.task == Task::multilabel) {
    for (float& probability : probabilities_) probability = sigmoid(probability);
  } else {
    softmax(probabilities_.data(), k, probabilities_.data());
  }
  const auto named = [&](std::size_t i) {
    return LabelWeight{config.labels[i], probabilities_[i]};
  };
  if (options.all_scores) {
    for (std::size_t i = 0; i < k; ++i) out.scores.push_back(named(i));
  }
  const std::size_t best = decided.value_or(
      static_cast<std::size_t>(std::ranges::max_element(probabilities_) - probabilities_.begin()));
  out.score = probabilities_[best];
  const bool several = config.task == Task::multilabel;
  if (several || options.top > 1) {
    order_.resize(k);
    std::iota(order_.begin(), order_.end(), 0U);
    std::ranges::stable_sort(order_,
                             [&](auto a, auto b) { return probabilities_[a] > probabilities_[b]; });
  }
  // What was decided leads the list, whatever its probability on its own.
  if (decided && options.top > 1) {
    const auto place = std::ranges::find(order_, static_cast<std::uint32_t>(best));
    std::rotate(order_.begin(), place, place + 1);
  }
  if (several) {
    const float threshold = options.threshold.value_or(config.threshold);
    for (const std::uint32_t i : order_) {
      if (probabilities_[i] >= threshold) out.labels.push_back(named(i));
    }
  } else if (out.score >= options.min_score) {
    out.label = config.labels[best];
  }
  if (options.top > 1) {
    for (std::size_t i = 0; i < std::min<std::size_t>(options.top, k); ++i)
      out.top.push_back(named(order_[i]));
  }
}

std::optional<std::size_t> Inference::decode_tags(std::size_t sequence, const FeatureRecord& record,
                                                  std::span<const float> label_logits,
                                                  Prediction& out) {
  const std::size_t k = model_->config.tags();
  const auto begin = static_cast<std::size_t>(batch_.sequence_offsets[sequence]);
  const auto end = static_cast<std::size_t>(batch_.sequence_offsets[sequence + 1]);
  rows_.clear();
  for (std::size_t at = begin; at < end; ++at) {
    rows_.push_back(memory_.tag_logits.data() +
                    static_cast<std::size_t>(batch_.token_order[at]) * k);
  }
  tags_.assign(record.tokens.size(), 0);
  const std::span<const std::uint8_t> label_slots = model_->config.label_slots;
  std::optional<std::size_t> label;
  if (!label_logits.empty() && !label_slots.empty()) {
    label = joint_.decode(label_logits, rows_.data(), rows_.size(), k, label_slots, tags_.data());
  } else {
    decoder_.decode(rows_.data(), rows_.size(), k, {}, tags_.data());
  }
  out.tags.reserve(tags_.size());
  for (const std::int32_t tag : tags_) out.tags.push_back(model_->labels.tag(tag));
  out.spans = spans_from_tags(record.tokens, out.tags);
  return label;
}

}  // namespace pnlp

#include "pnlp/task/inference.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

// Activations of about this many tokens are in memory at a time (a longer record stands alone).
constexpr std::size_t kPartTokens = 512;

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
                 {.segment = config.shape.segment,
                  .max_tokens = config.max_tokens,
                  .ngrams = {.longest = config.has_ngrams() ? config.shape.word_ngrams : 0,
                             .rows = config.ngram_rows()}});
}

Inference::Inference(std::shared_ptr<const SharedModel> model, std::size_t most_floats)
    : model_(std::move(model)),
      most_floats_(most_floats),
      batcher_(make_batcher(model_->config)),
      set_(model_->config.fingerprint_width()),
      decoder_(model_->config, model_->labels) {
  forget();
}

void Inference::forget() {
  forget_words();
  const auto crf = model_->network.crf(model_->weights.data());
  if (crf) crf_.emplace(*crf, model_->config.tags());
  tag_probabilities_of_.reset();
}

void Inference::forget_words() {
  set_.clear();
  projected_.clear();
}

// A part of what predict() was given by numbers.
struct Inference::Numbered {
  NumberedWords rows;
  std::uint64_t generation;
  std::span<const NumberedRecord> records;

  std::size_t size() const { return records.size(); }
  const NumberedRecord& operator[](std::size_t index) const { return records[index]; }
  Numbered subspan(std::size_t begin, std::size_t count) const {
    return {rows, generation, records.subspan(begin, count)};
  }
};

void Inference::run(std::span<const FeatureRecord> records) {
  const std::size_t width = model_->network.bottleneck().width();
  if (set_.words() * width > most_floats_ || set_.words() > kRememberedWords) forget_words();
  set_.clear_records();
  for (const FeatureRecord& record : records) set_.add(record);
  projected_.resize(set_.words(), 0);
  batcher_.pack_all(set_, batch_, projected_);
  run_packed(set_.words());
}

void Inference::run(const Numbered& part) {
  if (part.generation != generation_) projected_.clear();
  generation_ = part.generation;
  projected_.resize(part.rows.words(), 0);
  batcher_.pack_all(part.rows, part.records, batch_, projected_);
  run_packed(part.rows.words());
}

// Words that earlier batches had are projected already; tokens refer to them by their number
// among all `words`.
void Inference::run_packed(std::size_t words_known) {
  const Network& network = model_->network;
  const std::size_t width = network.bottleneck().width();
  if (words_known * width > memory_.projected.capacity()) {
    // All that will ever be needed, as a rule: pages that are not used cost nothing, copies would.
    memory_.projected.reserve(
        std::max(words_known * width, std::min(most_floats_, kRememberedWords * width)));
  }
  memory_.projected.resize(std::max(memory_.projected.size(), words_known * width));
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
template <typename Records, typename Visit>
void Inference::for_each_part(const Records& records, const Visit& visit) {
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

RecordLogits Inference::logits_of(std::size_t sequence, bool probabilities) {
  const ModelConfig& config = model_->config;
  RecordLogits logits;
  const auto begin = static_cast<std::size_t>(batch_.sequence_offsets[sequence]);
  const auto end = static_cast<std::size_t>(batch_.sequence_offsets[sequence + 1]);
  if (has_label(config.task) && begin != end) {
    const std::size_t labels = config.labels.size();
    logits.labels = std::span(memory_.label_logits).subspan(sequence * labels, labels);
  }
  if (!has_tags(config.task)) return logits;
  const std::size_t k = config.tags();
  rows_.clear();
  for (std::size_t at = begin; at < end; ++at) {
    rows_.push_back(memory_.tag_logits.data() +
                    static_cast<std::size_t>(batch_.token_order[at]) * k);
  }
  logits.tags = rows_;
  if (crf_) logits.crf = &*crf_;
  if (probabilities) {
    if (!tag_probabilities_of_) tag_probabilities_of_.emplace(config.slots.size(), crf_);
    tag_probabilities_.resize(rows_.size() * k);
    tag_probabilities_of_->run(rows_.data(), rows_.size(), tag_probabilities_.data());
    logits.tag_probabilities = tag_probabilities_;
  }
  return logits;
}

template <typename Records>
void Inference::predict_parts(const Records& records, const PredictOptions& options,
                              std::span<Prediction> out) {
  for_each_part(records, [&](std::size_t first, const Records& part) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      decoder_.decode(part[i].tokens, logits_of(i, options.all_scores), options, out[first + i]);
    }
  });
}

template <typename Records>
void Inference::add_parts(const Records& records, float share, std::span<Probabilities> out) {
  const ModelConfig& config = model_->config;
  std::vector<float> row(config.labels.size());
  const auto add = [share](std::span<const float> from, std::vector<float>& to) {
    to.resize(std::max(to.size(), from.size()));
    for (std::size_t i = 0; i < from.size(); ++i) to[i] += share * from[i];
  };
  for_each_part(records, [&](std::size_t first, const Records& part) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      const RecordLogits logits = logits_of(i, true);
      if (!logits.labels.empty()) {
        label_probabilities(config, logits.labels.data(), row.data());
        add(row, out[first + i].labels);
      }
      add(logits.tag_probabilities, out[first + i].tags);
    }
  });
}

void Inference::predict(std::span<const FeatureRecord> records, const PredictOptions& options,
                        std::span<Prediction> out) {
  predict_parts(records, options, out);
}

void Inference::predict(const NumberedWords& rows, std::uint64_t generation,
                        std::span<const NumberedRecord> records, const PredictOptions& options,
                        std::span<Prediction> out) {
  predict_parts(Numbered{rows, generation, records}, options, out);
}

void Inference::add_probabilities(std::span<const FeatureRecord> records, float share,
                                  std::span<Probabilities> out) {
  add_parts(records, share, out);
}

void Inference::add_probabilities(const NumberedWords& rows, std::uint64_t generation,
                                  std::span<const NumberedRecord> records, float share,
                                  std::span<Probabilities> out) {
  add_parts(Numbered{rows, generation, records}, share, out);
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

}  // namespace pnlp

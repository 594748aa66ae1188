#include "pnlp/model/network.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/layers.hpp"

namespace pnlp {

Network::Network(const ModelConfig& config) : channels_(config.shape.bottleneck) {
  check_config(config);
  const std::size_t c = channels_;
  bottleneck_.windowed_rows = config.windowed_rows();
  bottleneck_.plain_rows = config.table_rows() - config.windowed_rows();
  bottleneck_.window = config.shape.window;
  bottleneck_.channels = c;
  std::size_t values = 0;
  for (const ChannelRows& channel : config.channels)
    values += channel.rows == 0 ? 0 : channel.values;
  const double scale = 1.0 / std::sqrt(static_cast<double>(std::max<std::size_t>(1, values)));
  bias_ = layout_.add("bottleneck.bias", {c}, Init::zero);
  encoder_ =
      make_encoder(config.shape.encoder,
                   {c, config.shape.hidden, config.shape.layers, config.shape.segment}, layout_);
  gain_ = layout_.add("norm.gain", {c}, Init::one);
  shift_ = layout_.add("norm.shift", {c}, Init::zero);
  if (has_label(config.task))
    label_head_ = std::make_unique<PoolHead>(c, config.labels.size(), layout_);
  if (has_tags(config.task))
    tag_head_ = std::make_unique<LinearHead>("tags", c, config.tags(), layout_);
  if (config.crf) {
    const std::size_t slots = config.slots.size();
    const std::size_t tags = config.tags();
    crf_.emplace();
    crf_->start = layout_.add("crf.start", {1 + slots}, Init::zero);
    crf_->next = layout_.add("crf.next", {tags, 1 + slots}, Init::zero);
    crf_->inside = layout_.add("crf.inside", {2, slots}, Init::zero);
    crf_->end = layout_.add("crf.end", {tags}, Init::zero);
  }
  if (config.has_ngrams()) {
    ngram_head_ =
        std::make_unique<NgramHead>(config.shape.ngram_weights, config.labels.size(), layout_);
  }
  table_ = layout_.add("table", {bottleneck_.table_size() / c, c}, Init::normal, scale);
}

void Network::project_words(const float* w, const PackedBatch& batch, float scale,
                            NetworkMemory& memory) const {
  memory.projected.resize(batch.words() * bottleneck_.width());
  for (std::size_t word = 0; word < batch.words(); ++word) {
    project(w, batch.rows_of(word), scale, memory.projected.data() + word * bottleneck_.width());
  }
}

void Network::encode_and_score(const float* w, const PackedBatch& batch, const TrainNoise* noise,
                               NetworkMemory& memory, const Network8* eight) const {
  const std::size_t t = batch.tokens();
  const std::size_t c = channels_;
  memory.x.resize(t * c);
  memory.normal.resize(t * c);
  gather_windows(bottleneck_, batch, memory.projected.data(), w + bias_, memory.x.data());
  if (!memory.encoder) memory.encoder = encoder_->make_memory();
  const bool keep = noise != nullptr;
  if (eight != nullptr && eight->encoder) {
    eight->encoder->forward(batch, memory.x.data(), *memory.encoder);
  } else {
    encoder_->forward(w, batch, keep ? noise->dropout : Dropout{}, keep, memory.x.data(),
                      *memory.encoder);
  }
  if (keep) {
    memory.xhat.resize(t * c);
    memory.rstd.resize(t);
  }
  layer_norm_forward(memory.x.data(), w + gain_, w + shift_, t, c, memory.normal.data(),
                     keep ? memory.xhat.data() : nullptr, keep ? memory.rstd.data() : nullptr);
  if (label_head_) {
    memory.label_logits.resize(batch.sequences() * label_head_->outputs());
    label_head_->forward(w, batch, memory.normal.data(), memory.label_logits.data(), memory.head,
                         eight != nullptr ? &*eight->label_head : nullptr);
    if (ngram_head_ && keep) {
      memory.encoder_logits = memory.label_logits;
      memory.ngram_logits.assign(memory.label_logits.size(), 0.0F);
      ngram_head_->forward(w, batch, noise->ngram_scale, memory.ngram_logits.data(), memory.ngrams);
      add(memory.label_logits.data(), memory.ngram_logits.data(), memory.label_logits.size());
    } else if (ngram_head_) {
      ngram_head_->forward(w, batch, 1.0F, memory.label_logits.data(), memory.ngrams);
    }
  }
  if (tag_head_) {
    memory.tag_logits.resize(t * tag_head_->outputs());
    if (eight != nullptr) {
      eight->tag_head->run(memory.normal.data(), t, false, memory.tag_logits.data(),
                           memory.head.scratch8);
    } else {
      tag_head_->forward(w, memory.normal.data(), t, memory.tag_logits.data(), memory.head);
    }
  }
}

void Network::forward_projected(const float* w, const PackedBatch& batch, NetworkMemory& memory,
                                const Network8* eight) const {
  encode_and_score(w, batch, nullptr, memory, eight);
}

Table8 Network::table8_shape() const {
  Table8 table;
  table.windowed_rows = bottleneck_.windowed_rows;
  table.width = bottleneck_.width();
  table.plain_rows = bottleneck_.plain_rows;
  table.channels = bottleneck_.channels;
  return table;
}

Network8::Network8(const Network& network, const float* w, const Table8& table_)
    : table(&table_), encoder(network.encoder_->make_encoder8(w)) {
  if (network.label_head_) label_head.emplace(network.label_head_->make_linear8(w));
  if (network.tag_head_) tag_head.emplace(network.tag_head_->make_linear8(w));
}

void Network::forward(const float* w, const PackedBatch& batch, NetworkMemory& memory) const {
  project_words(w, batch, 1.0F, memory);
  encode_and_score(w, batch, nullptr, memory, nullptr);
}

void Network::forward_train(const float* w, const PackedBatch& batch, const TrainNoise& noise,
                            NetworkMemory& memory) const {
  project_words(w, batch, noise.input_scale, memory);
  encode_and_score(w, batch, &noise, memory, nullptr);
}

void Network::backward(const float* w, const PackedBatch& batch, const TrainNoise& noise,
                       const LabelGradients& dlabel, const float* dtag_logits,
                       NetworkMemory& memory, float* gradients) const {
  const std::size_t t = batch.tokens();
  const std::size_t c = channels_;
  memory.dnormal.assign(t * c, 0.0F);
  memory.dx.assign(t * c, 0.0F);
  memory.dprojected.resize(batch.words() * bottleneck_.width());
  if (label_head_) {
    label_head_->backward(w, batch, memory.normal.data(), dlabel.encoder, memory.dnormal.data(),
                          memory.head, gradients);
    if (ngram_head_) ngram_head_->backward(w, batch, dlabel.ngrams, memory.ngrams, gradients);
  }
  if (tag_head_) {
    tag_head_->backward(w, memory.normal.data(), dtag_logits, t, memory.dnormal.data(), gradients);
  }
  layer_norm_backward(memory.dnormal.data(), w + gain_, memory.xhat.data(), memory.rstd.data(), t,
                      c, memory.dx.data(), gradients + gain_, gradients + shift_);
  encoder_->backward(w, batch, noise.dropout, memory.dx.data(), *memory.encoder, gradients);
  gather_windows_backward(bottleneck_, batch, memory.dx.data(), memory.dprojected.data(),
                          gradients + bias_);
}

double Network::flops(std::size_t length) const {
  const auto c = static_cast<double>(channels_);
  double sum = encoder_->flops(length);
  if (label_head_) sum += 2.0 * c * static_cast<double>(label_head_->outputs());
  if (tag_head_)
    sum += 2.0 * c * static_cast<double>(tag_head_->outputs()) * static_cast<double>(length);
  return sum;
}

}  // namespace pnlp

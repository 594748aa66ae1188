#include "pnlp/task/teachers.hpp"

#include <algorithm>

#include "pnlp/task/agreement.hpp"
#include "pnlp/task/decoding.hpp"

namespace pnlp {
namespace {

void add(std::span<const float> from, float share, float* to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] += share * from[i];
}

}  // namespace

Teachers::Teachers(std::span<const Teacher> teachers, const ModelConfig& student)
    : max_tokens_(student.max_tokens) {
  for (const auto& [name, model] : teachers) {
    check_agreement(name, model.config, "the training records", student);
    // One in 8 bits teaches by the floats that its bytes stand for.
    const bool whole = model.weight_format != WeightFormat::int8_products;
    if (!whole) weights_.push_back(float_weights(model));
    models_.push_back(std::make_shared<SharedModel>(
        model.config,
        whole ? std::span<const float>(model.weights) : std::span<const float>(weights_.back())));
  }
}

// They read as much of a text as the student does.
Teachers::Memory Teachers::make_memory() const {
  Memory memory;
  for (const auto& model : models_) {
    ModelConfig config = model->config;
    config.max_tokens = max_tokens_;
    memory.teachers.push_back({make_batcher(config), {}, {}});
    if (has_tags(config.task)) {
      memory.teachers.back().tags.emplace(config.slots.size(),
                                          model->network.crf(model->weights.data()));
    }
  }
  return memory;
}

void Teachers::predict(const FeatureSet& set, std::span<const BatchSequence> sequences,
                       Memory& memory, TeacherTargets& out) const {
  const float share = 1.0F / static_cast<float>(std::max<std::size_t>(1, models_.size()));
  out.labels.clear();
  out.tags.clear();
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const SharedModel& model = *models_[i];
    NetworkMemory& network = memory.teachers[i].network;
    memory.teachers[i].batcher.pack(set, sequences, {}, {}, memory.batch);
    model.network.forward(model.weights.data(), memory.batch, network);
    const std::size_t labels = model.config.labels.size();
    out.labels.resize(memory.batch.sequences() * labels);
    memory.row.resize(labels);
    if (has_label(model.config.task)) {
      for (std::size_t b = 0; b < memory.batch.sequences(); ++b) {
        label_probabilities(model.config, network.label_logits.data() + b * labels,
                            memory.row.data());
        add(memory.row, share, out.labels.data() + b * labels);
      }
    }
    if (memory.teachers[i].tags) {
      add_tags(memory.batch, network.tag_logits, model.config.tags(), share,
               *memory.teachers[i].tags, memory, out.tags);
    }
  }
}

void Teachers::add_tags(const PackedBatch& batch, std::span<const float> logits, std::size_t tags,
                        float share, TagProbabilities& probabilities, Memory& memory,
                        std::vector<float>& out) {
  out.resize(batch.tokens() * tags);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const auto begin = static_cast<std::size_t>(batch.sequence_offsets[b]);
    const auto end = static_cast<std::size_t>(batch.sequence_offsets[b + 1]);
    memory.rows.clear();
    for (std::size_t at = begin; at < end; ++at) {
      memory.rows.push_back(logits.data() + static_cast<std::size_t>(batch.token_order[at]) * tags);
    }
    memory.row.resize(memory.rows.size() * tags);
    probabilities.run(memory.rows.data(), memory.rows.size(), memory.row.data());
    add(memory.row, share, out.data() + begin * tags);
  }
}

}  // namespace pnlp

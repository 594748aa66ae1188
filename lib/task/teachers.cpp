#include "pnlp/task/teachers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/loss.hpp"

namespace pnlp {
namespace {

// "A, B and 3 more": the first names of `a` that `b` lacks (both sorted).
std::string missing(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> names;
  std::ranges::set_difference(a, b, std::back_inserter(names));
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text.empty() ? "none" : text;
}

void check_names(std::string_view what, const std::vector<std::string>& teacher,
                 const std::vector<std::string>& student) {
  if (teacher == student) return;
  throw Error(ErrorKind::data,
              fmt::format("a teacher's {} are not those of the training records; only the teacher "
                          "has: {}; only the records have: {}",
                          what, missing(teacher, student), missing(student, teacher)));
}

// out += share * probabilities of one row of logits.
void add_probabilities(const float* logits, std::size_t k, bool independent, float temperature,
                       float share, std::vector<float>& row, float* out) {
  row.resize(k);
  for (std::size_t i = 0; i < k; ++i) row[i] = logits[i] / temperature;
  if (independent) {
    for (float& value : row) value = sigmoid(value);
  } else {
    softmax(row.data(), k, row.data());
  }
  for (std::size_t i = 0; i < k; ++i) out[i] += share * row[i];
}

}  // namespace

Teachers::Teachers(std::span<const ModelFile> models, const ModelConfig& student) {
  for (const ModelFile& model : models) {
    if (model.config.task != student.task) {
      throw Error(ErrorKind::data,
                  fmt::format("a teacher was trained for the task {}, the records call for {}",
                              task_name(model.config.task), task_name(student.task)));
    }
    check_names("labels", model.config.labels, student.labels);
    check_names("slots", model.config.slots, student.slots);
    // One in 8 bits teaches by the floats that its bytes stand for.
    const bool whole = model.weight_format != WeightFormat::int8_products;
    if (!whole) weights_.push_back(float_weights(model));
    models_.push_back(
        std::make_shared<SharedModel>(model.config, whole ? model.weights : weights_.back()));
  }
}

Teachers::Memory Teachers::make_memory() const {
  Memory memory;
  for (const auto& model : models_) memory.teachers.push_back({make_batcher(model->config), {}});
  return memory;
}

void Teachers::predict(const FeatureSet& set, std::span<const BatchSequence> sequences,
                       Memory& memory, TeacherTargets& out) const {
  const float share = 1.0F / static_cast<float>(std::max<std::size_t>(1, models_.size()));
  std::ranges::fill(out.labels, 0.0F);
  std::ranges::fill(out.tags, 0.0F);
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const SharedModel& model = *models_[i];
    NetworkMemory& network = memory.teachers[i].network;
    memory.teachers[i].batcher.pack(set, sequences, {}, {}, memory.batch);
    model.network.forward(model.weights.data(), memory.batch, network);
    const std::size_t labels = model.config.labels.size();
    out.labels.resize(memory.batch.sequences() * labels);
    if (has_label(model.config.task)) {
      for (std::size_t b = 0; b < memory.batch.sequences(); ++b) {
        add_probabilities(network.label_logits.data() + b * labels, labels,
                          model.config.task == Task::multilabel, model.config.temperature, share,
                          memory.row, out.labels.data() + b * labels);
      }
    }
    const std::size_t tags = model.config.tags();
    out.tags.resize(memory.batch.tokens() * tags);
    for (std::size_t t = 0; tags != 0 && t < memory.batch.tokens(); ++t) {
      const auto packed = static_cast<std::size_t>(memory.batch.token_order[t]);
      add_probabilities(network.tag_logits.data() + packed * tags, tags, false, 1.0F, share,
                        memory.row, out.tags.data() + t * tags);
    }
  }
}

}  // namespace pnlp

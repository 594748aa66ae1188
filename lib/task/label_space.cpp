#include "pnlp/task/label_space.hpp"

#include "pnlp/text/bio.hpp"

namespace pnlp {

LabelSpace::LabelSpace(const ModelConfig& config) : task_(config.task) {
  for (const std::string& label : config.labels) {
    labels_.emplace(label, static_cast<std::int32_t>(labels_.size()));
  }
  if (has_tags(task_)) {
    tags_.emplace_back("O");
    for (const std::string& slot : config.slots) {
      tags_.push_back("B-" + slot);
      tags_.push_back("I-" + slot);
    }
    for (const std::string& tag : tags_) {
      tag_numbers_.emplace(tag, static_cast<std::int32_t>(tag_numbers_.size()));
    }
  }
}

Targets LabelSpace::encode(const FeatureRecord& record) const {
  Targets targets;
  if (has_label(task_)) {
    for (const LabelWeight& label : record.labels) {
      const auto found = labels_.find(label.name);
      if (found == labels_.end()) continue;
      targets.labels.push_back(found->second);
      targets.label_weights.push_back(label.weight);
    }
  }
  if (has_tags(task_)) {
    if (!record.has_spans) {
      targets.tags.assign(record.tokens.size(), -1);
      return targets;
    }
    const Aligned aligned = tags_from_spans(record.tokens, record.spans);
    targets.inexact_spans = aligned.inexact;
    targets.lost_spans = aligned.lost;
    for (const std::string& tag : aligned.tags) {
      const auto found = tag_numbers_.find(tag);
      targets.tags.push_back(found == tag_numbers_.end() ? 0 : found->second);
    }
  }
  return targets;
}

}  // namespace pnlp

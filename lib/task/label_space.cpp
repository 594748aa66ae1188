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

void SoftTags::append(const SoftTags& more) {
  const std::uint64_t base = tags.size();
  tags.insert(tags.end(), more.tags.begin(), more.tags.end());
  weights.insert(weights.end(), more.weights.begin(), more.weights.end());
  for (std::size_t row = 1; row < more.offsets.size(); ++row)
    offsets.push_back(base + more.offsets[row]);
}

void LabelSpace::encode_weights(const FeatureRecord& record, Targets& targets) const {
  SoftTags& soft = targets.soft_tags;
  for (const TagWeights& token : record.tag_weights) {
    double sum = 0;
    const std::size_t begin = soft.tags.size();
    for (const LabelWeight& tag : token) {
      const auto found = tag_numbers_.find(tag.name);
      if (found == tag_numbers_.end() || !(tag.weight > 0)) continue;
      soft.tags.push_back(found->second);
      soft.weights.push_back(tag.weight);
      sum += static_cast<double>(tag.weight);
    }
    if (soft.tags.size() == begin) {
      targets.tags.push_back(-1);
      continue;
    }
    for (std::size_t i = begin; i < soft.weights.size(); ++i)
      soft.weights[i] = static_cast<float>(static_cast<double>(soft.weights[i]) / sum);
    targets.tags.push_back(soft_target(soft.rows()));
    soft.offsets.push_back(soft.tags.size());
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
    if (record.has_tag_weights) {
      encode_weights(record, targets);
      return targets;
    }
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

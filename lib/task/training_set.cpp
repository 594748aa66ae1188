#include "pnlp/task/training_set.hpp"

#include <fmt/format.h>

#include <bit>
#include <set>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/task/metrics.hpp"
#include "pnlp/text/bio.hpp"

namespace pnlp {

TrainingSet::TrainingSet(const ModelConfig& config, RecordSelection records)
    : records_(std::move(records)) {
  const LabelSpace space(config);
  FeatureRecord record;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    records_.read_gold(i, record);
    token_offsets_.push_back(token_offsets_.back() + record.tokens.size());
    const Targets targets = space.encode(record);
    const std::size_t rows = soft_tags_.rows();
    for (const std::int32_t tag : targets.tags)
      tags_.push_back(tag < -1 ? soft_target(rows + soft_row(tag)) : tag);
    soft_tags_.append(targets.soft_tags);
    labels_.insert(labels_.end(), targets.labels.begin(), targets.labels.end());
    label_weights_.insert(label_weights_.end(), targets.label_weights.begin(),
                          targets.label_weights.end());
    label_offsets_.push_back(labels_.size());
    // Several labels: a record with an empty list teaches that none applies, a record without a
    // label nothing.
    weights_.push_back(record.label_form == LabelForm::none ? 0.0F : 1.0F);
    if (record.label_form != LabelForm::none) ++with_label_;
    if (record.has_spans) ++with_spans_;
    inexact_spans_ += targets.inexact_spans;
    lost_spans_ += targets.lost_spans;
    if (record.tokens.size() > config.max_tokens) ++cut_records_;
  }
}

BatchSequence TrainingSet::sequence(std::size_t record) const {
  BatchSequence sequence;
  sequence.words = features().record(records_.number(record));
  if (!tags_.empty()) {
    sequence.tags = std::span(tags_).subspan(token_offsets_[record], sequence.words.size());
  }
  const std::size_t count = label_offsets_[record + 1] - label_offsets_[record];
  sequence.labels = std::span(labels_).subspan(label_offsets_[record], count);
  sequence.label_weights = std::span(label_weights_).subspan(label_offsets_[record], count);
  sequence.weight = weights_[record];
  return sequence;
}

void TrainingSet::weigh_labels(std::span<const float> weight_of_label) {
  for (std::size_t record = 0; record < records(); ++record) {
    double sum = 0;
    double mass = 0;
    for (std::uint64_t i = label_offsets_[record]; i < label_offsets_[record + 1]; ++i) {
      sum += static_cast<double>(label_weights_[i] *
                                 weight_of_label[static_cast<std::size_t>(labels_[i])]);
      mass += static_cast<double>(label_weights_[i]);
    }
    if (mass > 0) weights_[record] = static_cast<float>(sum / mass);
  }
}

std::vector<double> TrainingSet::label_counts(std::size_t labels) const {
  std::vector<double> counts(labels, 0.0);
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    counts[static_cast<std::size_t>(labels_[i])] += static_cast<double>(label_weights_[i]);
  }
  return counts;
}

std::uint64_t digest_records(const RecordSelection& records) {
  Digest digest;
  const auto add_text = [&](const std::string& text) {
    digest.update(static_cast<std::uint64_t>(text.size()));
    digest.update(text);
  };
  FeatureRecord record;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records.read(i, record);
    digest.update(static_cast<std::uint64_t>(record.values.size()));
    for (const std::uint16_t value : record.values) digest.update(std::uint64_t{value});
    digest.update(static_cast<std::uint64_t>(record.label_form));
    digest.update(static_cast<std::uint64_t>(record.labels.size()));
    for (const LabelWeight& label : record.labels) {
      add_text(label.name);
      digest.update(std::uint64_t{std::bit_cast<std::uint32_t>(label.weight)});
    }
    digest.update(static_cast<std::uint64_t>(record.has_spans ? record.spans.size() + 1 : 0));
    for (const Span& span : record.spans) {
      digest.update(std::uint64_t{span.start});
      digest.update(std::uint64_t{span.end});
      add_text(span.label);
    }
    for (const TagWeights& token : record.tag_weights) {
      digest.update(static_cast<std::uint64_t>(token.size()));
      for (const LabelWeight& tag : token) {
        add_text(tag.name);
        digest.update(std::uint64_t{std::bit_cast<std::uint32_t>(tag.weight)});
      }
    }
    for (const ByteRange& token : record.tokens) {
      digest.update(std::uint64_t{token.begin} << 32 | token.end);
    }
  }
  return digest.value();
}

void describe_records(const RecordSelection& records, ModelConfig& config, bool task_given) {
  bool any_label = false;
  bool any_list = false;
  bool any_slot = false;
  std::set<std::string> labels;
  std::set<std::string> slots;
  std::set<std::pair<std::string, std::string>> pairs;  // of a label and a slot
  FeatureRecord record;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records.read_gold(i, record);
    any_label = any_label || record.label_form != LabelForm::none;
    any_list = any_list || record.label_form == LabelForm::multiple;
    any_slot = any_slot || !record.spans.empty();
    for (const LabelWeight& label : record.labels) labels.insert(label.name);
    for (const TagWeights& token : record.tag_weights) {
      for (const LabelWeight& tag : token) {
        if (tag.name == "O") continue;
        slots.emplace(parse_tag(tag.name).label);
        any_slot = true;
      }
    }
    for (const Span& span : record.spans) {
      slots.insert(span.label);
      // Of probabilities, which may name every label, the most probable one counts.
      for (const std::string& label : gold_label_names(record.label_form, record.labels))
        pairs.emplace(label, span.label);
    }
  }
  if (!task_given) {
    if (!any_label && !any_slot) {
      throw Error(ErrorKind::data,
                  "the training records have neither labels nor slots; name their fields with "
                  "--label-field, "
                  "--tags-field or --spans-field");
    }
    config.task = !any_slot ? (any_list ? Task::multilabel : Task::label)
                            : (any_label ? Task::joint : Task::tags);
  }
  if (any_list && (config.task == Task::label || config.task == Task::joint)) {
    throw Error(ErrorKind::data,
                "some records have lists of labels; this task gives each record one label, "
                "choose --task multilabel");
  }
  if (has_label(config.task)) {
    const std::size_t least = config.task == Task::multilabel ? 1 : 2;
    if (!any_label) {
      throw Error(ErrorKind::data,
                  fmt::format("no training record has a label, which the task {} needs; name the "
                              "field with --label-field",
                              task_name(config.task)));
    }
    if (labels.size() < least) {
      throw Error(ErrorKind::data,
                  fmt::format("the training records have {} different labels; the task {} needs at "
                              "least {}",
                              labels.size(), task_name(config.task), least));
    }
    config.labels.assign(labels.begin(), labels.end());
  }
  if (has_tags(config.task)) {
    if (slots.empty()) {
      throw Error(ErrorKind::data,
                  fmt::format("no training record has a slot, which the task {} needs; name the "
                              "field with --tags-field or --spans-field",
                              task_name(config.task)));
    }
    config.slots.assign(slots.begin(), slots.end());
  }
  if (config.task == Task::joint) {
    for (const std::string& label : config.labels) {
      for (const std::string& slot : config.slots) {
        config.label_slots.push_back(pairs.contains({label, slot}) ? 1 : 0);
      }
    }
  }
}

}  // namespace pnlp

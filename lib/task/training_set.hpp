// Records of a set with their targets as numbers: what the training loop walks over.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pnlp/base/hash.hpp"
#include "pnlp/feature/batcher.hpp"
#include "pnlp/feature/record_set.hpp"
#include "pnlp/task/label_space.hpp"

namespace pnlp {

class TrainingSet {
 public:
  // Numbers of records below are places in `records`, whose set must outlive this one.
  TrainingSet(const ModelConfig& config, RecordSelection records);

  std::size_t records() const { return records_.size(); }
  std::size_t tokens() const { return token_offsets_.back(); }
  const FeatureSet& features() const { return records_.set().features(); }
  // Valid as long as the set. `weight` is the label loss's.
  BatchSequence sequence(std::size_t record) const;
  std::size_t length(std::size_t record) const {
    return token_offsets_[record + 1] - token_offsets_[record];
  }

  // Weight of each record by its label's: given ones, or inverse to the label's frequency.
  void weigh_labels(std::span<const float> weight_of_label);
  // Records of each label (a soft target counts by its weight).
  std::vector<double> label_counts(std::size_t labels) const;

  // What targets below -1 in sequences' tags stand for.
  const SoftTags& soft_tags() const { return soft_tags_; }

  std::uint64_t with_label() const { return with_label_; }
  std::uint64_t with_spans() const { return with_spans_; }
  std::uint64_t inexact_spans() const { return inexact_spans_; }
  std::uint64_t lost_spans() const { return lost_spans_; }
  std::uint64_t cut_records() const { return cut_records_; }

 private:
  RecordSelection records_;
  std::vector<std::uint64_t> token_offsets_ = {0};
  std::vector<std::int32_t> tags_;  // by token; empty without a tag head
  SoftTags soft_tags_;
  std::vector<std::int32_t> labels_;
  std::vector<float> label_weights_;
  std::vector<std::uint64_t> label_offsets_ = {0};
  std::vector<float> weights_;
  std::uint64_t with_label_ = 0;
  std::uint64_t with_spans_ = 0;
  std::uint64_t inexact_spans_ = 0;
  std::uint64_t lost_spans_ = 0;
  std::uint64_t cut_records_ = 0;
};

// Hash of features and targets: the same for records from JSONL and from a feature stream.
std::uint64_t digest_records(const RecordSelection& records);

// Task (unless given), labels and slots that the records call for: lists of labels make several
// labels. Errors: data (none, or too few, of what the task needs; lists where it takes one label).
void describe_records(const RecordSelection& records, ModelConfig& config, bool task_given);

}  // namespace pnlp

// Between names and the numbers that the network counts in: labels, and slots as BIO tags.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/model/config.hpp"

namespace pnlp {

// Tokens whose target are probabilities of several tags, sparsely: row i stands for the target
// soft_target(i).
struct SoftTags {
  std::vector<std::int32_t> tags;
  std::vector<float> weights;  // of sum 1 in each row
  std::vector<std::uint64_t> offsets = {0};

  std::size_t rows() const { return offsets.size() - 1; }
  void append(const SoftTags& more);
};
constexpr std::int32_t soft_target(std::size_t row) {
  return -2 - static_cast<std::int32_t>(row);
}
// The row of a target below -1.
constexpr std::size_t soft_row(std::int32_t target) {
  return static_cast<std::size_t>(-2 - target);
}

// A record's targets as numbers; empty where it has none.
struct Targets {
  std::vector<std::int32_t> labels;
  std::vector<float> label_weights;
  std::vector<std::int32_t> tags;  // one a token; -1: none; below: see SoftTags
  SoftTags soft_tags;
  std::uint32_t inexact_spans = 0;
  std::uint32_t lost_spans = 0;
};

class LabelSpace {
 public:
  explicit LabelSpace(const ModelConfig& config);

  // Unknown labels and slots are left out (a model continued on new data knows them all).
  Targets encode(const FeatureRecord& record) const;

  // "O", "B-x", "I-x".
  const std::string& tag(std::int32_t number) const {
    return tags_[static_cast<std::size_t>(number)];
  }

 private:
  void encode_weights(const FeatureRecord& record, Targets& targets) const;

  Task task_;
  std::unordered_map<std::string, std::int32_t> labels_;
  std::unordered_map<std::string, std::int32_t> tag_numbers_;
  std::vector<std::string> tags_;
};

}  // namespace pnlp

// Labelled records in memory by columns: the fingerprint of a distinct word, and each name, once.
// What training starts from; long texts take a few bytes a token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/feature_set.hpp"

namespace pnlp {

class RecordSet {
 public:
  // `width`: values of a token. Error(usage) if 0.
  explicit RecordSet(std::uint32_t width) : features_(width) {}
  RecordSet(std::uint32_t width, std::span<const FeatureRecord> records);

  // Keeps all of the record but its id. Error(internal) if it has another width.
  void add(const FeatureRecord& record);

  // Leaves out these values of every word: see FeatureSet.
  void leave_out(std::uint32_t first, std::uint32_t count) { features_.leave_out(first, count); }

  std::size_t size() const { return forms_.size(); }
  bool empty() const { return forms_.empty(); }
  // The records' words.
  const FeatureSet& features() const { return features_; }
  // Fills `out` (memory reused) with the record as it was added, without id; read_gold() leaves
  // out its values, too.
  void read(std::size_t index, FeatureRecord& out) const;
  void read_gold(std::size_t index, FeatureRecord& out) const;

 private:
  struct Label {
    std::uint32_t name;
    float weight;
  };
  struct Slot {
    ByteRange bytes;
    std::uint32_t name;
  };
  std::uint32_t number(std::string_view name);

  FeatureSet features_;
  std::vector<ByteRange> tokens_;  // by token of the set
  std::vector<LabelForm> forms_;
  std::vector<Label> labels_;
  std::vector<std::uint64_t> label_offsets_ = {0};  // records + 1
  std::vector<bool> has_spans_;
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> slot_offsets_ = {0};  // records + 1
  std::vector<bool> has_tag_weights_;
  std::vector<Label> tag_weights_;
  std::vector<std::uint64_t> tag_offsets_ = {0};  // tokens that have some + 1, into tag_weights_
  std::vector<std::uint64_t> tag_tokens_ = {0};   // records + 1, into tag_offsets_
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

// Records of a set by their numbers, in this order. A view: the set outlives it, and keeps its
// place.
class RecordSelection {
 public:
  // All of them.
  explicit RecordSelection(const RecordSet& set);
  RecordSelection(const RecordSet& set, std::vector<std::uint32_t> numbers);

  std::size_t size() const { return numbers_.size(); }
  bool empty() const { return numbers_.empty(); }
  const RecordSet& set() const { return *set_; }
  std::uint32_t number(std::size_t index) const { return numbers_[index]; }
  // As the set's, by place in the selection.
  void read(std::size_t index, FeatureRecord& out) const { set_->read(numbers_[index], out); }
  void read_gold(std::size_t index, FeatureRecord& out) const {
    set_->read_gold(numbers_[index], out);
  }

 private:
  const RecordSet* set_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace pnlp

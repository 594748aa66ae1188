#include "pnlp/task/slot_substitution.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace pnlp {
namespace {

// Slot of a tag: 0 for B-0 and I-0. Not for O or for tokens without a target.
std::size_t slot_of(std::int32_t tag) {
  return static_cast<std::size_t>(tag - 1) / 2;
}

// Past the last token of the slot that begins at `begin`.
std::size_t slot_end(std::span<const std::int32_t> tags, std::size_t begin) {
  const std::int32_t inside = tags[begin] + 1;
  std::size_t end = begin + 1;
  while (end < tags.size() && tags[end] == inside) ++end;
  return end;
}

bool begins_slot(std::int32_t tag) {
  return tag > 0 && tag % 2 == 1;
}

}  // namespace

void SubstitutedBatch::clear() {
  words_.clear();
  tags_.clear();
  offsets_.assign(1, 0);
  sequences_.clear();
}

BatchSequence SubstitutedBatch::sequence(std::size_t index) const {
  BatchSequence sequence = sequences_[index];
  const std::size_t begin = offsets_[index];
  const std::size_t length = offsets_[index + 1] - begin;
  sequence.words = std::span(words_).subspan(begin, length);
  if (!sequence.tags.empty()) sequence.tags = std::span(tags_).subspan(begin, length);
  return sequence;
}

SlotSubstitution::SlotSubstitution(const TrainingSet& set, std::size_t most_tokens)
    : set_(set), most_tokens_(most_tokens) {
  std::set<std::pair<std::size_t, std::vector<std::uint32_t>>> seen;
  for (std::size_t record = 0; record < set.records(); ++record) {
    const BatchSequence sequence = set.sequence(record);
    for (std::size_t at = 0; at < sequence.tags.size(); ++at) {
      if (!begins_slot(sequence.tags[at])) continue;
      const std::size_t slot = slot_of(sequence.tags[at]);
      const std::size_t end = slot_end(sequence.tags, at);
      const auto words = sequence.words.subspan(at, end - at);
      if (!seen.emplace(slot, std::vector(words.begin(), words.end())).second) continue;
      if (values_.size() <= slot) values_.resize(slot + 1);
      values_[slot].push_back({static_cast<std::uint32_t>(record), static_cast<std::uint32_t>(at),
                               static_cast<std::uint32_t>(end)});
    }
  }
}

void SlotSubstitution::add(std::size_t record, double probability, Random random,
                           SubstitutedBatch& batch) const {
  const BatchSequence sequence = set_.sequence(record);
  std::vector<std::uint32_t>& words = batch.words_;
  std::vector<std::int32_t>& tags = batch.tags_;
  const std::size_t start = words.size();
  for (std::size_t at = 0; at < sequence.words.size();) {
    const bool slot = at < sequence.tags.size() && begins_slot(sequence.tags[at]);
    const std::size_t end = slot ? slot_end(sequence.tags, at) : at + 1;
    std::span<const std::uint32_t> value = sequence.words.subspan(at, end - at);
    if (slot && random.uniform() < probability) {
      const std::vector<Occurrence>& values = values_[slot_of(sequence.tags[at])];
      const Occurrence& drawn = values[random.below(values.size())];
      const std::size_t length =
          words.size() - start + (drawn.end - drawn.begin) + (sequence.words.size() - end);
      if (length <= std::max(most_tokens_, sequence.words.size())) {
        value = set_.sequence(drawn.record).words.subspan(drawn.begin, drawn.end - drawn.begin);
      }
    }
    words.insert(words.end(), value.begin(), value.end());
    if (!sequence.tags.empty()) {
      tags.push_back(sequence.tags[at]);
      // Further words of a slot continue it.
      tags.insert(tags.end(), value.size() - 1, sequence.tags[at] + 1);
    } else {
      tags.insert(tags.end(), value.size(), 0);
    }
    at = end;
  }
  batch.offsets_.push_back(words.size());
  batch.sequences_.push_back(sequence);
}

}  // namespace pnlp

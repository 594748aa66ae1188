// A training aid: the words of a slot are swapped for those of another occurrence of the same slot
// in the training set ("wake me at seven" becomes "wake me at half past nine"), so that what
// surrounds a slot is learned apart from what fills it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pnlp/base/random.hpp"
#include "pnlp/feature/batcher.hpp"
#include "pnlp/task/training_set.hpp"

namespace pnlp {

// Records as they are to be trained on in one step; memory is reused from step to step.
class SubstitutedBatch {
 public:
  void clear();
  std::size_t size() const { return sequences_.size(); }
  // Valid until the next clear() or add.
  BatchSequence sequence(std::size_t index) const;

 private:
  friend class SlotSubstitution;
  std::vector<std::uint32_t> words_;
  std::vector<std::int32_t> tags_;
  std::vector<std::size_t> offsets_ = {0};
  std::vector<BatchSequence> sequences_;  // words and tags are those of the record
};

class SlotSubstitution {
 public:
  // Lists the slots' occurrences in `set`, which must have tags and outlive this. `most_tokens`:
  // of a record; a swap that would make it longer is not made.
  SlotSubstitution(const TrainingSet& set, std::size_t most_tokens);

  // Adds the record to `batch`, each of its slots swapped with `probability` for one that is drawn
  // evenly among the slot's different values.
  void add(std::size_t record, double probability, Random random, SubstitutedBatch& batch) const;

 private:
  struct Occurrence {
    std::uint32_t record;
    std::uint32_t begin, end;  // tokens
  };

  const TrainingSet& set_;
  std::size_t most_tokens_;
  std::vector<std::vector<Occurrence>> values_;  // by slot: one occurrence of each different value
};

}  // namespace pnlp

#include "pnlp/task/slot_substitution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "task/toy.hpp"

using namespace pnlp;

namespace {

using Words = std::vector<std::uint32_t>;
using Tags = std::vector<std::int32_t>;

ModelConfig config_for(const RecordSet& records) {
  ModelConfig config;
  describe_records(RecordSelection(records), config, false);
  config.channels = {{"minhash", 8, 128}, {"word", 1, 128}};
  return config;
}

// The values of each slot in a sequence, and the words outside of slots.
struct Parts {
  std::vector<std::pair<std::int32_t, Words>> slots;
  Words outside;
};

Parts parts_of(const BatchSequence& sequence) {
  Parts parts;
  for (std::size_t i = 0; i < sequence.words.size(); ++i) {
    const std::int32_t tag = sequence.tags[i];
    if (tag == 0) {
      parts.outside.push_back(sequence.words[i]);
    } else if (tag % 2 == 1) {
      parts.slots.push_back({tag, {sequence.words[i]}});
    } else {
      REQUIRE(!parts.slots.empty());
      REQUIRE(parts.slots.back().first == tag - 1);
      REQUIRE(i > 0);
      REQUIRE((sequence.tags[i - 1] == tag || sequence.tags[i - 1] == tag - 1));
      parts.slots.back().second.push_back(sequence.words[i]);
    }
  }
  return parts;
}

struct Set {
  RecordSet records = toy::record_set(toy::source(), toy::records(Task::joint, 120, 5));
  ModelConfig config = config_for(records);
  TrainingSet set = TrainingSet(config, RecordSelection(records));
};

}  // namespace

TEST_CASE("slots are swapped for values of the same slot, and nothing else changes") {
  const Set data;
  std::map<std::int32_t, std::set<Words>> values;
  for (std::size_t i = 0; i < data.set.records(); ++i) {
    for (const auto& [tag, words] : parts_of(data.set.sequence(i)).slots) values[tag].insert(words);
  }
  REQUIRE(values.size() == 3);
  const SlotSubstitution substitution(data.set, 4096);
  SubstitutedBatch batch;
  for (std::size_t i = 0; i < data.set.records(); ++i)
    substitution.add(i, 0.99, Random(3, i), batch);
  REQUIRE(batch.size() == data.set.records());
  std::size_t swapped = 0;
  std::map<std::int32_t, std::set<Words>> drawn;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Parts before = parts_of(data.set.sequence(i));
    const Parts after = parts_of(batch.sequence(i));
    REQUIRE(after.outside == before.outside);
    REQUIRE(after.slots.size() == before.slots.size());
    for (std::size_t k = 0; k < after.slots.size(); ++k) {
      REQUIRE(after.slots[k].first == before.slots[k].first);
      REQUIRE(values[after.slots[k].first].contains(after.slots[k].second));
      drawn[after.slots[k].first].insert(after.slots[k].second);
      swapped += after.slots[k].second != before.slots[k].second ? 1 : 0;
    }
    CHECK(std::ranges::equal(batch.sequence(i).labels, data.set.sequence(i).labels));
  }
  CHECK(drawn == values);  // every value gets its turn
  CHECK(swapped > batch.size() / 2);
}

TEST_CASE("without probability everything stays; the draw depends on the random numbers alone") {
  const Set data;
  const SlotSubstitution substitution(data.set, 4096);
  SubstitutedBatch batch;
  substitution.add(7, 0.0, Random(1), batch);
  CHECK(std::ranges::equal(batch.sequence(0).words, data.set.sequence(7).words));
  CHECK(std::ranges::equal(batch.sequence(0).tags, data.set.sequence(7).tags));
  batch.clear();
  CHECK(batch.size() == 0);
  for (const int seed : {1, 2, 1}) {
    for (std::size_t i = 0; i < 20; ++i) {
      substitution.add(i, 0.5, Random(static_cast<std::uint64_t>(seed), i), batch);
    }
  }
  bool other = false;
  for (std::size_t i = 0; i < 20; ++i) {
    REQUIRE(std::ranges::equal(batch.sequence(i).words, batch.sequence(40 + i).words));
    other = other || !std::ranges::equal(batch.sequence(i).words, batch.sequence(20 + i).words);
  }
  CHECK(other);
}

TEST_CASE("no swap makes a record longer than the limit") {
  const Set data;
  const SlotSubstitution substitution(data.set, 1);
  SubstitutedBatch batch;
  for (std::size_t i = 0; i < data.set.records(); ++i)
    substitution.add(i, 0.99, Random(4, i), batch);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    REQUIRE(batch.sequence(i).words.size() <= data.set.sequence(i).words.size());
  }
}

TEST_CASE("records without slots pass as they are") {
  const RecordSet records = toy::record_set(toy::source(), toy::records(Task::label, 30, 6));
  const ModelConfig config = config_for(records);
  const TrainingSet set(config, RecordSelection(records));
  const SlotSubstitution substitution(set, 4096);
  SubstitutedBatch batch;
  substitution.add(3, 0.99, Random(1), batch);
  CHECK(std::ranges::equal(batch.sequence(0).words, set.sequence(3).words));
  CHECK(batch.sequence(0).tags.empty());
}

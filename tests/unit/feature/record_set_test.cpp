#include "pnlp/feature/record_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "pnlp/base/error.hpp"

using namespace pnlp;

namespace {

std::vector<FeatureRecord> some_records() {
  FeatureRecord soft;
  soft.tokens = {{0, 4}, {5, 7}, {8, 12}};
  soft.values = {1, 2, 3, 4, 1, 2};  // the first word again
  soft.label_form = LabelForm::soft;
  soft.labels = {{"b", 0.25F}, {"a", 0.75F}};
  soft.has_spans = true;
  soft.spans = {{0, 4, "a"}, {5, 12, "time"}};
  soft.has_tag_weights = true;
  soft.tag_weights = {{{"O", 0.5F}, {"B-a", 0.5F}}, {}, {{"B-time", 1.0F}}};
  FeatureRecord bare;  // nothing known, no word
  FeatureRecord list;
  list.tokens = {{3, 9}};
  list.values = {1, 2};
  list.label_form = LabelForm::multiple;  // of none
  list.has_spans = true;                  // none
  FeatureRecord single;
  single.tokens = {{0, 1}};
  single.values = {9, 9};
  single.label_form = LabelForm::single;
  single.labels = {{"a", 1.0F}};
  return {soft, bare, list, single};
}

}  // namespace

TEST_CASE("a set gives records back as they were, but for their ids") {
  const std::vector<FeatureRecord> records = some_records();
  RecordSet set(2);
  CHECK(set.empty());
  for (FeatureRecord record : records) {
    record.id = "7";
    set.add(record);
  }
  CHECK(set.size() == 4);
  CHECK(set.features().words() == 3);
  CHECK(set.features().tokens() == 5);
  FeatureRecord out;
  for (const std::size_t i : {3U, 0U, 1U, 2U, 0U}) {  // whatever was in memory before
    out.id = "old";
    set.read(i, out);
    CHECK(out == records[i]);
    FeatureRecord gold = records[i];
    gold.values.clear();
    set.read_gold(i, out);
    CHECK(out == gold);
  }
}

TEST_CASE("a record of another width is refused and leaves the set as it was") {
  RecordSet set(2, some_records());
  FeatureRecord wide = some_records()[0];
  wide.values.push_back(0);
  CHECK_THROWS_AS(set.add(wide), Error);
  CHECK(set.size() == 4);
  FeatureRecord out;
  set.add(some_records()[3]);
  set.read(4, out);
  CHECK(out == some_records()[3]);
  CHECK_THROWS_AS(RecordSet(0), Error);
}

TEST_CASE("a selection has its own order") {
  const std::vector<FeatureRecord> records = some_records();
  const RecordSet set(2, records);
  const RecordSelection all(set);
  CHECK(all.size() == 4);
  CHECK(all.number(3) == 3);
  const RecordSelection some(set, {3, 0});
  CHECK(some.size() == 2);
  CHECK(some.number(0) == 3);
  CHECK(&some.set() == &set);
  FeatureRecord out;
  some.read(1, out);
  CHECK(out == records[0]);
  some.read_gold(0, out);
  CHECK(out.labels == records[3].labels);
  CHECK(out.values.empty());
  CHECK(RecordSelection(set, {}).empty());
}

TEST_CASE("values left out are as though they had never been there") {
  std::vector<FeatureRecord> records = some_records();
  records[0].values = {1, 2, 3, 1, 5,
                       3, 2, 2, 3};  // the first two words differ in the second value
  records[2].values = {1, 2, 3};
  records[3].values = {9, 9, 9};
  RecordSet set(3, records);
  CHECK(set.features().words() == 4);
  set.leave_out(1, 1);
  for (FeatureRecord& record : records) {
    std::vector<std::uint16_t> kept;
    for (std::size_t at = 0; at < record.values.size(); ++at)
      if (at % 3 != 1) kept.push_back(record.values[at]);
    record.values = kept;
  }
  const RecordSet expected(2, records);
  CHECK(set.features().width() == 2);
  CHECK(set.features().words() == 3);
  FeatureRecord found, wanted;
  for (std::size_t i = 0; i < records.size(); ++i) {
    set.read(i, found);
    expected.read(i, wanted);
    CHECK(found.values == wanted.values);
    CHECK(std::ranges::equal(set.features().record(i), expected.features().record(i)));
  }
  set.add(records[3]);  // known already
  CHECK(set.features().words() == 3);
  CHECK_THROWS_AS(set.leave_out(0, 2), Error);
}

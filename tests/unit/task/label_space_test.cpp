#include "pnlp/task/label_space.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "pnlp/task/training_set.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

ModelConfig joint_config() {
  ModelConfig config;
  config.task = Task::joint;
  config.channels = {{"minhash", 8, 128}, {"word", 1, 128}};
  config.labels = {"alarm", "music"};
  config.slots = {"artist", "time"};
  config.max_tokens = 4;
  return config;
}

FeatureRecord request() {
  FeatureRecord record = toy::features("wake me at half past nine");
  record.label_form = LabelForm::soft;
  record.labels = {{"music", 0.25F}, {"alarm", 0.75F}, {"unheard of", 1.0F}};
  record.has_spans = true;
  record.spans = {{11, 25, "time"}};
  return record;
}

}  // namespace

TEST_CASE("names become numbers") {
  const LabelSpace space(joint_config());
  const Targets targets = space.encode(request());
  CHECK(targets.labels == std::vector<std::int32_t>{1, 0});
  CHECK(targets.label_weights == std::vector<float>{0.25F, 0.75F});
  CHECK(targets.tags == std::vector<std::int32_t>{0, 0, 0, 3, 4, 4});
  CHECK(targets.inexact_spans == 0);
  CHECK(space.tag(0) == "O");
  CHECK(space.tag(1) == "B-artist");
  CHECK(space.tag(4) == "I-time");
  FeatureRecord other = request();
  other.spans[0].label = "unheard of";
  CHECK(space.encode(other).tags == std::vector<std::int32_t>(6, 0));
  other.has_spans = false;
  CHECK(space.encode(other).tags == std::vector<std::int32_t>(6, -1));
}

TEST_CASE("probabilities of tags become rows of sum one") {
  const LabelSpace space(joint_config());
  FeatureRecord record = request();
  record.has_tag_weights = true;
  record.tag_weights = {{{"O", 3.0F}, {"B-time", 1.0F}, {"B-unheard", 9.0F}, {"I-time", 0.0F}},
                        {},
                        {{"B-unheard", 1.0F}},
                        {{"I-artist", 0.5F}},
                        {},
                        {}};
  const Targets targets = space.encode(record);
  CHECK(targets.tags == std::vector<std::int32_t>{-2, -1, -1, -3, -1, -1});
  CHECK(soft_row(-3) == 1);
  CHECK(soft_target(1) == -3);
  CHECK(targets.soft_tags.offsets == std::vector<std::uint64_t>{0, 2, 3});
  CHECK(targets.soft_tags.tags == std::vector<std::int32_t>{0, 3, 2});
  CHECK(targets.soft_tags.weights == std::vector<float>{0.75F, 0.25F, 1.0F});
  // Rows of one record after those of another.
  SoftTags all = targets.soft_tags;
  all.append(targets.soft_tags);
  CHECK(all.rows() == 4);
  CHECK(all.offsets == std::vector<std::uint64_t>{0, 2, 3, 5, 6});
  CHECK(all.tags == std::vector<std::int32_t>{0, 3, 2, 0, 3, 2});
}

TEST_CASE("a task without labels, or without tags, has no such targets") {
  ModelConfig config = joint_config();
  config.task = Task::label;
  CHECK(LabelSpace(config).encode(request()).tags.empty());
  config.task = Task::tags;
  CHECK(LabelSpace(config).encode(request()).labels.empty());
}

TEST_CASE("a training set holds words and targets by record") {
  FeatureRecord plain = toy::features("wake me");
  const std::vector<FeatureRecord> records = {plain, request()};
  const RecordSet all(9, records);
  TrainingSet set(joint_config(), RecordSelection(all));
  CHECK(set.records() == 2);
  CHECK(set.tokens() == 8);
  CHECK(set.length(1) == 6);
  CHECK(set.with_label() == 1);
  CHECK(set.with_spans() == 1);
  CHECK(set.cut_records() == 1);
  const BatchSequence first = set.sequence(0);
  CHECK(first.words.size() == 2);
  CHECK(first.tags[0] == -1);
  CHECK(first.labels.empty());
  CHECK(first.weight == 0);
  const BatchSequence second = set.sequence(1);
  CHECK(second.words[0] == first.words[0]);  // equal words have one number
  CHECK(second.tags[3] == 3);
  CHECK(second.labels[0] == 1);
  CHECK(second.label_weights[1] == 0.75F);
  CHECK(second.weight == 1);
  CHECK(set.label_counts(2) == std::vector<double>{0.75, 0.25});
  // The same of a selection, in its own order.
  const TrainingSet chosen(joint_config(), RecordSelection(all, {1, 0}));
  CHECK(chosen.tokens() == 8);
  CHECK(chosen.length(0) == 6);
  CHECK(std::ranges::equal(chosen.sequence(0).words, second.words));
  CHECK(std::ranges::equal(chosen.sequence(0).tags, second.tags));
  CHECK(chosen.sequence(1).tags[0] == -1);
  CHECK(chosen.sequence(1).weight == 0);
  CHECK(TrainingSet(joint_config(), RecordSelection(all, {0})).tokens() == 2);
  // 0.25 * 8 + 0.75 * 4, by a mass of 1.
  const std::vector<float> weights = {4.0F, 8.0F};
  set.weigh_labels(weights);
  CHECK(set.sequence(1).weight == 5);
  CHECK(set.sequence(0).weight == 0);
}

TEST_CASE("the digest of records sees everything but the id") {
  const auto digest_of = [](const std::vector<FeatureRecord>& records) {
    const RecordSet set(9, records);
    return digest_records(RecordSelection(set));
  };
  const std::vector<FeatureRecord> records = {request()};
  const std::uint64_t digest = digest_of(records);
  const auto changed = [&](const std::function<void(FeatureRecord&)>& change) {
    std::vector<FeatureRecord> other = records;
    change(other[0]);
    return digest_of(other) != digest;
  };
  CHECK_FALSE(changed([](FeatureRecord& r) { r.id = "7"; }));
  CHECK(changed([](FeatureRecord& r) { r.values[5] ^= 1; }));
  CHECK(changed([](FeatureRecord& r) { r.labels[0].name += "x"; }));
  CHECK(changed([](FeatureRecord& r) { r.labels[0].weight = 0.5F; }));
  CHECK(changed([](FeatureRecord& r) { r.label_form = LabelForm::multiple; }));
  CHECK(changed([](FeatureRecord& r) { r.spans[0].end = 22; }));
  CHECK(changed([](FeatureRecord& r) { r.spans[0].label = "artist"; }));
  CHECK(changed([](FeatureRecord& r) { r.spans.clear(); }));
  CHECK(changed([](FeatureRecord& r) { r.tokens[0].end -= 1; }));
  const std::vector<FeatureRecord> twice = {records[0], records[0]};
  CHECK(digest_of(twice) != digest);
}

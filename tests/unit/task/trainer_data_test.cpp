// What the trainer makes of options and data that do not fit.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "pnlp/task/metrics.hpp"
#include "pnlp/task/trainer.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

std::string misuse(const std::function<void(TrainOptions&)>& change, Task task = Task::joint) {
  TrainOptions options = toy::options(1);
  change(options);
  return toy::refusal(ErrorKind::usage, [&] {
    static_cast<void>(toy::fit(toy::records(task, 20, 1), toy::records(task, 10, 2), options));
  });
}

std::string bad_data(std::vector<FeatureRecord> records, std::optional<Task> task = {}) {
  TrainOptions options = toy::options(1);
  options.task = task;
  return toy::refusal(ErrorKind::data, [&] {
    static_cast<void>(toy::fit(records, toy::records(Task::joint, 10, 2), options));
  });
}

std::vector<FeatureRecord> without(std::vector<FeatureRecord> records, bool labels, bool spans) {
  for (FeatureRecord& record : records) {
    if (labels) {
      record.labels.clear();
      record.label_form = LabelForm::none;
    }
    if (spans) {
      record.spans.clear();
      record.has_spans = false;
    }
  }
  return records;
}

}  // namespace

TEST_CASE("each option out of its range is refused by name") {
  CHECK(misuse([](TrainOptions&) {}) == "accepted");
  CHECK(misuse([](TrainOptions& o) { o.learning_rate = 0; }) ==
        "the learning rate is 0; give a number above 0, up to 10");
  CHECK(misuse([](TrainOptions& o) { o.learning_rate = kNan; }).starts_with("the learning rate"));
  CHECK(misuse([](TrainOptions& o) { o.learning_rate = 11; }).starts_with("the learning rate"));
  CHECK(misuse([](TrainOptions& o) { o.warmup = 1; }) ==
        "the warm-up is 1; give a share of the steps from 0 to below 1");
  CHECK(misuse([](TrainOptions& o) { o.batch = 0; }) ==
        "the batch size is 0; give 1 to 65536 records");
  CHECK(misuse([](TrainOptions& o) { o.batch = 65537; }).starts_with("the batch size is 65537"));
  CHECK(misuse([](TrainOptions& o) { o.feature_drop = -0.1; }).starts_with("feature drop is -0.1"));
  CHECK(misuse([](TrainOptions& o) { o.word_dropout = 1; }).starts_with("word dropout is 1;"));
  CHECK(misuse([](TrainOptions& o) { o.feature_drop = 1; }).starts_with("feature drop is 1;"));
  CHECK(misuse([](TrainOptions& o) { o.dropout = 1; }).starts_with("dropout is 1;"));
  CHECK(misuse([](TrainOptions& o) { o.weight_decay = -1; }) ==
        "weight decay is -1; give 0 or more");
  CHECK(misuse([](TrainOptions& o) { o.weight_decay = kInfinity; }).starts_with("weight decay"));
  CHECK(misuse([](TrainOptions& o) { o.ema = 1; }) ==
        "the decay of the weight average is 1; give 0 (none) to below 1");
  CHECK(misuse([](TrainOptions& o) { o.clip = -1; }).starts_with("the clipping norm is -1"));
  CHECK(misuse([](TrainOptions& o) { o.label_smoothing = 1; }).starts_with("label smoothing is 1"));
  CHECK(misuse([](TrainOptions& o) { o.tag_weight = 0; }).starts_with("the tag weight is 0"));
  CHECK(misuse([](TrainOptions& o) { o.held_out = 0; }).starts_with("the held-out share is 0"));
  CHECK(misuse([](TrainOptions& o) { o.held_out = 1; }).starts_with("the held-out share is 1"));
  CHECK(misuse([](TrainOptions& o) {
          o.checkpoint_every = 0;
        }).starts_with("the checkpoint interval is 0"));
  CHECK(misuse([](TrainOptions& o) { o.max_tokens = 0; }) ==
        "the length limit is 0; give 1 token or more");
  CHECK(misuse([](TrainOptions& o) {
          o.class_weights = {{"alarm", -1.0F}};
        }) == "the weight of 'alarm' is -1; give 0 or more");
  CHECK(misuse([](TrainOptions& o) {
          o.class_weights = {{"alarm", std::numeric_limits<float>::quiet_NaN()}};
        }).starts_with("the weight of 'alarm'"));
  CHECK(misuse([](TrainOptions& o) {
          o.class_weights = {{"alram", 2.0F}};
        }) == "a weight is given for 'alram', but no record has this label");
  CHECK(misuse([](TrainOptions& o) { o.balanced = true; }, Task::tags) ==
        "class weights are for labels, and this task has none");
  CHECK(misuse([](TrainOptions& o) { o.resume = true; }) == "to resume, name the checkpoint file");
  CHECK(misuse([](TrainOptions& o) { o.threads = 0; }).find("thread") != std::string::npos);
  // The shape's sizes are checked by the model's own rules.
  CHECK(misuse([](TrainOptions& o) { o.shape.bottleneck = 0; }) ==
        "bottleneck is 0; give 1 to 4096");
  CHECK(misuse([](TrainOptions& o) {
          o.shape.encoder = "oracle";
        }).starts_with("unknown encoder 'oracle'; there are: mixer"));
  CHECK(misuse([](TrainOptions& o) {
          o.shape.channel_rows = 100;
        }).starts_with("channel 'word' has 100 rows; give a power of two"));
}

TEST_CASE("a metric must exist, and the dev set must tell it, before anything is trained") {
  CHECK(misuse([](TrainOptions& o) { o.metric = "acuracy"; }).starts_with("unknown metric"));
  std::size_t steps = 0;
  const auto told = [&](Task task, const char* metric) {
    TrainOptions options = toy::options(1);
    options.metric = metric;
    return toy::refusal(ErrorKind::usage, [&] {
      toy::fit(toy::records(task, 20, 1), toy::records(task, 10, 2), options,
               [&](const EpochReport&) { return ++steps, true; });
    });
  };
  const std::string message = told(Task::label, "span-f1");
  CHECK(message.starts_with("the dev set does not tell 'span-f1'; it tells: "));
  CHECK(message.find("accuracy") != std::string::npos);
  CHECK(told(Task::tags, "accuracy").find("span-f1") != std::string::npos);
  CHECK(steps == 0);
  // A dev set without any target.
  CHECK(toy::refusal(ErrorKind::usage, [] {
          static_cast<void>(toy::fit(toy::records(Task::label, 20, 1),
                                     without(toy::records(Task::label, 10, 2), true, true),
                                     toy::options(1)));
        }) == "the dev set does not tell 'accuracy'; it tells: nothing");
  for (const Task task : {Task::label, Task::multilabel, Task::tags, Task::joint}) {
    CAPTURE(task_name(task));
    for (const std::string_view name : metric_names()) {
      CAPTURE(name);
      const std::string outcome = told(task, std::string(name).c_str());
      CHECK((outcome == "accepted" || outcome.starts_with("the dev set does not tell")));
    }
  }
}

TEST_CASE("data that lacks what the task needs is refused") {
  const auto joint = toy::records(Task::joint, 20, 1);
  CHECK(bad_data(without(joint, true, true))
            .starts_with("the training records have neither labels nor slots; name their fields"));
  CHECK(bad_data(without(joint, true, false), Task::label) ==
        "no training record has a label, which the task label needs; name the field with "
        "--label-field");
  CHECK(bad_data(without(joint, true, false), Task::joint)
            .starts_with("no training record has a label, which the task joint needs"));
  CHECK(bad_data(without(joint, false, true), Task::tags) ==
        "no training record has a slot, which the task tags needs; name the field with "
        "--tags-field or --spans-field");
  CHECK(bad_data(without(joint, false, true), Task::joint)
            .starts_with("no training record has a slot, which the task joint needs"));
  auto same = joint;
  for (FeatureRecord& record : same) record.labels = {{"only", 1.0F}};
  CHECK(bad_data(same) ==
        "the training records have 1 different labels; the task joint needs at least 2");
  auto lists = joint;
  lists[0].label_form = LabelForm::multiple;
  CHECK(bad_data(lists).starts_with("some records have lists of labels; this task gives each"));
  auto empty_lists = without(joint, true, true);
  for (FeatureRecord& record : empty_lists) record.label_form = LabelForm::multiple;
  CHECK(bad_data(empty_lists) ==
        "the training records have 0 different labels; the task multilabel needs at least 1");
}

TEST_CASE("the task is read off the data, or chosen") {
  const auto task_of = [](std::vector<FeatureRecord> records, std::optional<Task> task = {}) {
    TrainOptions options = toy::options(1);
    options.task = task;
    auto dev = records;
    return toy::fit(std::move(records), std::move(dev), options).model.config.task;
  };
  const auto joint = toy::records(Task::joint, 20, 1);
  CHECK(task_of(joint) == Task::joint);
  CHECK(task_of(joint, Task::label) == Task::label);
  CHECK(task_of(joint, Task::tags) == Task::tags);
  CHECK(task_of(without(joint, true, false)) == Task::tags);
  CHECK(task_of(without(joint, false, true)) == Task::label);
  CHECK(task_of(toy::records(Task::multilabel, 20, 1)) == Task::multilabel);
  CHECK(task_of(joint, Task::multilabel) == Task::multilabel);
  // Lists and single labels together are several labels.
  auto mixed = toy::records(Task::multilabel, 20, 1);
  mixed[0].labels = {{"music", 1.0F}};
  mixed[0].label_form = LabelForm::single;
  CHECK(task_of(mixed) == Task::multilabel);
}

TEST_CASE("records that lack a part teach the other, and are counted") {
  const auto dev = toy::records(Task::joint, 40, 2);
  auto records = toy::records(Task::joint, 200, 1);
  for (std::size_t i = 0; i < 60; ++i) records[i] = without({records[i]}, true, false)[0];
  for (std::size_t i = 60; i < 100; ++i) records[i] = without({records[i]}, false, true)[0];
  const TrainResult result = toy::fit(records, dev, toy::options());
  CHECK(toy::metric(result, "exact") > 0.9);
  CHECK(result.warnings ==
        std::vector<std::string>{"60 records have no label; only their slots were trained on",
                                 "40 records have no slots; only their labels were trained on"});

  // What has no label at all leaves a label's model as it would be without its gradients: a word
  // that only such records have stays untrained.
  auto label_only = toy::records(Task::label, 60, 1);
  label_only.push_back(toy::features("unlabelled"));
  TrainOptions options = toy::options(1);
  const TrainResult label = toy::fit(label_only, toy::records(Task::label, 20, 2), options);
  CHECK(label.warnings == std::vector<std::string>{"1 records have no label; left out"});
  auto tags_only = toy::records(Task::tags, 60, 1);
  tags_only.push_back(toy::features("untagged"));
  const TrainResult tags = toy::fit(tags_only, toy::records(Task::tags, 20, 2), options);
  CHECK(tags.warnings == std::vector<std::string>{"1 records have no slots; left out"});
}

TEST_CASE("spans beside token bounds, lost spans and cut texts are counted") {
  auto records = toy::records(Task::tags, 40, 1);
  FeatureRecord odd = toy::features("abcdef gh");
  odd.has_spans = true;
  odd.spans = {{0, 4, "time"}};  // four letters of six: the whole token
  records.push_back(odd);
  odd.spans = {{0, 4, "time"}, {4, 6, "place"}};  // the second finds no token of its own
  records.push_back(odd);
  FeatureRecord longer = toy::features("one two three four five six seven eight nine ten");
  longer.has_spans = true;
  records.push_back(longer);
  TrainOptions options = toy::options(1);
  options.max_tokens = 9;
  const TrainResult result = toy::fit(records, toy::records(Task::tags, 20, 2), options);
  REQUIRE(result.warnings.size() == 3);
  CHECK(result.warnings[0] == "2 spans do not fall on token bounds; trained on the nearest tokens");
  CHECK(result.warnings[1] == "1 spans cover no token of their own; left out");
  CHECK(result.warnings[2] == "1 records are longer than 9 tokens; cut");
}

TEST_CASE("records without a token train and measure") {
  auto records = toy::records(Task::joint, 40, 1);
  FeatureRecord empty;
  empty.label_form = LabelForm::single;
  empty.labels = {{"alarm", 1.0F}};
  empty.has_spans = true;
  records.push_back(empty);
  auto dev = toy::records(Task::joint, 20, 2);
  dev.insert(dev.begin(), empty);
  const TrainResult result = toy::fit(records, dev, toy::options(2));
  CHECK(result.best_epoch > 0);
  const auto predictions = toy::predict(result.model, dev);
  CHECK_FALSE(predictions[0].label.has_value());
}

#include "pnlp/task/teachers.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "io/scratch.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

ModelFile teacher(Task task, std::uint64_t seed) {
  TrainOptions options = toy::options(6);
  options.seed = seed;
  return toy::fit(toy::records(task, 200, 1), toy::records(task, 40, 2), options).model;
}

}  // namespace

TEST_CASE("teachers' probabilities are the mean of those they predict with") {
  const std::vector<ModelFile> models = {teacher(Task::joint, 1), teacher(Task::joint, 2)};
  const std::vector<Teacher> named = {{"a", models[0]}, {"b", models[1]}};
  const Teachers teachers(named, models[0].config);
  CHECK_FALSE(teachers.empty());
  const std::vector<FeatureRecord> records = toy::records(Task::joint, 12, 3);
  FeatureSet set(models[0].config.fingerprint_width());
  std::vector<BatchSequence> sequences;
  std::size_t tokens = 0;
  for (const FeatureRecord& record : records) {
    set.add(record);
    tokens += record.tokens.size();
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    sequences.push_back({.words = set.record(i), .tags = {}, .labels = {}});
  }
  Teachers::Memory memory = teachers.make_memory();
  TeacherTargets targets;
  teachers.predict(set, sequences, memory, targets);
  const std::size_t labels = models[0].config.labels.size();
  const std::size_t tags = models[0].config.tags();
  REQUIRE(targets.labels.size() == records.size() * labels);
  REQUIRE(targets.tags.size() == tokens * tags);
  PredictOptions options;
  options.all_scores = true;
  const auto first = toy::predict(models[0], records, options);
  const auto second = toy::predict(models[1], records, options);
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (std::size_t k = 0; k < labels; ++k) {
      const float mean = (first[i].scores[k].weight + second[i].scores[k].weight) / 2;
      REQUIRE(targets.labels[i * labels + k] == doctest::Approx(mean).epsilon(1e-5));
    }
  }
  for (std::size_t t = 0; t < tokens; ++t) {
    double sum = 0;
    for (std::size_t k = 0; k < tags; ++k) sum += static_cast<double>(targets.tags[t * tags + k]);
    REQUIRE(sum == doctest::Approx(1.0));
  }
  // A smaller batch after a larger one.
  TeacherTargets again;
  teachers.predict(set, std::span(sequences).subspan(3, 2), memory, again);
  REQUIRE(again.labels.size() == 2 * labels);
  for (std::size_t k = 0; k < 2 * labels; ++k) {
    REQUIRE(again.labels[k] == doctest::Approx(targets.labels[3 * labels + k]).epsilon(1e-5));
  }
}

TEST_CASE("a student learns from its teacher what no gold label says") {
  // Gold labels are noise: all of the sense comes from the teacher.
  const ModelFile model = teacher(Task::label, 1);
  std::vector<FeatureRecord> records = toy::records(Task::label, 200, 4);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].labels = {{model.config.labels[i % model.config.labels.size()], 1.0F}};
  }
  TrainOptions options = toy::options(12);
  const auto dev = toy::records(Task::label, 60, 5);
  const TrainResult alone = toy::fit(records, dev, options);
  CHECK(toy::metric(alone, "accuracy") < 0.7);
  options.teachers = {{"a", model}};
  options.teacher_weight = 1.0;
  const TrainResult taught = toy::fit(records, dev, options);
  CHECK(toy::metric(taught, "accuracy") > 0.95);
}

TEST_CASE("several labels and slots are taught, too, with the same bits on any threads") {
  for (const Task task : {Task::multilabel, Task::joint}) {
    TrainOptions options = toy::options(2);
    options.teachers = {{"a", teacher(task, 1)}};
    options.slot_substitution = 0.5;
    std::vector<std::string> models;
    for (const int threads : {1, 2, 3}) {
      options.threads = threads;
      models.push_back(encode_model(
          toy::fit(toy::records(task, 100, 6), toy::records(task, 30, 7), options).model));
    }
    CHECK(models[0] == models[1]);
    CHECK(models[0] == models[2]);
    options.teachers.clear();
    CHECK(models[0] !=
          encode_model(
              toy::fit(toy::records(task, 100, 6), toy::records(task, 30, 7), options).model));
  }
}

TEST_CASE("a teacher of other labels, slots, tasks or features is refused with the difference") {
  TrainOptions options = toy::options(1);
  options.teachers = {{"the teacher b.pnlp", teacher(Task::joint, 1)}};
  const auto message = [&](const std::vector<FeatureRecord>& records) {
    return toy::refusal(ErrorKind::data,
                        [&] { static_cast<void>(toy::fit(records, records, options)); });
  };
  auto records = toy::records(Task::joint, 40, 1);
  for (FeatureRecord& record : records) {
    if (record.labels[0].name == "weather") record.labels[0].name = "rain";
  }
  CHECK(message(records) ==
        "the labels of the teacher b.pnlp are not those of the training records; only in the "
        "teacher b.pnlp: weather; only in the training records: rain");
  records = toy::records(Task::joint, 40, 1);
  for (FeatureRecord& record : records) {
    for (Span& span : record.spans) span.label = "x" + span.label;
  }
  CHECK(
      message(records) ==
      "the slots of the teacher b.pnlp are not those of the training records; only in the teacher "
      "b.pnlp: artist, place, time; only in the training records: xartist, xplace, xtime");
  CHECK(message(toy::records(Task::label, 40, 1)) ==
        "the teacher b.pnlp is for the task joint, the training records for the task label");
  Featurizer wider = toy::featurizer(16);
  Record text;
  text.text = "play jazz";
  for (FeatureRecord& record : records) {
    wider.featurize(text, record);
    record.has_spans = true;
    record.spans = {{5, 9, "genre"}};
    record.label_form = LabelForm::single;
    record.labels = {{&record == records.data() ? "music" : "weather", 1.0F}};
  }
  const RecordSet wide = toy::record_set(wider.source(), records);
  CHECK(toy::refusal(
            ErrorKind::data,
            [&] { static_cast<void>(train(wider.source(), wide, wide, options, toy::go_on)); }) ==
        "the teacher b.pnlp does not read the features of these records: 8 hashes against 16; make "
        "them with its own tokenizer and projection");
}

TEST_CASE("an ensemble is trained first, and taught from") {
  TrainOptions options = toy::options(3);
  options.ensemble = 2;
  options.held_out = 0.2;
  const auto records = toy::records(Task::joint, 100, 8);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> epochs;  // teacher, epoch
  int learned_again = 0;
  const TrainResult taught = toy::fit(records, std::nullopt, options, [&](const EpochReport& now) {
    if (now.end_of_epoch && !now.again) epochs.emplace_back(now.teacher, now.epoch);
    learned_again += now.end_of_epoch && now.again ? 1 : 0;
    CHECK(now.teachers == (now.teacher == 0 ? 0 : 2));
    return true;
  });
  using Epochs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  CHECK(epochs == Epochs{{1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}, {0, 1}, {0, 2}, {0, 3}});
  CHECK(learned_again == 9);  // on all records
  // Teachers are not the model, and change it; threads do not.
  options.threads = 3;
  CHECK(encode_model(taught.model) == encode_model(toy::fit(records, std::nullopt, options).model));
  options.ensemble = 0;
  CHECK(taught.model.weights != toy::fit(records, std::nullopt, options).model.weights);
}

TEST_CASE("a run that is stopped in its ensemble goes on where it was") {
  const test::Scratch scratch;
  TrainOptions options = toy::options(3);
  options.ensemble = 2;
  options.checkpoint = scratch.path("run.ckpt");
  options.resume = true;
  const auto records = toy::records(Task::joint, 100, 8);
  const auto dev = toy::records(Task::joint, 30, 9);
  int trained = 0;
  const auto stop_after = [&](int epochs) {
    return toy::fit(records, dev, options,
                    [&trained, left = epochs](const EpochReport& now) mutable {
                      if (!now.end_of_epoch) return true;
                      ++trained;
                      return --left > 0;
                    });
  };
  // Teacher 1 and one epoch of teacher 2; then the rest of it and one epoch of the model.
  TrainResult part = stop_after(4);
  CHECK(part.stopped);
  CHECK(part.model.weights.empty());
  CHECK(part.checkpoint == options.checkpoint + ".teacher2");
  CHECK(part.checkpoint_epochs == 1);
  part = stop_after(3);
  CHECK(part.stopped);
  CHECK(part.checkpoint == options.checkpoint);
  CHECK(part.checkpoint_epochs == 1);
  const TrainResult rest = stop_after(100);
  CHECK_FALSE(rest.stopped);
  CHECK(trained == 9);
  options.checkpoint.clear();
  options.resume = false;
  CHECK(encode_model(rest.model) == encode_model(toy::fit(records, dev, options).model));
}

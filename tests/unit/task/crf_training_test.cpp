// Training with a CRF over tags.
#include <doctest/doctest.h>

#include <algorithm>

#include "pnlp/base/workers.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/dev_pass.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

TrainOptions crf_options(std::uint32_t epochs = 8) {
  TrainOptions options = toy::options(epochs);
  options.crf = true;
  return options;
}

// Two equal words, of which the first is an x and the second a y: only their order tells.
std::vector<FeatureRecord> pairs(std::size_t count) {
  FeatureRecord record = toy::features("word word");
  record.has_spans = true;
  record.spans = {{0, 4, "x"}, {5, 9, "y"}};
  return std::vector<FeatureRecord>(count, record);
}

std::string bytes_of(const TrainOptions& options, Task task) {
  return encode_model(
      toy::fit(toy::records(task, 100, 6), toy::records(task, 30, 7), options).model);
}

}  // namespace

TEST_CASE("transitions tell what words do not") {
  const auto exact = [](bool crf) {
    TrainOptions options = crf_options(4);
    options.crf = crf;
    options.shape.encoder = "none";
    options.shape.window = 0;
    return toy::metric(toy::fit(pairs(200), pairs(4), options), "exact-spans");
  };
  CHECK(exact(false) == 0);
  CHECK(exact(true) == 1);
}

TEST_CASE("the dev set is decoded by the weights of the moment") {
  const ModelConfig config = toy::fit(pairs(20), pairs(4), crf_options(1)).model.config;
  const RecordSet records = toy::record_set(toy::source(), pairs(4));
  const RecordSelection selection(records);
  const Network network(config);
  std::vector<float> weights(network.layout().size());
  Workers workers(1);
  DevPass pass(config, weights, selection, workers);
  const auto exact = [&pass] {
    for (const auto& [name, value] : pass.run()) {
      if (name == "exact-spans") return value;
    }
    return -1.0;
  };
  CHECK(exact() == 0);
  // Tags O, B and I of x and y; free tags O, B-x, B-y. Best is the x that begins worse than the y.
  const CrfTensors<float> crf = *network.crf(weights.data());
  crf.start[2] = 10;
  crf.next[1 * 3 + 2] = 30;
  CHECK(exact() == 1);
}

TEST_CASE(
    "a CRF learns labels and slots, in every stored form, with the same bits on any threads") {
  TrainOptions options = crf_options();
  options.slot_substitution = 0.3;
  options.label_smoothing = 0.05;
  std::vector<FeatureRecord> records = toy::records(Task::joint, 200, 1);
  records[3].has_spans = false;  // only its label teaches
  records[3].spans.clear();
  FeatureRecord empty = toy::features("");
  empty.label_form = LabelForm::single;
  empty.labels = {{"music", 1.0F}};
  empty.has_spans = true;
  records.push_back(empty);
  const auto dev = toy::records(Task::joint, 60, 2);
  const TrainResult result = toy::fit(records, dev, options);
  CHECK(result.model.config.crf);
  CHECK(toy::metric(result, "exact") > 0.95);
  const auto whole = toy::predict(result.model, dev);
  const auto eighth = toy::predict(quantize_model(result.model), dev);
  std::size_t same = 0;
  for (std::size_t i = 0; i < dev.size(); ++i) same += whole[i].spans == eighth[i].spans ? 1 : 0;
  CHECK(same >= dev.size() - 2);

  options.epochs = 2;
  const std::string once = bytes_of(options, Task::tags);
  for (const int threads : {2, 3}) {
    options.threads = threads;
    CHECK(bytes_of(options, Task::tags) == once);
  }
}

TEST_CASE("labels are smoothed, sequences are not") {
  const auto weights = [](Task task, double smoothing) {
    TrainOptions options = crf_options(2);
    options.label_smoothing = smoothing;
    return toy::fit(toy::records(task, 100, 1), toy::records(task, 10, 2), options).model.weights;
  };
  CHECK(weights(Task::tags, 0.3) == weights(Task::tags, 0));
  CHECK_FALSE(weights(Task::joint, 0.3) == weights(Task::joint, 0));
}

TEST_CASE("texts longer than a segment are one chain; beyond the length limit nothing is read") {
  TrainOptions options = crf_options(2);
  options.shape.segment = 2;
  options.max_tokens = 5;
  const auto dev = toy::records(Task::joint, 30, 2);
  const ModelFile model = toy::fit(toy::records(Task::joint, 150, 1), dev, options).model;
  PredictOptions all;
  all.all_scores = true;
  const FeatureRecord text = toy::features("please wake me at half past nine");
  const Prediction prediction = toy::predict(model, {text}, all)[0];
  CHECK(prediction.cut_tokens == 2);
  REQUIRE(prediction.tag_scores.size() == 7);
  CHECK_FALSE(prediction.tag_scores[4].empty());
  CHECK(prediction.tag_scores[5].empty());
  // No sequence begins inside a slot.
  for (const LabelWeight& tag : prediction.tag_scores[0]) CHECK_FALSE(tag.name.starts_with("I-"));
}

TEST_CASE("a CRF learns from probabilities of tags and from teachers, of either kind") {
  FeatureRecord soft = toy::features("wake oslo");
  soft.has_tag_weights = true;
  soft.tag_weights = {{{"O", 0.75F}, {"B-x", 0.25F}}, {{"O", 0.2F}, {"B-x", 0.8F}}};
  soft.has_spans = true;
  soft.spans = {{5, 9, "x"}};
  TrainOptions options = crf_options(2);
  options.feature_drop = 0;
  const std::vector<FeatureRecord> records(600, soft);
  ModelFile model = toy::fit(records, records, options).model;
  PredictOptions all;
  all.all_scores = true;
  const Prediction prediction = toy::predict(model, {soft}, all)[0];
  CHECK(prediction.tag_scores[0][0].weight == doctest::Approx(0.75).epsilon(0.05));
  CHECK(prediction.tag_scores[1][0].weight == doctest::Approx(0.2).epsilon(0.1));

  const auto dev = toy::records(Task::joint, 60, 2);
  for (const bool crf_teacher : {false, true}) {
    TrainOptions teach = toy::options();
    teach.crf = crf_teacher;
    const ModelFile teacher = toy::fit(toy::records(Task::joint, 200, 1), dev, teach).model;
    // Gold says nothing true of slots: all is learned from the teacher.
    std::vector<FeatureRecord> wrong = toy::records(Task::joint, 200, 4);
    for (FeatureRecord& record : wrong) {
      for (Span& span : record.spans) {
        span.label = span.label == "time" ? "place" : span.label == "place" ? "artist" : "time";
      }
    }
    for (const bool crf_student : {false, true}) {
      TrainOptions learn = toy::options();
      learn.crf = crf_student;
      learn.teachers = {{"the teacher", teacher}};
      learn.teacher_weight = 1;
      const TrainResult taught = toy::fit(wrong, dev, learn);
      // Pairs of label and slot are those of the records, so slots are judged without labels.
      ModelFile free = taught.model;
      free.config.label_slots.clear();
      const auto found = toy::predict(free, dev);
      std::size_t right = 0;
      for (std::size_t i = 0; i < dev.size(); ++i) right += found[i].spans == dev[i].spans ? 1 : 0;
      CHECK(right > 50);
    }
  }
}

TEST_CASE("a model goes on with its CRF, transitions matched by name") {
  const auto dev = toy::records(Task::joint, 60, 2);
  const ModelFile model = toy::fit(toy::records(Task::joint, 200, 1), dev, crf_options()).model;
  TrainOptions options = toy::options(1);
  options.learning_rate = 1e-3;
  options.init = model;
  const TrainResult again = toy::fit(toy::records(Task::joint, 40, 3), dev, options);
  CHECK(again.model.config.crf);
  CHECK(toy::metric(again, "exact") > 0.9);
  // A slot that sorts between the known ones is new; what is known keeps its transitions.
  auto records = toy::records(Task::joint, 40, 3);
  for (FeatureRecord& record : records) {
    for (Span& span : record.spans) {
      if (span.label == "artist") span.label = "person";
    }
  }
  options.learning_rate = 1e-9;
  options.weights = WeightFormat::fp32;
  const ModelFile renamed = toy::fit(records, records, options).model;
  REQUIRE(renamed.config.slots == std::vector<std::string>{"person", "place", "time"});
  const Network network(model.config);
  const CrfWeights from = *network.crf(model.weights.data());
  const CrfWeights to = *network.crf(renamed.weights.data());
  // Tags O, B and I of artist, place, time; free tags O, B-artist, B-place, B-time.
  for (const std::size_t tag : {0U, 3U, 4U, 5U, 6U}) {
    for (const std::size_t f : {0U, 2U, 3U})
      CHECK(to.next[tag * 4 + f] == doctest::Approx(from.next[tag * 4 + f]).epsilon(1e-3));
    CHECK(to.end[tag] == doctest::Approx(from.end[tag]).epsilon(1e-3));
  }
  CHECK(std::abs(to.next[1 * 4 + 1]) < 1e-6);
  CHECK(to.inside[2] == doctest::Approx(from.inside[2]).epsilon(1e-3));
  CHECK(to.start[3] == doctest::Approx(from.start[3]).epsilon(1e-3));
  // A model without one may get one.
  options.init = toy::fit(toy::records(Task::joint, 60, 1), dev, toy::options(1)).model;
  options.crf = true;
  CHECK(toy::fit(toy::records(Task::joint, 40, 3), dev, options).model.config.crf);
}

TEST_CASE("a task without slots has no CRF") {
  const auto records = toy::records(Task::label, 40, 1);
  CHECK(toy::refusal(ErrorKind::usage, [&] {
          static_cast<void>(toy::fit(records, records, crf_options(1)));
        }) == "a CRF is for slots, and the task label has none");
}

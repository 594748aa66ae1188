#include "pnlp/task/trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "memory_file.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/io/json.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

std::string model_bytes(const TrainResult& result) {
  return encode_model(result.model);
}

// What a reader gives back of these records, written as a feature stream.
std::vector<FeatureRecord> through_stream(const std::vector<FeatureRecord>& records,
                                          FeatureSource& source) {
  const MemoryFile memory;
  OutputFile file(memory.path());
  FeatureWriter writer(file, source);
  for (const FeatureRecord& record : records) writer.write(record);
  writer.finish();
  file.commit();
  FeatureReader reader({memory.path()});
  source = reader.source();
  std::vector<FeatureRecord> back;
  FeatureRecord record;
  while (reader.next(record)) back.push_back(record);
  return back;
}

double mean_score(const std::vector<Prediction>& predictions) {
  double sum = 0;
  for (const Prediction& prediction : predictions) sum += static_cast<double>(prediction.score);
  return sum / static_cast<double>(predictions.size());
}

// One word, one label.
FeatureRecord labelled(const std::string& text, const std::string& label) {
  FeatureRecord record = toy::features(text);
  record.label_form = LabelForm::single;
  record.labels = {{label, 1.0F}};
  return record;
}

}  // namespace

TEST_CASE("each task is learnt") {
  struct Learnt {
    Task task;
    const char* metric;
    double least;
  };
  for (const auto& [task, metric, least] :
       {Learnt{Task::label, "accuracy", 0.99}, Learnt{Task::multilabel, "micro-f1", 0.97},
        Learnt{Task::tags, "span-f1", 0.97}, Learnt{Task::joint, "exact", 0.95}}) {
    CAPTURE(task_name(task));
    const TrainResult result =
        toy::fit(toy::records(task, 240, 1), toy::records(task, 60, 2), toy::options());
    CHECK(toy::metric(result, metric) >= least);
    CHECK(result.model.config.task == task);
    CHECK(result.warnings.empty());
    CHECK_FALSE(result.stopped);
    // The dev set measured the model that was kept.
    const std::vector<FeatureRecord> dev = toy::records(task, 60, 2);
    const std::vector<Prediction> predictions = toy::predict(result.model, dev);
    std::size_t right = 0;
    for (std::size_t i = 0; i < dev.size(); ++i) {
      if (has_tags(task)) {
        right += predictions[i].spans == dev[i].spans ? 1 : 0;
      } else if (task == Task::label) {
        right += predictions[i].label == dev[i].labels[0].name ? 1 : 0;
      } else {
        std::set<std::string> gold, given;
        for (const LabelWeight& label : dev[i].labels) gold.insert(label.name);
        for (const LabelWeight& label : predictions[i].labels) given.insert(label.name);
        right += gold == given ? 1 : 0;
      }
    }
    const char* share = task == Task::label ? "accuracy" : has_tags(task) ? "exact-spans" : "exact";
    CHECK(toy::metric(result, share) == doctest::Approx(static_cast<double>(right) / 60));
  }
}

TEST_CASE("labels and slots are sorted, and tags follow from the slots") {
  const TrainResult result =
      toy::fit(toy::records(Task::joint, 60, 1), toy::records(Task::joint, 20, 2), toy::options(1));
  CHECK(result.model.config.labels == std::vector<std::string>{"alarm", "music", "weather"});
  CHECK(result.model.config.slots == std::vector<std::string>{"artist", "place", "time"});
  CHECK(result.model.config.tags() == 7);
}

TEST_CASE("the number of threads does not change a bit") {
  for (const Task task : {Task::joint, Task::multilabel}) {
    TrainOptions options = toy::options(3);
    options.ema = 0.9;
    for (const Arithmetic arithmetic : {Arithmetic::fp32, Arithmetic::bf16}) {
      options.arithmetic = arithmetic;
      std::vector<std::string> models;
      for (const int threads : {1, 2, 3}) {
        options.threads = threads;
        models.push_back(
            model_bytes(toy::fit(toy::records(task, 100, 1), toy::records(task, 150, 2), options)));
      }
      CHECK(models[1] == models[0]);
      CHECK(models[2] == models[0]);
    }
  }
}

TEST_CASE("bf16 is what is asked for by default, is learnt with, and is fp32 where there is none") {
  const auto fit = [](std::optional<Arithmetic> arithmetic) {
    TrainOptions options = toy::options();
    options.arithmetic = arithmetic.value_or(options.arithmetic);
    return toy::fit(toy::records(Task::joint, 240, 1), toy::records(Task::joint, 60, 2), options);
  };
  const TrainResult rounded = fit(Arithmetic::bf16);
  const TrainResult exact = fit(Arithmetic::fp32);
  CHECK(toy::metric(rounded, "exact") >= 0.95);
  CHECK(toy::metric(exact, "exact") >= 0.95);
  CHECK(model_bytes(fit(std::nullopt)) == model_bytes(rounded));
  CHECK((rounded.model.weights == exact.model.weights) == !has_bf16());
}

TEST_CASE("a model is a function of the seed") {
  const auto run = [](std::uint64_t seed, bool dev) {
    TrainOptions options = toy::options(2);
    options.seed = seed;
    return model_bytes(
        toy::fit(toy::records(Task::joint, 60, 1),
                 dev ? std::optional(toy::records(Task::joint, 20, 2)) : std::nullopt, options));
  };
  CHECK(run(1, true) == run(1, true));
  CHECK(run(1, true) != run(2, true));
  CHECK(run(1, false) == run(1, false));
  CHECK(run(1, false) != run(2, false));
}

TEST_CASE("records from a feature stream give the same model") {
  for (const Task task : {Task::joint, Task::multilabel}) {
    std::vector<FeatureRecord> train_records = toy::records(task, 60, 1);
    std::vector<FeatureRecord> dev = toy::records(task, 20, 2);
    FeatureSource source = toy::source();
    const std::vector<FeatureRecord> read_train = through_stream(train_records, source);
    const std::vector<FeatureRecord> read_dev = through_stream(dev, source);
    const TrainResult from_stream =
        train(source, toy::record_set(source, read_train), toy::record_set(source, read_dev),
              toy::options(2), toy::go_on);
    CHECK(model_bytes(from_stream) == model_bytes(toy::fit(train_records, dev, toy::options(2))));
  }
}

TEST_CASE("without a dev set, a share of the records is held out, and learned from in the end") {
  std::vector<FeatureRecord> all = toy::records(Task::label, 50, 1);
  TrainOptions options = toy::options(3);
  options.held_out = 0.2;
  std::vector<std::pair<bool, bool>> epochs;  // again, with scores
  const TrainResult result = toy::fit(all, {}, options, [&](const EpochReport& now) {
    if (now.end_of_epoch) epochs.emplace_back(now.again, !now.dev.empty());
    return true;
  });
  const std::pair<bool, bool> judged(false, true);
  const std::pair<bool, bool> again(true, false);
  CHECK(epochs == std::vector{judged, judged, judged, again, again, again});
  CHECK(result.again);
  CHECK(result.best_epoch == 3);
  const JsonValue told = parse_json(result.model.training);
  CHECK(told.find("records")->number == 50);
  // Patience needs the held-out share to the end.
  options.patience = 3;
  const TrainResult patient = toy::fit(all, {}, options);
  CHECK_FALSE(patient.again);
  CHECK(parse_json(patient.model.training).find("records")->number == 40);
  CHECK(toy::metric(result, "accuracy") == toy::metric(patient, "accuracy"));
  // Many records are not learned from twice.
  options.patience = 0;
  options.epochs = 1;
  const TrainResult many = toy::fit(toy::records(Task::label, 4000, 1), {}, options);
  CHECK(parse_json(many.model.training).find("records")->number == 3200);
  // At least one record on each side, and one of every label on that of training.
  options.held_out = 0.999;
  options.patience = 3;
  all.resize(12);
  std::set<std::string> labels;
  for (const FeatureRecord& record : all) labels.insert(record.labels[0].name);
  REQUIRE(labels.size() == 3);
  const TrainResult few = toy::fit(all, {}, options);
  CHECK(few.model.config.labels.size() == 3);
  CHECK(parse_json(few.model.training).find("records")->number == 3);
  std::vector<FeatureRecord> strangers = {all[0], all[0]};
  strangers[1].labels[0].name = "another";
  CHECK(
      toy::refusal(ErrorKind::data, [&] { static_cast<void>(toy::fit(strangers, {}, options)); }) ==
      "of two records with a label each, none can be held out to choose the epoch by; give others "
      "with --dev");
  strangers.push_back(all[0]);
  strangers[2].labels[0].name = "a third";
  options.held_out = 0.1;
  CHECK(toy::fit(strangers, {}, options).model.config.labels.size() == 2);
  all.resize(1);
  CHECK(toy::refusal(ErrorKind::data, [&] { static_cast<void>(toy::fit(all, {}, options)); }) ==
        "one record is too little to train on and to hold out a dev set");
  CHECK(toy::refusal(ErrorKind::data, [&] { static_cast<void>(toy::fit({}, {}, options)); }) ==
        "there is not one record to train on");
  // A dev set that was given is never replaced.
  const std::vector<FeatureRecord> none;
  CHECK(toy::refusal(ErrorKind::data, [&] {
          static_cast<void>(toy::fit(toy::records(Task::label, 50, 1), none, options));
        }) == "the dev set has not one record");
}

TEST_CASE("the best epoch is kept, and patience ends the run") {
  // Dev labels that are noise: no epoch after the first few can be the best for long.
  std::vector<FeatureRecord> dev = toy::records(Task::label, 40, 2);
  Random random(7);
  for (FeatureRecord& record : dev)
    record.labels[0].name = std::vector<std::string>{"alarm", "music", "weather"}[random.below(3)];
  TrainOptions options = toy::options(30);
  options.patience = 3;
  std::vector<double> values;
  std::vector<std::uint32_t> best;
  const auto report = [&](const EpochReport& now) {
    if (now.end_of_epoch) {
      values.push_back(now.dev[0].second);
      CHECK(now.dev[0].first == "accuracy");
      CHECK(now.epoch == values.size());
      if (now.best) best.push_back(now.epoch);
    }
    return true;
  };
  const TrainResult result = toy::fit(toy::records(Task::label, 120, 1), dev, options, report);
  const auto highest = std::ranges::max_element(values);
  CHECK(result.best_epoch == static_cast<std::uint32_t>(highest - values.begin()) + 1);
  CHECK(best.back() == result.best_epoch);
  CHECK(best.front() == 1);
  CHECK(toy::metric(result, "accuracy") == *highest);
  CHECK(values.size() == result.best_epoch + 3);
  CHECK(values.size() < 30);
  // The kept weights are that epoch's: a run that ends there has them, but for the course of the
  // rate, which is constant here.
  const auto weights = [&](std::uint32_t epochs) {
    TrainOptions shorter = toy::options(epochs);
    shorter.schedule = Schedule::constant;
    shorter.warmup = 0;
    return toy::fit(toy::records(Task::label, 120, 1), dev, shorter);
  };
  const TrainResult longer = weights(8);
  CHECK(longer.model.weights == weights(longer.best_epoch).model.weights);
}

TEST_CASE("of epochs that are equally good the last is kept, with patience the first") {
  const std::vector<FeatureRecord> dev(1, toy::records(Task::label, 1, 2)[0]);
  TrainOptions options = toy::options(12);
  CHECK(toy::metric(toy::fit(toy::records(Task::label, 60, 1), dev, options), "accuracy") == 1.0);
  CHECK(toy::fit(toy::records(Task::label, 60, 1), dev, options).best_epoch == 12);
  options.patience = 12;
  CHECK(toy::fit(toy::records(Task::label, 60, 1), dev, options).best_epoch < 12);
}

TEST_CASE("any metric that the dev set tells can choose the epoch, also one that falls") {
  TrainOptions options = toy::options(4);
  options.metric = "ece";
  std::vector<double> errors;
  const auto report = [&](const EpochReport& now) {
    if (!now.end_of_epoch) return true;
    for (const auto& [name, value] : now.dev) {
      if (name == "ece") errors.push_back(value);
    }
    return true;
  };
  const TrainResult result =
      toy::fit(toy::records(Task::label, 60, 1), toy::records(Task::label, 40, 2), options, report);
  CHECK(toy::metric(result, "ece") == *std::ranges::min_element(errors));
}

TEST_CASE("class weights move decisions towards the weighted label") {
  // One word, in nine of ten records common and in one rare: the word says nothing else.
  std::vector<FeatureRecord> records;
  for (int i = 0; i < 1000; ++i)
    records.push_back(labelled("word", i % 10 != 0 ? "common" : "rare"));
  const auto chance_of_rare = [&](const std::function<void(TrainOptions&)>& change) {
    TrainOptions options = toy::options(1);  // that no other epoch may be the best
    change(options);
    const TrainResult result = toy::fit(records, records, options);
    ModelFile model = result.model;
    model.config.temperature = 1;  // calibration would undo what is looked at
    PredictOptions all;
    all.all_scores = true;
    model.self_test.clear();
    return static_cast<double>(toy::predict(model, {records[0]}, all)[0].scores[1].weight);
  };
  CHECK(chance_of_rare([](TrainOptions&) {}) == doctest::Approx(0.1).epsilon(0.4));
  CHECK(chance_of_rare([](TrainOptions& options) { options.balanced = true; }) ==
        doctest::Approx(0.5).epsilon(0.25));
  CHECK(chance_of_rare([](TrainOptions& options) {
          options.class_weights = {{"rare", 81.0F}};
        }) == doctest::Approx(0.9).epsilon(0.1));
}

TEST_CASE("label smoothing lowers confidence") {
  const auto confidence = [](double smoothing) {
    TrainOptions options = toy::options(1);
    options.label_smoothing = smoothing;
    ModelFile model =
        toy::fit(toy::records(Task::label, 900, 1), toy::records(Task::label, 30, 2), options)
            .model;
    model.config.temperature = 1;
    return mean_score(toy::predict(model, toy::records(Task::label, 30, 3)));
  };
  const double sharp = confidence(0);
  CHECK(sharp > 0.97);
  // Of three labels, 0.3 leaves the right one 0.8.
  CHECK(confidence(0.3) == doctest::Approx(0.8).epsilon(0.05));
}

TEST_CASE("soft targets are learnt as probabilities") {
  FeatureRecord soft = toy::features("word");
  soft.label_form = LabelForm::soft;
  soft.labels = {{"a", 0.7F}, {"b", 0.2F}, {"c", 0.1F}};
  const std::vector<FeatureRecord> records(900, soft);
  TrainOptions options = toy::options(1);
  options.feature_drop = 0;
  ModelFile model = toy::fit(records, records, options).model;
  CHECK(model.config.task == Task::label);
  model.config.temperature = 1;
  PredictOptions all;
  all.all_scores = true;
  const Prediction prediction = toy::predict(model, {soft}, all)[0];
  CHECK(prediction.label == "a");
  CHECK(prediction.scores[0].weight == doctest::Approx(0.7).epsilon(0.05));
  CHECK(prediction.scores[1].weight == doctest::Approx(0.2).epsilon(0.1));
  CHECK(prediction.scores[2].weight == doctest::Approx(0.1).epsilon(0.1));
}

TEST_CASE("soft tags are learnt as probabilities; their most probable label tells the pairs") {
  FeatureRecord soft = toy::features("wake oslo");
  soft.label_form = LabelForm::soft;
  soft.labels = {{"a", 0.7F}, {"b", 0.3F}};
  soft.has_tag_weights = true;
  soft.tag_weights = {{{"O", 0.75F}, {"B-x", 0.25F}}, {{"O", 0.2F}, {"B-x", 0.8F}}};
  soft.has_spans = true;
  soft.spans = {{5, 9, "x"}};
  FeatureRecord unknown = soft;  // nothing is known of its second word
  unknown.tag_weights[1].clear();
  std::vector<FeatureRecord> records(600, soft);
  records.resize(900, unknown);
  TrainOptions options = toy::options(1);
  options.feature_drop = 0;
  options.slot_substitution = 0.5;  // leaves them alone
  ModelFile model = toy::fit(records, records, options).model;
  CHECK(model.config.task == Task::joint);
  CHECK(model.config.slots == std::vector<std::string>{"x"});
  CHECK(model.config.label_slots == std::vector<std::uint8_t>{1, 0});
  PredictOptions all;
  all.all_scores = true;
  const Prediction prediction = toy::predict(model, {soft}, all)[0];
  REQUIRE(prediction.tag_scores.size() == 2);
  const TagWeights& first = prediction.tag_scores[0];
  REQUIRE(first.size() >= 2);
  CHECK(first[0].name == "O");
  CHECK(first[0].weight == doctest::Approx(0.75).epsilon(0.05));
  CHECK(first[1].name == "B-x");
  CHECK(first[1].weight == doctest::Approx(0.25).epsilon(0.1));
  CHECK(prediction.tag_scores[1][0].weight == doctest::Approx(0.2).epsilon(0.1));
}

TEST_CASE("both optimizers and rate courses train; decay shrinks weights; averages lag behind") {
  const auto norm = [](const std::function<void(TrainOptions&)>& change) {
    TrainOptions options = toy::options(4);
    change(options);
    const TrainResult result =
        toy::fit(toy::records(Task::label, 120, 1), toy::records(Task::label, 30, 2), options);
    CHECK(toy::metric(result, "accuracy") > 0.9);
    double sum = 0;
    for (const float weight : result.model.weights) sum += static_cast<double>(weight * weight);
    return sum;
  };
  const double plain = norm([](TrainOptions& options) { options.weight_decay = 0; });
  CHECK(norm([](TrainOptions& options) { options.weight_decay = 1; }) < 0.9 * plain);
  CHECK(norm([](TrainOptions& options) {
          options.optimizer = OptimizerKind::adam;
          options.weight_decay = 0;
        }) == plain);
  CHECK(norm([](TrainOptions& options) {
          options.optimizer = OptimizerKind::adam;
          options.weight_decay = 0.1;
        }) < plain);
  CHECK(norm([](TrainOptions& options) {
          options.weight_decay = 0;
          options.schedule = Schedule::constant;
        }) > plain);
  CHECK(norm([](TrainOptions& options) {
          options.weight_decay = 0;
          options.ema = 0.9;
        }) < plain);
}

TEST_CASE("progress is reported at each step and at each epoch's end") {
  TrainOptions options = toy::options(2);
  options.batch = 20;
  std::vector<EpochReport> reports;
  toy::fit(toy::records(Task::label, 50, 1), toy::records(Task::label, 10, 2), options,
           [&](const EpochReport& now) {
             reports.push_back(now);
             return true;
           });
  REQUIRE(reports.size() == 8);  // three steps and the end, twice
  for (std::size_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    const EpochReport& now = reports[i];
    CHECK(now.epochs == 2);
    CHECK(now.steps == 6);
    CHECK(now.epoch == (i < 4 ? 1 : 2));
    CHECK(now.end_of_epoch == (i % 4 == 3));
    CHECK(now.step == (i % 4 == 3 ? i / 4 * 3 + 3 : i / 4 * 3 + i % 4 + 1));
    CHECK(now.loss > 0);
    CHECK(now.gradient_norm > 0);
    CHECK(now.dev.empty() != now.end_of_epoch);
    CHECK((i == 0 || now.seconds >= reports[i - 1].seconds));
  }
  // The rise of the first 5 % of six steps is over at once; half a cosine then falls to zero.
  CHECK(reports[0].learning_rate < 0.02);
  CHECK(reports[6].learning_rate == doctest::Approx(0).epsilon(1e-9));
  // The first loss is near that of a guess: ln 3.
  CHECK(reports[0].loss == doctest::Approx(1.0986).epsilon(0.3));
}

TEST_CASE("int8 weights are those that are measured and stored") {
  TrainOptions options = toy::options();
  options.weights = WeightFormat::int8;
  const TrainResult result =
      toy::fit(toy::records(Task::joint, 240, 1), toy::records(Task::joint, 60, 2), options);
  CHECK(decode_model(model_bytes(result), "m").weights == result.model.weights);
  options.weights = WeightFormat::fp32;
  const TrainResult full =
      toy::fit(toy::records(Task::joint, 240, 1), toy::records(Task::joint, 60, 2), options);
  CHECK(full.model.weights != result.model.weights);
  CHECK(2 * model_bytes(result).size() < model_bytes(full).size());
  const auto dev = toy::records(Task::joint, 60, 2);
  std::size_t right = 0;
  const auto predictions = toy::predict(result.model, dev);
  for (std::size_t i = 0; i < dev.size(); ++i)
    right += predictions[i].label == dev[i].labels[0].name ? 1 : 0;
  CHECK(right >= 57);
}

TEST_CASE("a model tells how it was trained") {
  TrainOptions options = toy::options(2);
  options.seed = 99;
  options.class_weights = {{"music", 2.0F}};
  const TrainResult result =
      toy::fit(toy::records(Task::label, 40, 1), toy::records(Task::label, 20, 2), options);
  const JsonValue told = parse_json(result.model.training);
  CHECK(told.find("seed")->number == 99);
  CHECK(told.find("records")->number == 40);
  CHECK(told.find("metric")->string == "accuracy");
  CHECK(told.find("best_epoch")->number == result.best_epoch);
  CHECK(told.find("data_digest")->string.size() == 16);
  CHECK(told.find("data_digest")->string != told.find("dev_digest")->string);
  CHECK(told.find("dev")->find("accuracy")->number == toy::metric(result, "accuracy"));
  const JsonValue& given = *told.find("options");
  CHECK(given.find("epochs")->number == 2);
  CHECK(given.find("optimizer")->string == "adamw");
  CHECK(given.find("class_weights")->find("music")->number == 2);
}

TEST_CASE("the number of epochs follows from the size of the data") {
  TrainOptions options = toy::options(0);
  std::uint32_t epochs = 0;
  toy::fit(toy::records(Task::label, 20, 1), toy::records(Task::label, 10, 2), options,
           [&](const EpochReport& now) {
             epochs = now.epochs;
             return false;
           });
  CHECK(epochs == 60);
}

TEST_CASE("a batch of one record, and batches that do not divide the data") {
  for (const std::uint32_t batch : {1U, 7U, 1000U}) {
    TrainOptions options = toy::options(1);
    options.batch = batch;
    const TrainResult result =
        toy::fit(toy::records(Task::joint, 30, 1), toy::records(Task::joint, 10, 2), options);
    CHECK(result.best_epoch == 1);
  }
}

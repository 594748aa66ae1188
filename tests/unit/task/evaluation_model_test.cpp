#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "io/scratch.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/task/evaluation.hpp"
#include "pnlp/task/presets.hpp"
#include "pnlp/task/report.hpp"
#include "pnlp/task/trainer.hpp"
#include "pnlp/text/record_writer.hpp"

namespace {

using pnlp::Error;
using pnlp::evaluate_model;
using pnlp::EvaluateOptions;
using pnlp::FeatureRecord;
using pnlp::LabelForm;
using pnlp::ModelEvaluation;
using pnlp::ModelFile;
using pnlp::Record;
using pnlp::test::Scratch;

pnlp::ProjectionSpec small_projection() {
  pnlp::ProjectionSpec spec;
  spec.hashes = 16;
  spec.channels = {"word"};
  return spec;
}

// "stop now" / "wake Ann": two labels, and a slot on every name.
std::vector<Record> requests() {
  std::vector<Record> records;
  for (const char* name : {"Ann", "Bob", "Cem", "Dan", "Eve", "Flo", "Gus", "Hal", "Ida", "Jim"}) {
    for (const bool wake : {true, false}) {
      Record record;
      record.text = wake ? fmt::format("wake {} up", name) : fmt::format("stop {} now", name);
      record.label_form = LabelForm::single;
      record.labels = {{wake ? "wake" : "stop", 1.0F}};
      record.has_spans = true;
      record.spans = {{5, 8, "who"}};
      records.push_back(record);
    }
  }
  return records;
}

std::string lines(const std::vector<Record>& records) {
  std::string out;
  for (const Record& record : records) {
    out +=
        fmt::format(R"({{"text":"{}","label":"{}","spans":[{{"start":5,"end":8,"label":"{}"}}]}})",
                    record.text, record.labels[0].name, record.spans[0].label) +
        "\n";
  }
  return out;
}

std::shared_ptr<const ModelFile> trained(std::vector<Record> records) {
  pnlp::Featurizer featurizer(pnlp::open_tokenizer("chars"), small_projection());
  std::vector<FeatureRecord> features(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) featurizer.featurize(records[i], features[i]);
  pnlp::TrainOptions options;
  options.shape = pnlp::find_preset("xsmall").shape;
  options.shape.feature_size = 128;
  options.shape.channel_rows = 128;
  options.shape.bottleneck = 16;
  options.shape.hidden = 16;
  options.shape.layers = 1;
  options.epochs = 30;
  options.batch = 4;
  options.learning_rate = 0.01;
  const auto keep_on = [](const pnlp::EpochReport&) { return true; };
  const pnlp::RecordSet set(featurizer.width(), features);
  return std::make_shared<const ModelFile>(
      pnlp::train(featurizer.source(), set, set, options, keep_on).model);
}

std::shared_ptr<const ModelFile> joint_model() {
  static const auto model = trained(requests());
  return model;
}

}  // namespace

TEST_CASE("a model on gold: what it learnt by heart is right") {
  const Scratch folder;
  const auto gold = folder.file("gold.jsonl", lines(requests()));
  const auto result = evaluate_model(joint_model(), {gold}, EvaluateOptions(), ModelEvaluation());
  CHECK(result.evaluation.records() == 20);
  CHECK(result.evaluation.metric("exact") >= 0.9);
  CHECK(result.evaluation.metric("slot-words") >= 0.9);
  CHECK(result.evaluation.has("ece"));
}

TEST_CASE("a model on gold: the same for any number of threads, and from a feature stream") {
  const Scratch folder;
  std::vector<Record> records;
  for (int i = 0; i < 20; ++i) {
    for (Record& record : requests()) {
      record.text[5] = static_cast<char>('A' + i);
      records.push_back(record);
    }
  }
  const auto gold = folder.file("gold.jsonl", lines(records));
  const auto report = [](const pnlp::EvaluateResult& result) {
    return pnlp::report_json(pnlp::make_report(result.evaluation, 10, 0, 0));
  };
  const std::string one =
      report(evaluate_model(joint_model(), {gold}, EvaluateOptions(), ModelEvaluation()));
  ModelEvaluation three;
  three.threads = 3;
  CHECK(report(evaluate_model(joint_model(), {gold}, EvaluateOptions(), three)) == one);

  pnlp::Featurizer featurizer(pnlp::open_tokenizer("chars"), small_projection());
  {
    pnlp::OutputFile file(folder.path("gold.pnf"));
    pnlp::FeatureWriter writer(file, featurizer.source());
    FeatureRecord features;
    for (const Record& record : records) {
      featurizer.featurize(record, features);
      writer.write(features);
    }
    writer.finish();
    file.commit();
  }
  CHECK(report(evaluate_model(joint_model(), {folder.path("gold.pnf")}, EvaluateOptions(),
                              three)) == one);
  CHECK_THROWS_WITH_AS(evaluate_model(joint_model(), {folder.path("gold.pnf"), gold},
                                      EvaluateOptions(), ModelEvaluation()),
                       doctest::Contains("1 of 2 files are feature streams"), Error);

  // Written predictions give the same numbers, from gold as records and as a stream.
  pnlp::Predictor predictor(joint_model(), {});
  std::string written;
  for (const Record& record : records) {
    std::vector<FeatureRecord> features(1);
    std::vector<pnlp::Prediction> prediction(1);
    featurizer.featurize(record, features[0]);
    predictor.predict(features, prediction);
    std::string json;
    pnlp::append_prediction(json, prediction[0], pnlp::Task::joint);
    pnlp::append_record(written, record, "prediction", json);
  }
  const auto predictions = folder.file("predictions.jsonl", written);
  CHECK(report(pnlp::evaluate_predictions({gold}, {predictions}, EvaluateOptions())) == one);
  CHECK(report(pnlp::evaluate_predictions({folder.path("gold.pnf")}, {predictions},
                                          EvaluateOptions())) == one);
  CHECK(report(pnlp::evaluate_predicted({predictions}, EvaluateOptions())) == one);
}

TEST_CASE("a stream of another projection is refused") {
  const Scratch folder;
  pnlp::ProjectionSpec spec = small_projection();
  spec.ngram = 4;
  pnlp::Featurizer featurizer(pnlp::open_tokenizer("chars"), spec);
  {
    pnlp::OutputFile file(folder.path("gold.pnf"));
    pnlp::FeatureWriter writer(file, featurizer.source());
    writer.finish();
    file.commit();
  }
  CHECK_THROWS_WITH_AS(evaluate_model(joint_model(), {folder.path("gold.pnf")}, EvaluateOptions(),
                                      ModelEvaluation()),
                       doctest::Contains("not of the model's kind"), Error);
}

TEST_CASE("gold labels that the model does not know: an error, or wrong") {
  const Scratch folder;
  std::vector<Record> records = requests();
  records[3].labels[0].name = "halt";
  auto gold = folder.file("gold.jsonl", lines(records));
  EvaluateOptions options;
  CHECK_THROWS_WITH_AS(
      evaluate_model(joint_model(), {gold}, options, ModelEvaluation()),
      doctest::Contains("gold.jsonl:4: label 'halt' is unknown to the model, which knows 2 of "
                        "them (stop, wake); "),
      Error);
  options.unknown_labels = pnlp::UnknownLabels::wrong;
  const auto result = evaluate_model(joint_model(), {gold}, options, ModelEvaluation());
  CHECK(result.evaluation.labels().size() == 3);
  CHECK(result.evaluation.metric("accuracy") <= 0.95);

  records = requests();
  records[2].spans[0].label = "whom";
  gold = folder.file("gold.jsonl", lines(records));
  options.unknown_labels = pnlp::UnknownLabels::error;
  CHECK_THROWS_WITH_AS(evaluate_model(joint_model(), {gold}, options, ModelEvaluation()),
                       doctest::Contains("gold.jsonl:3: span label 'whom' is unknown"), Error);
  options.unknown_labels = pnlp::UnknownLabels::wrong;
  CHECK(evaluate_model(joint_model(), {gold}, options, ModelEvaluation())
            .evaluation.span_types()
            .size() == 2);
}

TEST_CASE("a model on nothing, with no thread, on malformed records") {
  const Scratch folder;
  const auto empty = folder.file("empty.jsonl", "");
  CHECK_THROWS_WITH_AS(evaluate_model(joint_model(), {empty}, EvaluateOptions(), ModelEvaluation()),
                       doctest::Contains("no record"), Error);
  ModelEvaluation none;
  none.threads = 0;
  CHECK_THROWS_WITH_AS(evaluate_model(joint_model(), {empty}, EvaluateOptions(), none),
                       doctest::Contains("at least 1"), Error);
  const auto gold = folder.file("gold.jsonl", lines(requests()) + "{\n" + lines(requests()));
  EvaluateOptions options;
  CHECK_THROWS_AS(evaluate_model(joint_model(), {gold}, options, ModelEvaluation()), Error);
  options.reader.on_error = pnlp::OnError::null;
  const auto result = evaluate_model(joint_model(), {gold}, options, ModelEvaluation());
  CHECK(result.evaluation.records() == 40);
  CHECK(result.skipped == 1);
}

TEST_CASE("a model of several labels gives a chance for each decision") {
  std::vector<Record> records = requests();
  std::string gold;
  for (Record& record : records) {
    record.has_spans = false;
    record.spans.clear();
    record.label_form = LabelForm::multiple;
    if (record.labels[0].name == "wake") record.labels.push_back({"person", 1.0F});
    gold += fmt::format(R"({{"text":"{}","label":[{}]}})", record.text,
                        record.labels.size() == 2 ? R"("wake","person")" : R"("stop")") +
            "\n";
  }
  const Scratch folder;
  const auto path = folder.file("gold.jsonl", gold);
  const auto model = trained(records);
  ModelEvaluation how;
  const auto result = evaluate_model(model, {path}, EvaluateOptions(), how);
  CHECK(result.evaluation.several_labels());
  CHECK(result.evaluation.metric("accuracy") >= 0.9);
  std::uint64_t decisions = 0;
  for (const auto& bin : result.evaluation.calibration()) decisions += bin.count;
  CHECK(decisions == 3 * records.size());
  how.predict.threshold = 1.5F;
  CHECK(evaluate_model(model, {path}, EvaluateOptions(), how).evaluation.metric("accuracy") <= 0.1);
}

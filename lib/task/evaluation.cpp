#include "pnlp/task/evaluation.hpp"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/task/evaluation_gold.hpp"
#include "pnlp/task/evaluation_outcome.hpp"

namespace pnlp {
namespace {

struct StoredPrediction {
  std::string id;
  Place place;
  std::string text;
  Predicted predicted;
  bool used = false;
};

std::string where(const Place& place) {
  return fmt::format("{}:{}", place.file, place.line);
}

// Prediction files: JSONL whose gold fields are not of interest.
ReaderOptions prediction_reader(ReaderOptions options) {
  options.format = RecordFormat::jsonl;
  options.need_text = options.need_label = options.need_spans = false;
  return options;
}

void check_texts(const Record& gold, const Place& place, const std::string& text) {
  if (gold.text.empty() || text.empty() || gold.text == text) return;
  throw Error(ErrorKind::data, place,
              fmt::format("the prediction's text is not that of the gold record at {}; are these "
                          "the predictions of that file, in its order?",
                          where(gold.place)));
}

void check_ids(const Record& gold, const Record& predicted) {
  if (gold.id.empty() || predicted.id.empty() || gold.id == predicted.id) return;
  throw Error(ErrorKind::data, predicted.place,
              fmt::format("the prediction's id {} is not the id {} of the gold record at {}; "
                          "bring them into one order, or match them by id (--by id)",
                          predicted.id, gold.id, where(gold.place)));
}

const std::string& either_text(const Record& gold, const std::string& other) {
  return gold.text.empty() ? other : gold.text;
}

void match_by_order(GoldReader& gold_reader, RecordReader& predicted_reader,
                    const std::string& predicted_name, const EvaluateOptions& options,
                    OutcomeMaker& maker, Evaluation& evaluation) {
  Record gold;
  Record predicted;
  std::uint64_t golds = 0;
  std::uint64_t predictions = 0;
  while (true) {
    const bool has_gold = gold_reader.next(gold);
    const bool has_predicted = predicted_reader.next(predicted);
    golds += has_gold ? 1 : 0;
    predictions += has_predicted ? 1 : 0;
    if (!has_gold && !has_predicted) return;
    if (has_gold != has_predicted) break;
    check_ids(gold, predicted);
    check_texts(gold, predicted.place, predicted.text);
    maker.add(gold, parse_prediction(predicted.line, options.into, predicted.place),
              predicted.place, either_text(gold, predicted.text), evaluation);
  }
  while (gold_reader.next(gold)) ++golds;
  while (predicted_reader.next(predicted)) ++predictions;
  throw Error(ErrorKind::data,
              fmt::format("{} has {} gold records, but {} has {} predictions; each record needs "
                          "one prediction, in the same order",
                          gold_reader.name(), golds, predicted_name, predictions));
}

[[noreturn]] void no_id(const Place& place, const char* what) {
  throw Error(ErrorKind::data, place,
              fmt::format("the {} has no id to be matched by; name its field (--id-field), or "
                          "match by order (--by order)",
                          what));
}

[[noreturn]] void twice(const Record& record, const Place& before) {
  throw Error(ErrorKind::data, record.place,
              fmt::format("the id {} was there before, at {}; ids must be unique to match by them",
                          record.id, where(before)));
}

void match_by_id(GoldReader& gold_reader, RecordReader& predicted_reader,
                 const std::string& predicted_name, const EvaluateOptions& options,
                 OutcomeMaker& maker, Evaluation& evaluation) {
  std::unordered_map<std::string, std::size_t> by_id;
  std::vector<StoredPrediction> predictions;
  Record record;
  while (predicted_reader.next(record)) {
    if (record.id.empty()) no_id(record.place, "prediction");
    const auto [at, inserted] = by_id.try_emplace(record.id, predictions.size());
    if (!inserted) twice(record, predictions[at->second].place);
    predictions.push_back({record.id, record.place, record.text,
                           parse_prediction(record.line, options.into, record.place), false});
  }
  std::unordered_map<std::string, Place> gold_places;
  while (gold_reader.next(record)) {
    if (record.id.empty()) no_id(record.place, "gold record");
    const auto [before, inserted] = gold_places.try_emplace(record.id, record.place);
    if (!inserted) twice(record, before->second);
    const auto found = by_id.find(record.id);
    if (found == by_id.end()) {
      throw Error(ErrorKind::data, record.place,
                  fmt::format("no prediction in {} has the id {} of this gold record",
                              predicted_name, record.id));
    }
    StoredPrediction& prediction = predictions[found->second];
    prediction.used = true;
    check_texts(record, prediction.place, prediction.text);
    maker.add(record, prediction.predicted, prediction.place, either_text(record, prediction.text),
              evaluation);
  }
  for (const StoredPrediction& prediction : predictions) {
    if (prediction.used) continue;
    throw Error(ErrorKind::data, prediction.place,
                fmt::format("no gold record in {} has the id {} of this prediction",
                            gold_reader.name(), prediction.id));
  }
}

void check_any(const Evaluation& evaluation, const std::string& name) {
  if (evaluation.records() > 0) return;
  throw Error(ErrorKind::data, {name, 0}, "there is no record to evaluate");
}

}  // namespace

EvaluateResult evaluate_predictions(const std::vector<std::string>& gold,
                                    const std::vector<std::string>& predictions,
                                    const EvaluateOptions& options) {
  if (options.reader.on_error != OnError::fail) {
    throw Error(ErrorKind::usage,
                "predictions cannot be matched with gold when malformed records are left out "
                "(--on-error); mend the records");
  }
  EvaluateResult result;
  GoldReader gold_reader(gold, options.reader);
  RecordReader predicted_reader(predictions, prediction_reader(options.reader));
  OutcomeMaker maker(options, nullptr);
  const auto match = options.match == MatchBy::order ? match_by_order : match_by_id;
  match(gold_reader, predicted_reader, joint_name(predictions), options, maker, result.evaluation);
  check_any(result.evaluation, gold_reader.name());
  result.dropped_spans = gold_reader.dropped_spans();
  return result;
}

EvaluateResult evaluate_predicted(const std::vector<std::string>& files,
                                  const EvaluateOptions& options) {
  EvaluateResult result;
  RecordReader reader(files, prediction_reader(options.reader));
  OutcomeMaker maker(options, nullptr);
  Record record;
  while (reader.next(record)) {
    if (record.malformed) continue;
    maker.add(record, parse_prediction(record.line, options.into, record.place), record.place,
              record.text, result.evaluation);
  }
  result.skipped = reader.failed();
  result.first_failure = reader.first_failure();
  result.dropped_spans = reader.dropped_spans();
  check_any(result.evaluation, joint_name(files));
  return result;
}

}  // namespace pnlp

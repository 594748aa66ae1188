#include "pnlp/task/evaluation.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "io/scratch.hpp"
#include "pnlp/base/error.hpp"

namespace {

using pnlp::Error;
using pnlp::evaluate_predicted;
using pnlp::evaluate_predictions;
using pnlp::EvaluateOptions;
using pnlp::EvaluateResult;
using pnlp::MatchBy;
using pnlp::test::Scratch;

EvaluateResult predicted(const std::string& lines,
                         const EvaluateOptions& options = EvaluateOptions()) {
  const Scratch folder;
  return evaluate_predicted({folder.file("both.jsonl", lines)}, options);
}

EvaluateResult matched(const std::string& gold, const std::string& predictions,
                       const EvaluateOptions& options = EvaluateOptions()) {
  const Scratch folder;
  return evaluate_predictions({folder.file("gold.jsonl", gold)},
                              {folder.file("predictions.jsonl", predictions)}, options);
}

EvaluateOptions by_id() {
  EvaluateOptions options;
  options.match = MatchBy::id;
  return options;
}

// What is thrown for one prediction object.
std::string refusal(const std::string& prediction) {
  try {
    predicted(fmt::format(R"({{"text":"wake me","label":"a","prediction":{}}})"
                          "\n",
                          prediction));
  } catch (const Error& error) {
    CHECK(error.kind() == pnlp::ErrorKind::data);
    const std::string message = error.what();
    CHECK(message.find("both.jsonl:1: ") != std::string::npos);
    return message;
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("records that carry their predictions: joint task") {
  const auto result = predicted(
      R"({"text":"wake me at seven","label":"set","spans":[{"start":11,"end":16,"label":"time"}],)"
      R"("prediction":{"label":"set","score":0.75,"tags":["O","O","O","B-time"],)"
      R"("spans":[{"start":11,"end":16,"label":"time"}]}})"
      "\n"
      R"({"text":"stop","label":"stop","spans":[],)"
      R"("prediction":{"label":"set","score":0.5,"tags":["B-time"],)"
      R"("spans":[{"start":0,"end":4,"label":"time"}]}})"
      "\n"
      R"({"text":"at seven","label":"set","spans":[{"start":0,"end":8,"label":"time"}],)"
      R"("prediction":{"label":null,"score":0,"tags":["O","B-time"],)"
      R"("spans":[{"start":3,"end":8,"label":"time"}]}})"
      "\n");
  const auto& evaluation = result.evaluation;
  CHECK(evaluation.records() == 3);
  CHECK(evaluation.metric("accuracy") == doctest::Approx(1.0 / 3));
  CHECK(evaluation.metric("exact-spans") == doctest::Approx(1.0 / 3));
  CHECK(evaluation.metric("exact") == doctest::Approx(1.0 / 3));
  CHECK(evaluation.spans() == pnlp::Counts{1, 3, 2});
  // Gold words with slots: seven; at, seven. The last is I-time, and was predicted B-time.
  CHECK(evaluation.metric("slot-words") == doctest::Approx(1.0 / 3));
  // The null label gives no answer that could be calibrated.
  CHECK(evaluation.metric("ece") == doctest::Approx((0.25 + 0.5) / 2));
  CHECK_FALSE(evaluation.several_labels());
}

TEST_CASE("several labels, as names or with scores; ece only from all scores") {
  const auto result = predicted(
      R"({"text":"x","label":["a","b"],"prediction":{"labels":["b","a"],"scores":{"a":1,"b":0.75,"c":0.25}}})"
      "\n"
      R"({"text":"y","label":[],"prediction":{"labels":[{"label":"c","score":0.5}],)"
      R"("scores":[{"label":"a","score":0},{"label":"c","score":0.5}]}})"
      "\n"
      R"({"text":"z","label":["c"],"prediction":{"label":["c"]}})"
      "\n");
  CHECK(result.evaluation.several_labels());
  CHECK(result.evaluation.metric("accuracy") == doctest::Approx(2.0 / 3));
  // 1 true, 0.75 true, 0.25 false; 0 false, 0.5 false: each in a bin of its own.
  CHECK(result.evaluation.metric("ece") == doctest::Approx((0 + 0.25 + 0.25 + 0 + 0.5) / 5));
  const auto without =
      predicted(R"({"text":"x","label":["a"],"prediction":{"labels":[{"label":"a","score":0.9}]}})"
                "\n");
  CHECK_FALSE(without.evaluation.has("ece"));
}

TEST_CASE("a soft gold label counts by its most probable name") {
  const auto result =
      predicted(R"({"text":"x","label":{"a":0.3,"b":0.7},"prediction":{"label":"b","score":1}})"
                "\n");
  CHECK(result.evaluation.metric("accuracy") == 1.0);
}

TEST_CASE("the part that both sides have is measured") {
  const auto labels =
      predicted(R"({"text":"x","label":"a","spans":[],"prediction":{"label":"a","score":1}})"
                "\n");
  CHECK(labels.evaluation.has("accuracy"));
  CHECK_FALSE(labels.evaluation.has("span-f1"));
  CHECK(labels.evaluation.metric("exact") == 1.0);
  CHECK_THROWS_WITH_AS(
      predicted(R"({"text":"x","label":"a","prediction":{"spans":[]}})"
                "\n"),
      doctest::Contains("has labels only and the prediction spans only: there is nothing"), Error);
  CHECK_THROWS_WITH_AS(predicted(R"({"text":"x","prediction":{"spans":[]}})"
                                 "\n"),
                       doctest::Contains("neither label nor spans"), Error);
}

TEST_CASE("records must be alike: the first that is not is named") {
  const std::string first = R"({"text":"x","label":"a","prediction":{"label":"a","score":1}})"
                            "\n";
  for (const std::string& second : {
           std::string(R"({"text":"y","prediction":{"label":"a","score":1}})"),
           std::string(R"({"text":"y","label":"a","spans":[],"prediction":{"label":"a"}})"),
           std::string(R"({"text":"y","label":"a","prediction":{"spans":[]}})"),
           std::string(R"({"text":"y","label":"a","prediction":{"label":"a","spans":[]}})"),
       }) {
    CAPTURE(second);
    CHECK_THROWS_WITH_AS(predicted(first + second + "\n"), doctest::Contains("both.jsonl:2: the "),
                         Error);
  }
}

TEST_CASE("predictions that are none") {
  CHECK(!refusal("{\"label\" 7}").empty());
  CHECK(contains(refusal("7"), "\"prediction\" is not an object"));
  CHECK(contains(refusal("null"), "is not an object"));
  CHECK(contains(refusal("{}"), "has none of"));
  CHECK(contains(refusal(R"({"label":7})"), "neither a string nor a list nor null"));
  CHECK(contains(refusal(R"({"label":"a","score":1.5})"), "not a number from 0 to 1"));
  CHECK(contains(refusal(R"({"label":"a","score":"1"})"), "not a number from 0 to 1"));
  CHECK(contains(refusal(R"({"labels":"a"})"), "not a list"));
  CHECK(contains(refusal(R"({"labels":[7]})"), "without \"label\" and \"score\""));
  CHECK(contains(refusal(R"({"label":"a","scores":7})"), "neither an object nor a list"));
  CHECK(contains(refusal(R"({"label":"a","scores":{"a":-1}})"), "not a number from 0 to 1"));
  CHECK(contains(refusal(R"({"label":"a","spans":{}})"), "\"spans\" that are not a list"));
  CHECK(contains(refusal(R"({"label":"a","spans":[{"start":0,"end":1}]})"), "without \"label\""));
  const auto span = [](const char* start, const char* end) {
    return refusal(fmt::format(R"({{"label":"a","spans":[{{"start":{},"end":{},"label":"x"}}]}})",
                               start, end));
  };
  CHECK(contains(span("-1", "2"), "\"start\" is not a byte offset"));
  CHECK(contains(span("0.5", "2"), "\"start\" is not a byte offset"));
  CHECK(contains(span("0", "5000000000"), "\"end\" is not a byte offset"));
  CHECK(contains(span("0", "\"2\""), "\"end\" is not a byte offset"));
  CHECK(contains(span("2", "2"), "empty span at byte 2"));
  CHECK(contains(span("3", "8"), "ends at byte 8, but the text has 7 bytes"));
  CHECK(contains(refusal(R"({"label":"a","spans":[{"start":3,"end":5,"label":"x"},)"
                         R"({"start":0,"end":4,"label":"y"}]})"),
                 "overlap at byte 3"));
  CHECK_THROWS_WITH_AS(predicted(R"({"text":"x","label":"a"})"
                                 "\n"),
                       doctest::Contains("no field \"prediction\""), Error);
}

TEST_CASE("the prediction's field may have another name") {
  EvaluateOptions options;
  options.into = "guess";
  const auto result = predicted(R"({"text":"x","label":"a","guess":{"label":"a","score":1}})"
                                "\n",
                                options);
  CHECK(result.evaluation.metric("accuracy") == 1.0);
}

TEST_CASE("malformed records: an error, or left out and counted") {
  const std::string lines = R"({"text":"x","label":"a","prediction":{"label":"a","score":1}})"
                            "\nnonsense\n";
  EvaluateOptions options;
  options.reader.format = pnlp::RecordFormat::jsonl;
  CHECK_THROWS_AS(predicted(lines, options), Error);
  for (const auto on_error : {pnlp::OnError::skip, pnlp::OnError::null}) {
    options.reader.on_error = on_error;
    const auto result = predicted(lines, options);
    CHECK(result.evaluation.records() == 1);
    CHECK(result.skipped == 1);
    CHECK(contains(result.first_failure, "both.jsonl:2"));
  }
  CHECK_THROWS_WITH_AS(matched(lines, lines, options), doctest::Contains("--on-error"), Error);
}

TEST_CASE("no record is an error") {
  CHECK_THROWS_WITH_AS(predicted(""), doctest::Contains("no record"), Error);
  CHECK_THROWS_WITH_AS(matched("", ""), doctest::Contains("no record"), Error);
}

namespace {

std::string gold_line(const std::string& id, const std::string& text, const std::string& label) {
  return fmt::format(R"({{"id":{},"text":"{}","label":"{}"}})", id, text, label) + "\n";
}

std::string guess_line(const std::string& id, const std::string& text, const std::string& label) {
  return fmt::format(R"({{"id":{},"text":"{}","prediction":{{"label":"{}","score":1}}}})", id, text,
                     label) +
         "\n";
}

}  // namespace

TEST_CASE("by order: the n-th with the n-th") {
  const auto result = matched(gold_line("1", "x", "a") + gold_line("2", "y", "b"),
                              guess_line("1", "x", "a") + guess_line("2", "y", "a"));
  CHECK(result.evaluation.metric("accuracy") == 0.5);
  CHECK(result.evaluation.confusion().size() == 2);
}

TEST_CASE("by order: what disagrees is an error with both places") {
  const std::string gold = gold_line("1", "x", "a") + gold_line("2", "y", "b");
  CHECK_THROWS_WITH_AS(matched(gold, guess_line("1", "x", "a")),
                       doctest::Contains("has 2 gold records, but"), Error);
  CHECK_THROWS_WITH_AS(
      matched(gold_line("1", "x", "a"),
              guess_line("1", "x", "a") + guess_line("2", "y", "a") + guess_line("3", "z", "a")),
      doctest::Contains("has 3 predictions"), Error);
  CHECK_THROWS_WITH_AS(matched(gold, guess_line("1", "x", "a") + guess_line("3", "y", "a")),
                       doctest::Contains("predictions.jsonl:2: the prediction's id 3 is not the id "
                                         "2 of the gold record at"),
                       Error);
  CHECK_THROWS_WITH_AS(matched(gold, guess_line("1", "x", "a") + guess_line("2", "Y", "a")),
                       doctest::Contains("predictions.jsonl:2: the prediction's text"), Error);
}

TEST_CASE("by order: predictions may lack text and id, gold may be CoNLL") {
  const Scratch folder;
  const auto gold = folder.file("gold.conll", "wake O\nme O\nat B-time\nseven I-time\n\nstop O\n");
  const auto guesses = folder.file(
      "guesses.jsonl",
      R"({"prediction":{"tags":["O","O","B-time","I-time"],"spans":[{"start":8,"end":16,"label":"time"}]}})"
      "\n"
      R"({"prediction":{"tags":["O"],"spans":[]}})"
      "\n");
  const auto result = evaluate_predictions({gold}, {guesses}, EvaluateOptions());
  CHECK(result.evaluation.metric("exact-spans") == 1.0);
  CHECK(result.evaluation.metric("slot-words") == 1.0);
}

TEST_CASE("by id: any order") {
  const auto result = matched(gold_line("\"p\"", "x", "a") + gold_line("2", "y", "b"),
                              guess_line("2", "y", "b") + guess_line("\"p\"", "x", "b"), by_id());
  CHECK(result.evaluation.metric("accuracy") == 0.5);
}

TEST_CASE("by id: missing, extra, twice and none are errors that name the id") {
  const std::string gold = gold_line("1", "x", "a") + gold_line("2", "y", "b");
  const std::string guesses = guess_line("2", "y", "a") + guess_line("1", "x", "a");
  CHECK_THROWS_WITH_AS(matched(gold, guess_line("1", "x", "a"), by_id()),
                       doctest::Contains("gold.jsonl:2: no prediction in"), Error);
  CHECK_THROWS_WITH_AS(matched(gold, guesses + guess_line("3", "x", "a"), by_id()),
                       doctest::Contains("predictions.jsonl:3: no gold record in"), Error);
  CHECK_THROWS_WITH_AS(matched(gold, guesses + guess_line("2", "y", "a"), by_id()),
                       doctest::Contains("predictions.jsonl:3: the id 2 was there before"), Error);
  CHECK_THROWS_WITH_AS(matched(gold + gold_line("1", "x", "a"), guesses, by_id()),
                       doctest::Contains("gold.jsonl:3: the id 1 was there before"), Error);
  CHECK_THROWS_WITH_AS(matched(R"({"text":"x","label":"a"})"
                               "\n",
                               guesses, by_id()),
                       doctest::Contains("gold.jsonl:1: the gold record has no id"), Error);
  CHECK_THROWS_WITH_AS(matched(gold,
                               R"({"text":"x","prediction":{"label":"a"}})"
                               "\n",
                               by_id()),
                       doctest::Contains("predictions.jsonl:1: the prediction has no id"), Error);
  CHECK_THROWS_WITH_AS(
      matched(gold, guess_line("2", "other", "a") + guess_line("1", "x", "a"), by_id()),
      doctest::Contains("predictions.jsonl:1: the prediction's text"), Error);
}

TEST_CASE("predictions must be JSONL") {
  const Scratch folder;
  const auto gold = folder.file("gold.jsonl", gold_line("1", "x", "a"));
  const auto guesses = folder.file("guesses.txt", "a\n");
  CHECK_THROWS_AS(evaluate_predictions({gold}, {guesses}, EvaluateOptions()), Error);
}

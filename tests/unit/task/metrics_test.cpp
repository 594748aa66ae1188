#include "pnlp/task/metrics.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "pnlp/base/random.hpp"

namespace {

using pnlp::Counts;
using pnlp::Error;
using pnlp::Evaluation;
using pnlp::Interval;
using pnlp::Outcome;
using pnlp::Span;
using Names = std::vector<std::string>;

Outcome single(const std::string& gold, const std::string& predicted, double probability) {
  Outcome outcome;
  outcome.has_label = true;
  outcome.gold_labels = {gold};
  outcome.labels = {predicted};
  outcome.chances = {{probability, gold == predicted}};
  return outcome;
}

Outcome several(const Names& gold, const Names& predicted) {
  Outcome outcome;
  outcome.has_label = true;
  outcome.gold_labels = gold;
  outcome.labels = predicted;
  return outcome;
}

Outcome slots(std::vector<Span> gold, std::vector<Span> predicted) {
  Outcome outcome;
  outcome.has_spans = true;
  outcome.gold_spans = std::move(gold);
  outcome.spans = std::move(predicted);
  return outcome;
}

// a: 3 gold, 2 found; b: 2 gold, 1 found; c: 1 gold, none found.
Evaluation three_right_of_six() {
  Evaluation evaluation;
  evaluation.add(single("a", "a", 0.9));
  evaluation.add(single("a", "a", 0.8));
  evaluation.add(single("a", "b", 0.5));
  evaluation.add(single("b", "b", 0.7));
  evaluation.add(single("b", "a", 0.6));
  evaluation.add(single("c", "a", 0.4));
  return evaluation;
}

}  // namespace

TEST_CASE("counts: ratios without denominator are 0") {
  CHECK(Counts{}.precision() == 0.0);
  CHECK(Counts{}.recall() == 0.0);
  CHECK(Counts{}.f1() == 0.0);
  const Counts counts{3, 4, 6};
  CHECK(counts.precision() == 0.75);
  CHECK(counts.recall() == 0.5);
  CHECK(counts.f1() == doctest::Approx(0.6));
}

TEST_CASE("single label: values worked out by hand") {
  const Evaluation evaluation = three_right_of_six();
  CHECK(evaluation.records() == 6);
  CHECK_FALSE(evaluation.several_labels());
  CHECK(evaluation.metric("accuracy") == 0.5);
  CHECK(evaluation.metric("micro-f1") == 0.5);
  // F1: a 2*2/(4+3), b 2*1/(2+2), c 0.
  const double a = 4.0 / 7;
  CHECK(evaluation.metric("macro-f1") == doctest::Approx((a + 0.5) / 3));
  CHECK(evaluation.metric("weighted-f1") == doctest::Approx((3 * a + 2 * 0.5) / 6));
  CHECK(evaluation.metric("exact") == 0.5);

  const auto labels = evaluation.labels();
  REQUIRE(labels.size() == 3);
  CHECK(labels[0].name == "a");
  CHECK(labels[0].counts == Counts{2, 4, 3});
  CHECK(labels[1].counts == Counts{1, 2, 2});
  CHECK(labels[2].name == "c");
  CHECK(labels[2].counts == Counts{0, 0, 1});

  const auto cells = evaluation.confusion();
  REQUIRE(cells.size() == 5);
  CHECK(cells[0] == pnlp::Confusion{"a", "a", 2});
  CHECK(cells[1] == pnlp::Confusion{"a", "b", 1});
  CHECK(cells[2] == pnlp::Confusion{"b", "a", 1});
  CHECK(cells[4] == pnlp::Confusion{"c", "a", 1});
}

TEST_CASE("calibration: every probability alone in its bin") {
  const Evaluation evaluation = three_right_of_six();
  // |0.9-1| + |0.8-1| + |0.5-0| + |0.7-1| + |0.6-0| + |0.4-0|, over 6: no two share a bin of 1/15.
  CHECK(evaluation.metric("ece") == doctest::Approx(2.1 / 6));
  CHECK(evaluation.calibration()[13].count == 1);  // (13/15, 14/15] holds 0.9
  CHECK(evaluation.calibration()[13].right == 1);
}

TEST_CASE("calibration: bins are open below and closed above, 0 belongs to the first") {
  Evaluation evaluation;
  evaluation.add(single("a", "b", 0.0));
  evaluation.add(single("a", "b", 1.0 / 15));
  evaluation.add(single("a", "a", 0.0667));
  evaluation.add(single("a", "a", 1.0));
  CHECK(evaluation.calibration()[0].count == 2);
  CHECK(evaluation.calibration()[1].count == 1);
  CHECK(evaluation.calibration()[14].count == 1);
  // In one bin errors of opposite sign cancel: 0.5 wrong and 0.5 right.
  Evaluation fair;
  fair.add(single("a", "b", 0.5));
  fair.add(single("a", "a", 0.5));
  CHECK(fair.metric("ece") == 0.0);
}

TEST_CASE("a null prediction is wrong, but no label's false positive") {
  Evaluation evaluation;
  evaluation.add(single("a", "a", 0.9));
  Outcome null = single("a", "", 0.1);
  null.labels.clear();
  null.chances.clear();
  evaluation.add(null);
  CHECK(evaluation.metric("accuracy") == 0.5);
  CHECK(evaluation.labels().size() == 1);
  CHECK(evaluation.labels()[0].counts == Counts{1, 1, 2});
  CHECK(evaluation.metric("micro-f1") == doctest::Approx(2.0 / 3));
  CHECK(evaluation.metric("ece") == doctest::Approx(0.1));
  CHECK(evaluation.confusion()[0] == pnlp::Confusion{"a", std::nullopt, 1});
  CHECK_FALSE(evaluation.several_labels());
}

TEST_CASE("several labels: exact sets, counts per label") {
  Evaluation evaluation;
  evaluation.add(several({"a", "b"}, {"b", "a"}));
  evaluation.add(several({"a"}, {"a", "c"}));
  evaluation.add(several({}, {}));
  evaluation.add(several({"b", "c"}, {"a"}));
  CHECK(evaluation.several_labels());
  CHECK(evaluation.metric("accuracy") == 0.5);
  // a: right 2, predicted 3, gold 2; b: 1, 1, 2; c: 0, 1, 1.
  CHECK(evaluation.metric("micro-f1") == doctest::Approx(2.0 * 3 / (5 + 5)));
  CHECK(evaluation.metric("macro-f1") == doctest::Approx((0.8 + 2.0 / 3) / 3));
  CHECK_FALSE(evaluation.has("ece"));
  const auto cells = evaluation.confusion();
  REQUIRE(cells.size() == 5);
  CHECK(cells[0] == pnlp::Confusion{"a", "a", 2});
  CHECK(cells[1] == pnlp::Confusion{std::nullopt, "c", 1});
  CHECK(cells[2] == pnlp::Confusion{"b", "a", 1});
  CHECK(cells[3] == pnlp::Confusion{"b", "b", 1});
  CHECK(cells[4] == pnlp::Confusion{"c", "a", 1});
}

TEST_CASE("labels given twice count once") {
  Evaluation evaluation;
  evaluation.add(several({"a", "a"}, {"a"}));
  CHECK(evaluation.metric("accuracy") == 1.0);
  CHECK(evaluation.labels()[0].counts == Counts{1, 1, 1});
}

TEST_CASE("spans: type and both ends must be right") {
  Evaluation evaluation;
  evaluation.add(slots({{0, 4, "x"}, {5, 9, "y"}}, {{0, 4, "x"}, {5, 9, "x"}}));
  evaluation.add(slots({{0, 4, "x"}}, {{0, 3, "x"}}));
  evaluation.add(slots({}, {}));
  evaluation.add(slots({{2, 4, "y"}}, {{2, 4, "y"}}));
  evaluation.add(slots({{2, 4, "y"}}, {}));
  CHECK(evaluation.spans() == Counts{2, 4, 5});
  CHECK(evaluation.metric("span-precision") == 0.5);
  CHECK(evaluation.metric("span-recall") == 0.4);
  CHECK(evaluation.metric("span-f1") == doctest::Approx(4.0 / 9));
  CHECK(evaluation.metric("exact-spans") == 0.4);
  const auto types = evaluation.span_types();
  REQUIRE(types.size() == 2);
  CHECK(types[0].name == "y");
  CHECK(types[0].counts == Counts{1, 1, 3});
  CHECK(types[1].counts == Counts{1, 3, 2});
  CHECK_FALSE(evaluation.has("accuracy"));
  CHECK_FALSE(evaluation.has("slot-words"));
}

TEST_CASE("count_spans does not count one span twice, and does not mind the order") {
  const std::vector<Span> gold = {{5, 6, "y"}, {0, 1, "x"}};
  const std::vector<Span> predicted = {{0, 1, "x"}, {0, 1, "x"}, {5, 6, "y"}};
  CHECK(pnlp::count_spans(gold, predicted) == Counts{2, 3, 2});
}

TEST_CASE("exact asks for label and spans together") {
  Evaluation evaluation;
  for (const bool label : {true, false}) {
    for (const bool span : {true, false}) {
      Outcome outcome = single("a", label ? "a" : "b", 0.5);
      outcome.has_spans = true;
      outcome.gold_spans = {{0, 1, "x"}};
      outcome.spans = {{0, span ? 1U : 2U, "x"}};
      evaluation.add(outcome);
    }
  }
  CHECK(evaluation.metric("accuracy") == 0.5);
  CHECK(evaluation.metric("exact-spans") == 0.5);
  CHECK(evaluation.metric("exact") == 0.25);
}

TEST_CASE("slot-words: words whose gold tag is not O, with prefix") {
  Evaluation evaluation;
  Outcome outcome = slots({}, {});
  outcome.gold_tags = {"O", "B-x", "I-x", "B-y", "O"};
  outcome.tags = {"B-x", "B-x", "B-x", "B-y", "O"};
  evaluation.add(outcome);
  CHECK(evaluation.metric("slot-words") == doctest::Approx(2.0 / 3));
  outcome.tags.pop_back();
  CHECK_THROWS_AS(evaluation.add(outcome), Error);
}

TEST_CASE("names: the unknown and the untold are refused with those that exist") {
  Evaluation evaluation = three_right_of_six();
  CHECK_THROWS_WITH_AS(evaluation.metric("f-score"), doctest::Contains("span-f1"), Error);
  CHECK_THROWS_WITH_AS(
      evaluation.metric("span-f1"),
      "metric 'span-f1' cannot be told from these records; there are: accuracy, macro-f1, "
      "micro-f1, weighted-f1, exact, ece",
      Error);
  CHECK_THROWS_AS(pnlp::check_metric_name("Accuracy"), Error);
  for (const auto name : pnlp::metric_names()) {
    CHECK_NOTHROW(pnlp::check_metric_name(name));
    CHECK(pnlp::higher_is_better(name) == (name != "ece"));
  }
  CHECK(Evaluation().available().empty());
  CHECK(Evaluation().intervals(10).empty());
}

TEST_CASE("gold_label_names: a soft target's most probable, the first among equals") {
  using pnlp::gold_label_names;
  using pnlp::LabelForm;
  const std::vector<pnlp::LabelWeight> labels = {{"a", 0.2F}, {"b", 0.4F}, {"c", 0.4F}};
  CHECK(gold_label_names(LabelForm::soft, labels) == Names{"b"});
  CHECK(gold_label_names(LabelForm::multiple, labels) == Names{"a", "b", "c"});
  CHECK(gold_label_names(LabelForm::none, labels).empty());
  CHECK(gold_label_names(LabelForm::soft, {}).empty());
}

TEST_CASE("intervals: hold the value, narrow with more records, and repeat") {
  const auto accuracy_interval = [](int records, std::uint64_t seed) {
    Evaluation evaluation;
    for (int i = 0; i < records; ++i) {
      evaluation.add(single("a", i % 4 == 0 ? "b" : "a", 0.75));
    }
    return evaluation.intervals(1000, seed).front();
  };
  const Interval small = accuracy_interval(100, 1);
  const Interval large = accuracy_interval(10000, 1);
  // Binomial: 0.75 +- 1.96 * sqrt(0.75 * 0.25 / n).
  CHECK(small.low == doctest::Approx(0.665).epsilon(0.02));
  CHECK(small.high == doctest::Approx(0.835).epsilon(0.02));
  CHECK(large.low == doctest::Approx(0.7415).epsilon(0.002));
  CHECK(large.high == doctest::Approx(0.7585).epsilon(0.002));
  const Interval again = accuracy_interval(100, 1);
  CHECK(again.low == small.low);
  CHECK(again.high == small.high);
  const Interval other = accuracy_interval(10000, 2);
  CHECK((other.low != large.low || other.high != large.high));
}

TEST_CASE("intervals: one for each available metric, of width 0 where records do not differ") {
  Evaluation evaluation;
  for (int i = 0; i < 5; ++i) {
    Outcome outcome = single("a", "a", 1.0);
    outcome.has_spans = true;
    outcome.gold_spans = outcome.spans = {{0, 1, "x"}};
    outcome.gold_tags = outcome.tags = {"B-x"};
    evaluation.add(outcome);
  }
  const auto names = evaluation.available();
  const auto intervals = evaluation.intervals(20);
  CHECK(names.size() == pnlp::metric_names().size());
  REQUIRE(intervals.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double value = evaluation.metric(names[i]);
    CHECK(value == (names[i] == "ece" ? 0.0 : 1.0));
    CHECK(intervals[i].low == value);
    CHECK(intervals[i].high == value);
  }
  CHECK_THROWS_AS(evaluation.intervals(0), Error);
}

TEST_CASE("property: micro-F1 of one label each is accuracy, and 1 only if all is right") {
  pnlp::Random random(7);
  for (int round = 0; round < 50; ++round) {
    Evaluation evaluation;
    const auto labels = 1 + random.below(6);
    bool perfect = true;
    for (int i = 0; i < 30; ++i) {
      const std::string gold(1, static_cast<char>('a' + random.below(labels)));
      const std::string predicted(1, static_cast<char>('a' + random.below(labels)));
      perfect = perfect && gold == predicted;
      evaluation.add(single(gold, predicted, random.uniform()));
    }
    CHECK(evaluation.metric("micro-f1") == doctest::Approx(evaluation.metric("accuracy")));
    CHECK((evaluation.metric("macro-f1") == 1.0) == perfect);
    std::uint64_t cells = 0;
    for (const auto& cell : evaluation.confusion()) cells += cell.count;
    CHECK(cells == 30);
  }
}

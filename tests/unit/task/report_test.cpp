#include "pnlp/task/report.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "pnlp/io/json.hpp"

namespace {

using pnlp::Evaluation;
using pnlp::JsonValue;
using pnlp::make_report;
using pnlp::Outcome;

Outcome joint(const std::string& gold, const std::string& predicted, double probability) {
  Outcome outcome;
  outcome.has_label = true;
  outcome.gold_labels = {gold};
  outcome.labels = {predicted};
  outcome.chances = {{probability, gold == predicted}};
  outcome.has_spans = true;
  outcome.gold_spans = {{0, 4, "time"}};
  outcome.spans = {{0, gold == predicted ? 4U : 5U, "time"}};
  outcome.gold_tags = {"B-time", "O"};
  outcome.tags = {"B-time", gold == predicted ? "O" : "I-time"};
  return outcome;
}

Evaluation four() {
  Evaluation evaluation;
  evaluation.add(joint("set", "set", 0.75));
  evaluation.add(joint("set", "set", 0.75));
  evaluation.add(joint("set", "stop", 0.25));
  evaluation.add(joint("stop", "stop", 1.0));
  return evaluation;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("table: exact text") {
  const Evaluation evaluation = four();
  CHECK(pnlp::report_table(make_report(evaluation, 0, 0, 0)) ==
        "4 records\n"
        "\n"
        "metric                 %\n"
        "accuracy           75.00\n"
        "macro-f1           73.33\n"
        "micro-f1           75.00\n"
        "weighted-f1        76.67\n"
        "exact              75.00\n"
        "exact-spans        75.00\n"
        "span-f1            75.00\n"
        "span-precision     75.00\n"
        "span-recall        75.00\n"
        "slot-words        100.00\n"
        "ece                18.75\n"
        "\n"
        "label   precision   recall       f1   support predicted\n"
        "set        100.00    66.67    80.00         3         2\n"
        "stop        50.00   100.00    66.67         1         2\n"
        "\n"
        "  count  gold  predicted (top 1 of 1 confusions)\n"
        "      1  set   stop\n"
        "\n"
        "span   precision   recall       f1   support predicted\n"
        "time       75.00    75.00    75.00         4         4\n");
}

TEST_CASE("table: intervals, skipped records, fewer confusions") {
  const Evaluation evaluation = four();
  const auto report = make_report(evaluation, 200, 3, 2);
  const std::string table = pnlp::report_table(report, 0);
  CHECK(table.starts_with("4 records, 2 malformed left out\n"));
  CHECK(table.find("metric                 %   95 % interval\n") != std::string::npos);
  CHECK(table.find("slot-words        100.00   100.00 to 100.00\n") != std::string::npos);
  CHECK(table.find("confusions") == std::string::npos);
  CHECK(pnlp::report_table(report, 10) == pnlp::report_table(make_report(evaluation, 200, 3, 2)));
}

TEST_CASE("table: one record, no confusion, missing predictions") {
  Evaluation evaluation;
  Outcome outcome;
  outcome.has_label = true;
  outcome.gold_labels = {"a"};
  evaluation.add(outcome);
  const std::string table = pnlp::report_table(make_report(evaluation, 0, 0, 0));
  CHECK(table.starts_with("1 record\n"));
  CHECK(table.find("      1  a     (none)\n") != std::string::npos);
}

TEST_CASE("table: hostile names do not command the terminal, nor break the columns") {
  Evaluation evaluation;
  const std::string escape = "\x1b[2J\nred\xc2\x9b";
  const std::string wide = "\xe6\x99\x82\xe9\x96\x93";  // two characters of two columns
  const std::string endless(300, 'x');
  evaluation.add(joint(escape, wide, 0.5));
  evaluation.add(joint(endless, endless, 0.5));
  const std::string table = pnlp::report_table(make_report(evaluation, 0, 0, 0));
  CHECK(table.find('\x1b') == std::string::npos);
  CHECK(table.find("?[2J?red?") != std::string::npos);
  CHECK(table.find(std::string(41, 'x') + "...") != std::string::npos);
  CHECK(table.find(std::string(42, 'x')) == std::string::npos);
  CHECK(table.find(wide + std::string(40, ' ')) != std::string::npos);
  std::size_t begin = 0;
  while (begin < table.size()) {
    const auto end = table.find('\n', begin);
    CHECK(end - begin <= 96 + 2);  // the wide name has two bytes more than columns
    begin = end + 1;
  }
}

TEST_CASE("JSON: exact text") {
  Evaluation evaluation;
  evaluation.add(joint("a", "a", 0.5));
  evaluation.add(joint("a", "b", 0.5));
  const std::string json = pnlp::report_json(make_report(evaluation, 0, 0, 1));
  const std::string head =
      R"({"records":2,"skipped":1,"metrics":{"accuracy":0.5,"macro-f1":0.3333333333333333,)"
      R"("micro-f1":0.5,"weighted-f1":0.6666666666666666,"exact":0.5,"exact-spans":0.5,)"
      R"("span-f1":0.5,"span-precision":0.5,"span-recall":0.5,"slot-words":1,"ece":0},)"
      R"("labels":[{"label":"a","precision":1,"recall":0.5,"f1":0.6666666666666666,"support":2,)"
      R"("predicted":1,"right":1},{"label":"b","precision":0,"recall":0,"f1":0,"support":0,)"
      R"("predicted":1,"right":0}],"confusion":[{"gold":"a","predicted":"a","count":1},)"
      R"({"gold":"a","predicted":"b","count":1}],"spans":{"precision":0.5,"recall":0.5,"f1":0.5,)"
      R"("support":2,"predicted":2,"right":1,"types":[{"label":"time","precision":0.5,)"
      R"("recall":0.5,"f1":0.5,"support":2,"predicted":2,"right":1}]},"calibration":[)"
      R"({"low":0,"high":0.06666666666666667,"count":0,"probability":null,"right":null},)";
  CHECK(json.substr(0, head.size()) == head);
  CHECK(json.ends_with(
      R"({"low":0.9333333333333333,"high":1,"count":0,"probability":null,"right":null}]})"
      "\n"));
}

TEST_CASE("JSON: reads back, with intervals, nulls and hostile names") {
  Evaluation evaluation;
  Outcome outcome;
  outcome.has_label = true;
  outcome.gold_labels = {"quote \" and\n\x01"};
  evaluation.add(outcome);
  const std::string json = pnlp::report_json(make_report(evaluation, 50, 9, 0));
  const JsonValue value = pnlp::parse_json(json);
  const JsonValue& cell = value.find("confusion")->items.at(0);
  CHECK(cell.find("gold")->string == outcome.gold_labels[0]);
  CHECK(cell.find("predicted")->kind == JsonValue::Kind::null);
  CHECK(value.find("bootstrap")->find("resamples")->number == 50);
  CHECK(value.find("bootstrap")->find("seed")->number == 9);
  REQUIRE(value.find("intervals")->find("accuracy") != nullptr);
  CHECK(value.find("intervals")->find("accuracy")->items.size() == 2);
  CHECK(value.find("spans") == nullptr);
  CHECK(value.find("calibration") == nullptr);
}

TEST_CASE("HTML: whole, balanced, loads nothing") {
  const Evaluation evaluation = four();
  const std::string html =
      pnlp::report_html(make_report(evaluation, 100, 0, 3), "A <title> & more");
  CHECK(html.starts_with("<!DOCTYPE html>\n"));
  CHECK(html.ends_with("</body>\n</html>\n"));
  CHECK(count(html, "A &lt;title&gt; &amp; more") == 2);
  CHECK(html.find("4 records, 3 malformed left out") != std::string::npos);
  for (const std::string tag : {"table", "tr", "svg", "h2", "div", "bdi", "td", "th", "p", "g"}) {
    CHECK(count(html, fmt::format("<{}>", tag)) + count(html, fmt::format("<{} ", tag)) ==
          count(html, fmt::format("</{}>", tag)));
  }
  for (const std::string bad : {"<script", "http:", "https:", "src=", "href=", "@import", "url("}) {
    CHECK(html.find(bad) == std::string::npos);
  }
  CHECK(html.find("100 resamples") != std::string::npos);
  CHECK(html.find("0 answers") == std::string::npos);
  CHECK(html.find("2 answers, mean probability 0.750, right 1.000") != std::string::npos);
  CHECK(html.find("nan") == std::string::npos);
}

TEST_CASE("HTML: hostile label names are text") {
  Evaluation evaluation;
  evaluation.add(joint("<script>alert('x')</script>", "\"><img src=x onerror=y>\x01", 0.5));
  const std::string html = pnlp::report_html(make_report(evaluation, 0, 0, 0), "t");
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("<img") == std::string::npos);
  CHECK(html.find('\x01') == std::string::npos);
  CHECK(html.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") != std::string::npos);
  CHECK(html.find("&quot;&gt;&lt;img") != std::string::npos);
}

TEST_CASE("HTML: the matrix shows the most frequent labels, others are summed up") {
  Evaluation evaluation;
  for (int i = 0; i < 30; ++i) {
    for (int k = 0; k <= 30 - i; ++k) {
      evaluation.add(joint(fmt::format("l{}", i), fmt::format("l{}", k == 0 ? 29 : i), 0.5));
    }
  }
  const std::string html = pnlp::report_html(make_report(evaluation, 0, 0, 0), "t");
  CHECK(html.find("The 20 most frequent of 30 labels.") != std::string::npos);
  CHECK(html.find("<tr><th>20 <bdi>l19</bdi></th>") != std::string::npos);
  CHECK(html.find("<tr><th>21 ") == std::string::npos);
  CHECK(count(html, "var(--wrong), ") == 20);  // l29 is not among them: one cell "other" a row
}

// The evaluation as one HTML page. No scripts, nothing loaded; the policy in its head forbids both,
// so that not even a label's name could bring them in.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "pnlp/task/report.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kMatrixLabels = 20;  // what fits the width of a page
constexpr std::size_t kPairs = 20;

constexpr std::string_view kHead = R"(<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { --ink: #1b1f24; --soft: #667; --line: #d8dbe0; --page: #fff; --bar: #4178be;
  --track: #eceef2; --wrong: 200, 70, 40; --right: 40, 120, 190; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6ea; --soft: #9aa0aa; --line: #3a3f47; --page: #16181c; --bar: #6ea0dc;
    --track: #2a2e35; --wrong: 235, 110, 75; --right: 90, 160, 225; } }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--page);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; }
p { color: var(--soft); margin: .3rem 0; max-width: 46rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .18rem .7rem .18rem 0; text-align: left; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } th.n, td.n { text-align: right; }
td.name { overflow-wrap: anywhere; max-width: 26rem; }
.scroll { overflow-x: auto; }
.matrix { font-size: 12.5px; }
.matrix td, .matrix th { border: 1px solid var(--line); padding: .1rem .3rem; }
.matrix td { text-align: right; min-width: 1.3rem; }
.matrix th { font-weight: 400; white-space: nowrap; } .none { color: var(--soft); }
svg { display: block; } svg text { fill: var(--soft); font-size: 11px; }
.track { fill: var(--track); } .bar { fill: var(--bar); } .band { fill: var(--bar); opacity: .4; }
.axis { stroke: var(--line); fill: none; } .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
.count { fill: var(--soft); opacity: .5; }
</style>
)";

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        // Control characters are not allowed in HTML.
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\xef\xbf\xbd";
        } else {
          out += c;
        }
    }
  }
  return out;
}

// bdi: a name that turns the direction of writing keeps that to itself.
std::string label(std::string_view name) {
  return fmt::format("<bdi>{}</bdi>", escape(name));
}

std::string cell_label(const std::optional<std::string>& name) {
  return name.has_value() ? label(std::string_view(*name)) : "<span class=\"none\">none</span>";
}

void append_metrics(std::string& out, const Report& report) {
  const bool intervals = !report.intervals.empty();
  out += "<h2>Metrics</h2>\n<table>\n<tr><th>metric</th><th class=\"n\">%</th>";
  if (intervals) out += "<th>95 % interval</th>";
  out += "<th></th></tr>\n";
  const auto names = report.evaluation.available();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double value = 100 * report.evaluation.metric(names[i]);
    out += fmt::format("<tr><td>{}</td><td class=\"n\">{:.2f}</td>", names[i], value);
    std::string band;
    if (intervals) {
      const double low = 100 * report.intervals[i].low;
      const double high = 100 * report.intervals[i].high;
      out += fmt::format("<td class=\"n\">{:.2f} to {:.2f}</td>", low, high);
      band =
          fmt::format("<rect class=\"band\" x=\"{:.2f}\" y=\"1\" width=\"{:.2f}\" height=\"12\"/>",
                      2 * low, 2 * (high - low));
    }
    out += fmt::format(
        "<td><svg width=\"202\" height=\"14\" role=\"img\" aria-label=\"{0:.2f} %\">"
        "<rect class=\"track\" y=\"5\" width=\"200\" height=\"4\"/>{1}"
        "<rect class=\"bar\" x=\"{2:.2f}\" width=\"2\" height=\"14\"/></svg></td></tr>\n",
        value, band, 2 * value);
  }
  out += "</table>\n";
  if (intervals) {
    out +=
        fmt::format("<p>Intervals: percentile bootstrap, {} resamples of records, seed {}.</p>\n",
                    report.resamples, report.seed);
  }
}

void append_counts(std::string& out, const char* title, const char* what,
                   const std::vector<NamedCounts>& list) {
  out += fmt::format(
      "<h2>{}</h2>\n<div class=\"scroll\"><table>\n<tr><th>{}</th><th class=\"n\">precision</th>"
      "<th class=\"n\">recall</th><th class=\"n\">F1</th><th></th><th class=\"n\">support</th>"
      "<th class=\"n\">predicted</th></tr>\n",
      title, what);
  for (const NamedCounts& item : list) {
    const Counts& counts = item.counts;
    out += fmt::format(
        "<tr><td class=\"name\">{}</td><td class=\"n\">{:.2f}</td><td class=\"n\">{:.2f}</td>"
        "<td class=\"n\">{:.2f}</td><td><svg width=\"80\" height=\"8\" aria-hidden=\"true\">"
        "<rect class=\"track\" width=\"80\" height=\"8\"/><rect class=\"bar\" width=\"{:.1f}\" "
        "height=\"8\"/></svg></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        label(item.name), 100 * counts.precision(), 100 * counts.recall(), 100 * counts.f1(),
        80 * counts.f1(), counts.gold, counts.predicted);
  }
  out += "</table></div>\n";
}

// Position of each of the most frequent labels in the matrix.
std::unordered_map<std::string, std::size_t> matrix_places(const std::vector<NamedCounts>& labels) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < std::min(labels.size(), kMatrixLabels); ++i) {
    places.emplace(labels[i].name, i);
  }
  return places;
}

void append_matrix(std::string& out, const Evaluation& evaluation,
                   const std::vector<Confusion>& cells) {
  const auto labels = evaluation.labels();
  const auto places = matrix_places(labels);
  const std::size_t size = places.size();
  // The last column holds all other predictions, and none.
  std::vector<std::vector<std::uint64_t>> counts(size, std::vector<std::uint64_t>(size + 1));
  for (const Confusion& cell : cells) {
    const auto row = cell.gold ? places.find(*cell.gold) : places.end();
    if (row == places.end()) continue;
    const auto column = cell.predicted ? places.find(*cell.predicted) : places.end();
    counts[row->second][column == places.end() ? size : column->second] += cell.count;
  }
  out += fmt::format(
      "<h2>Confusion</h2>\n<p>Rows: gold; columns: predicted, by the rows' numbers. {}Shade: share "
      "of the row.</p>\n<div class=\"scroll\"><table class=\"matrix\">\n<tr><th></th>",
      labels.size() > size ? fmt::format("The {} most frequent of {} labels. ", size, labels.size())
                           : "");
  for (std::size_t c = 0; c < size; ++c) out += fmt::format("<th class=\"n\">{}</th>", c + 1);
  out += "<th class=\"n\">other</th></tr>\n";
  for (std::size_t r = 0; r < size; ++r) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts[r]) sum += count;
    out += fmt::format("<tr><th>{} {}</th>", r + 1, label(labels[r].name));
    for (std::size_t c = 0; c <= size; ++c) {
      const std::uint64_t count = counts[r][c];
      if (count == 0) {
        out += "<td></td>";
        continue;
      }
      // Even a single confusion among thousands is to be seen.
      const double share = 0.12 + 0.7 * static_cast<double>(count) / static_cast<double>(sum);
      out += fmt::format("<td style=\"background: rgba(var(--{}), {:.2f})\">{}</td>",
                         r == c ? "right" : "wrong", share, count);
    }
    out += "</tr>\n";
  }
  out += "</table></div>\n";
}

void append_pairs(std::string& out, const std::vector<Confusion>& cells) {
  std::vector<Confusion> pairs;
  std::copy_if(cells.begin(), cells.end(), std::back_inserter(pairs),
               [](const Confusion& cell) { return cell.gold != cell.predicted; });
  if (pairs.empty()) return;
  const std::size_t shown = std::min(pairs.size(), kPairs);
  out += fmt::format(
      "<h2>Top confusions</h2>\n<p>{} of {}.</p>\n<div class=\"scroll\"><table>\n<tr><th "
      "class=\"n\">count</th><th>gold</th><th>predicted</th></tr>\n",
      shown, pairs.size());
  for (std::size_t i = 0; i < shown; ++i) {
    out += fmt::format(
        "<tr><td class=\"n\">{}</td><td class=\"name\">{}</td><td class=\"name\">{}</td></tr>\n",
        pairs[i].count, cell_label(pairs[i].gold), cell_label(pairs[i].predicted));
  }
  out += "</table></div>\n";
}

// A square of 300 from (40, 10), and below it how many cases each bin has.
void append_reliability(std::string& out, const Evaluation& evaluation) {
  const auto& bins = evaluation.calibration();
  const double width = 300.0 / CalibrationBin::kBins;
  std::uint64_t most = 1;
  for (const CalibrationBin& bin : bins) most = std::max(most, bin.count);
  out += fmt::format(
      "<h2>Calibration</h2>\n<p>Bars: share of right answers among those given with such a "
      "probability; on the dashed line they would agree. Below: how many answers, at most {} in "
      "a bin.</p>\n<svg width=\"360\" height=\"420\" role=\"img\" aria-label=\"reliability "
      "diagram\">\n<rect class=\"track\" x=\"40\" y=\"10\" width=\"300\" height=\"300\"/>\n",
      most);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i].count == 0) continue;
    const double x = 40 + width * static_cast<double>(i);
    const double right = static_cast<double>(bins[i].right) / static_cast<double>(bins[i].count);
    const double share = static_cast<double>(bins[i].count) / static_cast<double>(most);
    out += fmt::format(
        "<g><title>{0} answers, mean probability {1:.3f}, right {2:.3f}</title>"
        "<rect class=\"bar\" x=\"{3:.1f}\" y=\"{4:.1f}\" width=\"{5:.1f}\" height=\"{6:.1f}\"/>"
        "<rect class=\"count\" x=\"{3:.1f}\" y=\"{7:.1f}\" width=\"{5:.1f}\" height=\"{8:.1f}\"/>"
        "</g>\n",
        bins[i].count, bins[i].probability_sum / static_cast<double>(bins[i].count), right, x + 1,
        310 - 300 * right, width - 2, 300 * right, 395 - 50 * share, 50 * share);
  }
  out +=
      "<path class=\"ideal\" d=\"M40 310L340 10\"/><path class=\"axis\" d=\"M40 10V310H340M40 "
      "395H340\"/>\n<text x=\"40\" y=\"326\">0</text><text x=\"326\" y=\"326\">1</text>"
      "<text x=\"145\" y=\"326\">probability</text><text x=\"28\" y=\"310\">0</text>"
      "<text x=\"28\" y=\"20\">1</text><text x=\"30\" y=\"190\" transform=\"rotate(-90 30 190)\">"
      "right</text>\n</svg>\n";
}

}  // namespace

std::string report_html(const Report& report, std::string_view title) {
  const Evaluation& evaluation = report.evaluation;
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n"
      "{1}</head>\n<body>\n<h1>{0}</h1>\n<p>{2} records{3}</p>\n",
      escape(title), kHead, evaluation.records(),
      report.skipped > 0 ? fmt::format(", {} malformed left out", report.skipped) : "");
  append_metrics(out, report);
  if (evaluation.has("ece")) append_reliability(out, evaluation);
  if (evaluation.labelled() > 0) {
    const auto cells = evaluation.confusion();
    append_matrix(out, evaluation, cells);
    append_pairs(out, cells);
    append_counts(out, "Labels", "label", evaluation.labels());
  }
  if (evaluation.with_spans() > 0) append_counts(out, "Spans", "span", evaluation.span_types());
  out += "</body>\n</html>\n";
  return out;
}

}  // namespace pnlp

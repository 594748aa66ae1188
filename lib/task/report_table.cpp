// The evaluation as plain text.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "pnlp/task/report.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kWidest = 44;  // columns of a name in a table of one name
constexpr std::size_t kWidestOfTwo = 38;

// A name as a terminal may show it: control characters, which could command it, become '?'.
std::string tame(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    // C1 controls are U+0080 to U+009F: C2 80 to C2 9F in UTF-8.
    const bool c1 = byte == 0xc2 && i + 1 < name.size() &&
                    static_cast<unsigned char>(name[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(name[i + 1]) < 0xa0;
    if (c1) ++i;
    if (c1 || byte < 0x20 || byte == 0x7f) {
      result += '?';
    } else {
      result += name[i];
    }
  }
  return result.empty() ? "(empty)" : result;
}

std::string tame(const std::optional<std::string>& name) {
  return name ? tame(std::string_view(*name)) : "(none)";
}

// Columns that fmt will give the text: it knows of wide characters.
std::size_t columns(const std::string& text) {
  // Padding to w columns adds w - (width) spaces.
  const std::size_t wide = 2 * text.size() + 1;
  return wide - (fmt::format("{:<{}}", text, wide).size() - text.size());
}

std::string cut(const std::string& text, std::size_t width) {
  if (columns(text) <= width) return text;
  return fmt::format("{:.{}}...", text, width - 3);
}

void append_metrics(std::string& out, const Report& report) {
  out += fmt::format("{:<16}{:>8}{}\n", "metric", "%",
                     report.intervals.empty() ? "" : "   95 % interval");
  const auto names = report.evaluation.available();
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += fmt::format("{:<16}{:>8.2f}", names[i], 100 * report.evaluation.metric(names[i]));
    if (!report.intervals.empty()) {
      out += fmt::format("   {:>6.2f} to {:.2f}", 100 * report.intervals[i].low,
                         100 * report.intervals[i].high);
    }
    out += '\n';
  }
}

void append_counts(std::string& out, const char* heading, const std::vector<NamedCounts>& list) {
  std::vector<std::string> names;
  std::size_t width = std::string_view(heading).size();
  for (const NamedCounts& item : list) {
    names.push_back(cut(tame(std::string_view(item.name)), kWidest));
    width = std::max(width, columns(names.back()));
  }
  out += fmt::format("\n{:<{}}{:>12}{:>9}{:>9}{:>10}{:>10}\n", heading, width, "precision",
                     "recall", "f1", "support", "predicted");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Counts& counts = list[i].counts;
    out += fmt::format("{:<{}}{:>12.2f}{:>9.2f}{:>9.2f}{:>10}{:>10}\n", names[i], width,
                       100 * counts.precision(), 100 * counts.recall(), 100 * counts.f1(),
                       counts.gold, counts.predicted);
  }
}

void append_confusions(std::string& out, const Evaluation& evaluation, std::size_t most) {
  std::vector<Confusion> cells = evaluation.confusion();
  std::erase_if(cells, [](const Confusion& cell) { return cell.gold == cell.predicted; });
  if (cells.empty() || most == 0) return;
  const std::size_t pairs = cells.size();
  cells.resize(std::min(most, pairs));
  std::size_t width = 4;
  for (const Confusion& cell : cells) {
    width = std::max(width, columns(cut(tame(cell.gold), kWidestOfTwo)));
  }
  out += fmt::format("\n{:>7}  {:<{}}  {}\n", "count", "gold", width,
                     fmt::format("predicted (top {} of {} confusions)", cells.size(), pairs));
  for (const Confusion& cell : cells) {
    out += fmt::format("{:>7}  {:<{}}  {}\n", cell.count, cut(tame(cell.gold), kWidestOfTwo), width,
                       cut(tame(cell.predicted), kWidestOfTwo));
  }
}

}  // namespace

std::string report_table(const Report& report, std::size_t confusions) {
  const Evaluation& evaluation = report.evaluation;
  std::string out =
      fmt::format("{} record{}", evaluation.records(), evaluation.records() == 1 ? "" : "s");
  if (report.skipped > 0) out += fmt::format(", {} malformed left out", report.skipped);
  out += "\n\n";
  append_metrics(out, report);
  if (evaluation.labelled() > 0) {
    append_counts(out, "label", evaluation.labels());
    append_confusions(out, evaluation, confusions);
  }
  if (evaluation.with_spans() > 0) append_counts(out, "span", evaluation.span_types());
  return out;
}

}  // namespace pnlp

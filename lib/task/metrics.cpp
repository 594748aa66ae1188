#include "pnlp/task/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool span_less(const Span& a, const Span& b) {
  return std::tie(a.start, a.end, a.label) < std::tie(b.start, b.end, b.label);
}

std::vector<Span> sorted(std::span<const Span> spans) {
  std::vector<Span> result(spans.begin(), spans.end());
  std::sort(result.begin(), result.end(), span_less);
  return result;
}

std::vector<Span> common_spans(std::span<const Span> gold, std::span<const Span> predicted) {
  const auto a = sorted(gold);
  const auto b = sorted(predicted);
  std::vector<Span> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common),
                        span_less);
  return common;
}

std::vector<NamedCounts> by_support(std::vector<NamedCounts> list) {
  std::sort(list.begin(), list.end(), [](const NamedCounts& a, const NamedCounts& b) {
    return std::tie(b.counts.gold, a.name) < std::tie(a.counts.gold, b.name);
  });
  return list;
}

std::vector<NamedCounts> named(const std::vector<std::string>& names,
                               std::span<const Counts> counts) {
  std::vector<NamedCounts> list;
  for (std::size_t i = 0; i < names.size(); ++i) list.push_back({names[i], counts[i]});
  return by_support(std::move(list));
}

}  // namespace

void Outcome::clear() {
  has_label = has_spans = false;
  gold_labels.clear();
  labels.clear();
  chances.clear();
  gold_spans.clear();
  spans.clear();
  gold_tags.clear();
  tags.clear();
}

std::vector<std::string> gold_label_names(LabelForm form, std::span<const LabelWeight> labels) {
  std::vector<std::string> names;
  if (form == LabelForm::none || labels.empty()) return names;
  if (form == LabelForm::soft) {
    const auto top = std::max_element(
        labels.begin(), labels.end(),
        [](const LabelWeight& a, const LabelWeight& b) { return a.weight < b.weight; });
    names.push_back(top->name);
    return names;
  }
  names.reserve(labels.size());
  for (const LabelWeight& label : labels) names.push_back(label.name);
  return names;
}

double Counts::precision() const {
  return ratio(right, predicted);
}
double Counts::recall() const {
  return ratio(right, gold);
}
// 2PR / (P + R), in the form that needs one division.
double Counts::f1() const {
  return ratio(2 * right, predicted + gold);
}

Counts& Counts::operator+=(const Counts& other) {
  right += other.right;
  predicted += other.predicted;
  gold += other.gold;
  return *this;
}

Counts count_spans(std::span<const Span> gold, std::span<const Span> predicted) {
  return {common_spans(gold, predicted).size(), predicted.size(), gold.size()};
}

std::uint32_t Evaluation::Names::id(const std::string& name) {
  const auto [at, inserted] = ids_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
  if (inserted) names_.push_back(name);
  return at->second;
}

void Evaluation::add(const Outcome& outcome) {
  Row row;
  if (outcome.has_label) add_labels(outcome, row);
  if (outcome.has_spans) add_spans(outcome, row);
  row.events_end = events_.size();
  row.chances_end = chances_.size();
  rows_.push_back(row);
  all_.labels.resize(label_names_.names().size());
  tally(rows_.size() - 1, all_);
}

void Evaluation::add_labels(const Outcome& outcome, Row& row) {
  const auto ids = [this](const std::vector<std::string>& names) {
    std::vector<std::uint32_t> result;
    result.reserve(names.size());
    for (const std::string& name : names) result.push_back(label_names_.id(name));
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  };
  const auto gold = ids(outcome.gold_labels);
  const auto predicted = ids(outcome.labels);
  std::vector<std::uint32_t> right, missed, wrong;
  std::set_intersection(gold.begin(), gold.end(), predicted.begin(), predicted.end(),
                        std::back_inserter(right));
  std::set_difference(gold.begin(), gold.end(), predicted.begin(), predicted.end(),
                      std::back_inserter(missed));
  std::set_difference(predicted.begin(), predicted.end(), gold.begin(), gold.end(),
                      std::back_inserter(wrong));

  row.has_label = true;
  row.labels_right = missed.empty() && wrong.empty();
  several_labels_ = several_labels_ || gold.size() != 1 || predicted.size() > 1;
  for (const auto label : right) events_.push_back({label, Part::right});
  for (const auto label : missed) events_.push_back({label, Part::missed});
  for (const auto label : wrong) events_.push_back({label, Part::wrong});
  chances_.insert(chances_.end(), outcome.chances.begin(), outcome.chances.end());

  const auto count = [this](std::uint64_t gold_key, std::uint64_t predicted_key) {
    ++cells_[gold_key << 32 | predicted_key];
  };
  for (const auto label : right) count(label + 1ULL, label + 1ULL);
  for (const auto label : missed) {
    for (const auto other : wrong) count(label + 1ULL, other + 1ULL);
    if (wrong.empty()) count(label + 1ULL, 0);
  }
  if (missed.empty()) {
    for (const auto label : wrong) count(0, label + 1ULL);
  }
}

void Evaluation::add_spans(const Outcome& outcome, Row& row) {
  const auto common = common_spans(outcome.gold_spans, outcome.spans);
  row.has_spans = true;
  row.spans = {common.size(), outcome.spans.size(), outcome.gold_spans.size()};
  row.spans_right =
      common.size() == outcome.spans.size() && common.size() == outcome.gold_spans.size();
  const auto type = [this](const Span& span) -> Counts& {
    const std::uint32_t id = type_names_.id(span.label);
    if (id >= types_.size()) types_.resize(id + 1);
    return types_[id];
  };
  for (const Span& span : outcome.gold_spans) ++type(span).gold;
  for (const Span& span : outcome.spans) ++type(span).predicted;
  for (const Span& span : common) ++type(span).right;

  if (outcome.gold_tags.size() != outcome.tags.size()) {
    throw Error(ErrorKind::internal, fmt::format("{} gold tags but {} predicted ones",
                                                 outcome.gold_tags.size(), outcome.tags.size()));
  }
  for (std::size_t i = 0; i < outcome.gold_tags.size(); ++i) {
    if (outcome.gold_tags[i] == "O") continue;
    ++row.slot_words;
    if (outcome.gold_tags[i] == outcome.tags[i]) ++row.slot_words_right;
  }
}

std::vector<NamedCounts> Evaluation::labels() const {
  return named(label_names_.names(), all_.labels);
}

std::vector<NamedCounts> Evaluation::span_types() const {
  return named(type_names_.names(), types_);
}

std::vector<Confusion> Evaluation::confusion() const {
  const auto name = [this](std::uint64_t key) {
    return key == 0 ? std::nullopt : std::optional(label_names_.names()[key - 1]);
  };
  std::vector<Confusion> cells;
  for (const auto& [key, count] : cells_) {
    cells.push_back({name(key >> 32), name(key & 0xffffffff), count});
  }
  std::sort(cells.begin(), cells.end(), [](const Confusion& a, const Confusion& b) {
    return std::tie(b.count, a.gold, a.predicted) < std::tie(a.count, b.gold, b.predicted);
  });
  return cells;
}

}  // namespace pnlp

// The metrics' formulas, over all records or over a resample of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/task/metrics.hpp"

namespace pnlp {
namespace {

enum Metric : std::size_t {
  kAccuracy,
  kMacroF1,
  kMicroF1,
  kWeightedF1,
  kExact,
  kExactSpans,
  kSpanF1,
  kSpanPrecision,
  kSpanRecall,
  kSlotWords,
  kEce,
  kMetrics,
};

constexpr std::array<std::string_view, kMetrics> kNames = {
    "accuracy", "macro-f1",       "micro-f1",    "weighted-f1", "exact", "exact-spans",
    "span-f1",  "span-precision", "span-recall", "slot-words",  "ece"};

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::size_t metric_index(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    throw Error(ErrorKind::usage,
                fmt::format("unknown metric '{}'; there are: {}", name, fmt::join(kNames, ", ")));
  }
  return static_cast<std::size_t>(found - kNames.begin());
}

std::size_t calibration_bin(double probability) {
  if (std::isnan(probability)) return 0;
  constexpr auto kBins = static_cast<double>(CalibrationBin::kBins);
  return static_cast<std::size_t>(std::clamp(std::ceil(probability * kBins) - 1, 0.0, kBins - 1));
}

double calibration_error(std::span<const CalibrationBin> bins) {
  double error = 0;
  std::uint64_t count = 0;
  for (const CalibrationBin& bin : bins) {
    error += std::abs(bin.probability_sum - static_cast<double>(bin.right));
    count += bin.count;
  }
  return count == 0 ? 0.0 : error / static_cast<double>(count);
}

// Mean of F1 over labels that occur, each weighing 1, or its support.
double mean_f1(std::span<const Counts> labels, bool by_support) {
  double sum = 0;
  double weights = 0;
  for (const Counts& counts : labels) {
    if (counts.gold + counts.predicted == 0) continue;
    const double weight = by_support ? static_cast<double>(counts.gold) : 1.0;
    sum += weight * counts.f1();
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0.0;
}

// The q-quantile of sorted values, between order statistics linearly (Hyndman and Fan's type 7).
double quantile(std::span<const double> values, double q) {
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

std::span<const std::string_view> metric_names() {
  return kNames;
}

void check_metric_name(std::string_view name) {
  metric_index(name);
}

bool higher_is_better(std::string_view name) {
  return metric_index(name) != kEce;
}

void Evaluation::tally(std::size_t index, Tally& sums) const {
  const Row& row = rows_[index];
  const Row before = index == 0 ? Row{} : rows_[index - 1];
  for (auto i = before.events_end; i < row.events_end; ++i) {
    Counts& counts = sums.labels[events_[i].label];
    if (events_[i].part != Part::missed) ++counts.predicted;
    if (events_[i].part != Part::wrong) ++counts.gold;
    if (events_[i].part == Part::right) ++counts.right;
  }
  for (auto i = before.chances_end; i < row.chances_end; ++i) {
    CalibrationBin& bin = sums.bins[calibration_bin(chances_[i].probability)];
    ++bin.count;
    bin.right += chances_[i].right ? 1 : 0;
    bin.probability_sum += chances_[i].probability;
  }
  sums.labelled += row.has_label ? 1 : 0;
  sums.labels_right += row.labels_right ? 1 : 0;
  sums.with_spans += row.has_spans ? 1 : 0;
  sums.spans_right += row.spans_right ? 1 : 0;
  if (row.has_label || row.has_spans) {
    ++sums.measured;
    const bool exact = (!row.has_label || row.labels_right) && (!row.has_spans || row.spans_right);
    sums.exact += exact ? 1 : 0;
  }
  sums.spans += row.spans;
  sums.slot_words += row.slot_words;
  sums.slot_words_right += row.slot_words_right;
}

double Evaluation::value(std::size_t metric, const Tally& sums) {
  switch (metric) {
    case kAccuracy:
      return ratio(sums.labels_right, sums.labelled);
    case kMacroF1:
      return mean_f1(sums.labels, false);
    case kMicroF1: {
      Counts total;
      for (const Counts& counts : sums.labels) total += counts;
      return total.f1();
    }
    case kWeightedF1:
      return mean_f1(sums.labels, true);
    case kExact:
      return ratio(sums.exact, sums.measured);
    case kExactSpans:
      return ratio(sums.spans_right, sums.with_spans);
    case kSpanF1:
      return sums.spans.f1();
    case kSpanPrecision:
      return sums.spans.precision();
    case kSpanRecall:
      return sums.spans.recall();
    case kSlotWords:
      return ratio(sums.slot_words_right, sums.slot_words);
    default:
      return calibration_error(sums.bins);
  }
}

bool Evaluation::tells(std::size_t metric) const {
  switch (metric) {
    case kAccuracy:
    case kMacroF1:
    case kMicroF1:
    case kWeightedF1:
      return all_.labelled > 0;
    case kExact:
      return all_.measured > 0;
    case kSlotWords:
      return all_.slot_words > 0;
    case kEce:
      return !chances_.empty();
    default:
      return all_.with_spans > 0;
  }
}

bool Evaluation::has(std::string_view name) const {
  return tells(metric_index(name));
}

double Evaluation::metric(std::string_view name) const {
  const std::size_t index = metric_index(name);
  if (!tells(index)) {
    throw Error(ErrorKind::usage,
                fmt::format("metric '{}' cannot be told from these records; there are: {}", name,
                            fmt::join(available(), ", ")));
  }
  return value(index, all_);
}

std::vector<std::string_view> Evaluation::available() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    if (tells(i)) names.push_back(kNames[i]);
  }
  return names;
}

std::vector<Interval> Evaluation::intervals(std::uint32_t resamples, std::uint64_t seed) const {
  if (resamples == 0) throw Error(ErrorKind::usage, "the bootstrap needs at least one resample");
  std::vector<std::size_t> metrics;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    if (tells(i)) metrics.push_back(i);
  }
  std::vector<std::vector<double>> values(metrics.size());
  Tally sums;
  for (std::uint32_t r = 0; r < resamples && !metrics.empty(); ++r) {
    Random random(seed, r);
    std::vector<Counts> labels = std::move(sums.labels);
    labels.assign(all_.labels.size(), Counts{});
    sums = Tally{};
    sums.labels = std::move(labels);
    for (std::size_t i = 0; i < rows_.size(); ++i) tally(random.below(rows_.size()), sums);
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      values[m].push_back(value(metrics[m], sums));
    }
  }
  std::vector<Interval> result;
  for (std::vector<double>& list : values) {
    std::sort(list.begin(), list.end());
    result.push_back({quantile(list, 0.025), quantile(list, 0.975)});
  }
  return result;
}

}  // namespace pnlp

// What a set of predictions is worth: outcomes go in one record at a time, metrics by name come
// out. No I/O, and names instead of ids, so that the trainer's dev pass and `pnlp eval` measure
// with the same ruler. Definitions: man page pnlp-eval(1), METRICS.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

// A probability the model gave and whether the thing came true.
struct Chance {
  double probability = 0;
  bool right = false;
};

// One record: what is so (gold), and what was predicted.
struct Outcome {
  bool has_label = false;                // the gold record tells its label(s)
  std::vector<std::string> gold_labels;  // one; with several labels any number
  std::vector<std::string> labels;       // predicted; empty: none was given
  // For calibration. Single label: the top probability and whether that label is right. Several
  // labels: one a label-decision, the label's probability and whether the label is gold.
  std::vector<Chance> chances;

  bool has_spans = false;  // the gold record tells its spans (perhaps none)
  std::vector<Span> gold_spans;
  std::vector<Span> spans;
  // BIO tags of the same words, for slot-words; equally long, empty if the words are not known.
  std::vector<std::string> gold_tags;
  std::vector<std::string> tags;

  // Empties everything, keeping memory.
  void clear();
};

// The names that count as gold: all of a list, the most probable of a soft target (the first given
// among equals), none without a label.
std::vector<std::string> gold_label_names(LabelForm form, std::span<const LabelWeight> labels);

// Counts behind precision, recall and F1. A ratio without denominator is 0.
struct Counts {
  std::uint64_t right = 0;      // true positives
  std::uint64_t predicted = 0;  // true and false positives
  std::uint64_t gold = 0;       // true positives and false negatives: the support

  double precision() const;
  double recall() const;
  double f1() const;
  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};

struct NamedCounts {
  std::string name;
  Counts counts;
};

// Spans as conlleval counts chunks: right means equal type and both ends equal.
Counts count_spans(std::span<const Span> gold, std::span<const Span> predicted);

// Cell of the confusion matrix. For several labels: a record's missed gold labels stand against its
// wrongly predicted ones, each with each. Without `gold` or `predicted`: none was there.
struct Confusion {
  std::optional<std::string> gold;
  std::optional<std::string> predicted;
  std::uint64_t count = 0;
  bool operator==(const Confusion&) const = default;
};

// One of the equal-width bins (k/15, (k+1)/15] of probability; 0 falls into the first.
struct CalibrationBin {
  static constexpr std::size_t kBins = 15;
  std::uint64_t count = 0;
  std::uint64_t right = 0;
  double probability_sum = 0;
};

struct Interval {
  double low = 0;
  double high = 0;
};

// Every metric's name, in the order of display.
std::span<const std::string_view> metric_names();
// Error(usage) listing the names, if there is no such metric.
void check_metric_name(std::string_view name);
// False for ece only.
bool higher_is_better(std::string_view name);

class Evaluation {
 public:
  void add(const Outcome& outcome);

  std::uint64_t records() const { return rows_.size(); }
  std::uint64_t labelled() const { return all_.labelled; }
  std::uint64_t with_spans() const { return all_.with_spans; }
  // True if a record's gold labels or its prediction's were not exactly one.
  bool several_labels() const { return several_labels_; }

  // Whether the outcomes tell anything about this metric. Error(usage) for an unknown name.
  bool has(std::string_view name) const;
  // A share (0 to 1). Errors: usage (unknown name, or one that the outcomes tell nothing about;
  // lists those that they do).
  double metric(std::string_view name) const;
  // Those that has() grants, in the order of metric_names().
  std::vector<std::string_view> available() const;

  // By falling support, then by name: labels that occur in gold or predictions.
  std::vector<NamedCounts> labels() const;
  std::vector<NamedCounts> span_types() const;
  Counts spans() const { return all_.spans; }
  // All cells that are not zero, right ones too, by falling count, then by names.
  std::vector<Confusion> confusion() const;
  const std::array<CalibrationBin, CalibrationBin::kBins>& calibration() const { return all_.bins; }

  // 95 % percentile bootstrap intervals of available(), in its order: records are drawn with
  // replacement `resamples` times. Depends on the outcomes, their order, `resamples` and `seed`
  // only. Error(usage) if `resamples` is 0.
  std::vector<Interval> intervals(std::uint32_t resamples = 1000, std::uint64_t seed = 0) const;

 private:
  // Sums over records from which every metric is computed.
  struct Tally {
    std::vector<Counts> labels;
    std::uint64_t labelled = 0, labels_right = 0;
    std::uint64_t with_spans = 0, spans_right = 0;
    std::uint64_t measured = 0, exact = 0;
    std::uint64_t slot_words = 0, slot_words_right = 0;
    Counts spans;
    std::array<CalibrationBin, CalibrationBin::kBins> bins{};
  };
  enum class Part : std::uint8_t { right, missed, wrong };
  struct LabelEvent {
    std::uint32_t label;
    Part part;
  };
  // What one record adds to a tally; its label events and chances lie in the vectors below.
  struct Row {
    std::uint64_t events_end = 0;
    std::uint64_t chances_end = 0;
    Counts spans;
    std::uint32_t slot_words = 0, slot_words_right = 0;
    bool has_label = false, labels_right = false, has_spans = false, spans_right = false;
  };
  class Names {
   public:
    std::uint32_t id(const std::string& name);
    const std::vector<std::string>& names() const { return names_; }

   private:
    std::unordered_map<std::string, std::uint32_t> ids_;
    std::vector<std::string> names_;
  };

  void add_labels(const Outcome& outcome, Row& row);
  void add_spans(const Outcome& outcome, Row& row);
  void tally(std::size_t row, Tally& sums) const;
  static double value(std::size_t metric, const Tally& sums);
  bool tells(std::size_t metric) const;

  Names label_names_;
  Names type_names_;
  std::vector<Row> rows_;
  std::vector<LabelEvent> events_;
  std::vector<Chance> chances_;
  std::vector<Counts> types_;
  std::unordered_map<std::uint64_t, std::uint64_t> cells_;  // gold id + 1 << 32 | predicted id + 1
  Tally all_;
  bool several_labels_ = false;
};

}  // namespace pnlp

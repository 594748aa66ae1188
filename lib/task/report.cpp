#include "pnlp/task/report.hpp"

#include "pnlp/io/json.hpp"

namespace pnlp {
namespace {

void write_counts(JsonWriter& json, const Counts& counts) {
  json.key("precision").value(counts.precision());
  json.key("recall").value(counts.recall());
  json.key("f1").value(counts.f1());
  json.key("support").value(counts.gold);
  json.key("predicted").value(counts.predicted);
  json.key("right").value(counts.right);
}

void write_list(JsonWriter& json, const std::vector<NamedCounts>& list) {
  json.begin_array();
  for (const NamedCounts& item : list) {
    json.begin_object().key("label").value(item.name);
    write_counts(json, item.counts);
    json.end_object();
  }
  json.end_array();
}

void write_confusion(JsonWriter& json, const std::vector<Confusion>& cells) {
  const auto name = [&json](const char* key, const std::optional<std::string>& value) {
    json.key(key);
    if (value.has_value()) {
      json.value(*value);
    } else {
      json.null();
    }
  };
  json.begin_array();
  for (const Confusion& cell : cells) {
    json.begin_object();
    name("gold", cell.gold);
    name("predicted", cell.predicted);
    json.key("count").value(cell.count);
    json.end_object();
  }
  json.end_array();
}

void write_calibration(JsonWriter& json, const Evaluation& evaluation) {
  json.begin_array();
  const auto& bins = evaluation.calibration();
  for (std::size_t i = 0; i < bins.size(); ++i) {
    constexpr auto kBins = static_cast<double>(CalibrationBin::kBins);
    json.begin_object();
    json.key("low").value(static_cast<double>(i) / kBins);
    json.key("high").value(static_cast<double>(i + 1) / kBins);
    json.key("count").value(bins[i].count);
    // Without a case there is no mean: NaN, which is written as null.
    const auto count = static_cast<double>(bins[i].count);
    json.key("probability").value(bins[i].probability_sum / count);
    json.key("right").value(static_cast<double>(bins[i].right) / count);
    json.end_object();
  }
  json.end_array();
}

void write_metrics(JsonWriter& json, const Report& report) {
  const auto names = report.evaluation.available();
  json.key("metrics").begin_object();
  for (const auto name : names) json.key(name).value(report.evaluation.metric(name));
  json.end_object();
  if (report.intervals.empty()) return;
  json.key("intervals").begin_object();
  for (std::size_t i = 0; i < names.size(); ++i) {
    json.key(names[i]).begin_array();
    json.value(report.intervals[i].low).value(report.intervals[i].high);
    json.end_array();
  }
  json.end_object();
  json.key("bootstrap").begin_object();
  json.key("resamples").value(static_cast<std::uint64_t>(report.resamples));
  json.key("seed").value(report.seed);
  json.end_object();
}

}  // namespace

Report make_report(const Evaluation& evaluation, std::uint32_t resamples, std::uint64_t seed,
                   std::uint64_t skipped) {
  Report report{evaluation, {}, resamples, seed, skipped};
  if (resamples > 0) report.intervals = evaluation.intervals(resamples, seed);
  return report;
}

std::string report_json(const Report& report) {
  const Evaluation& evaluation = report.evaluation;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("records").value(evaluation.records());
  json.key("skipped").value(report.skipped);
  write_metrics(json, report);
  if (evaluation.labelled() > 0) {
    json.key("labels");
    write_list(json, evaluation.labels());
    json.key("confusion");
    write_confusion(json, evaluation.confusion());
  }
  if (evaluation.with_spans() > 0) {
    json.key("spans").begin_object();
    write_counts(json, evaluation.spans());
    json.key("types");
    write_list(json, evaluation.span_types());
    json.end_object();
  }
  if (evaluation.has("ece")) {
    json.key("calibration");
    write_calibration(json, evaluation);
  }
  json.end_object();
  out += '\n';
  return out;
}

}  // namespace pnlp

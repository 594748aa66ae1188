// An evaluation for people and for programs: a table of at most 96 columns, JSON, or one HTML page
// that needs nothing else. The same content in all three; the table leaves out right cells of the
// confusion matrix. Names of labels are hostile until escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/task/metrics.hpp"

namespace pnlp {

// What a report shows beside the evaluation itself, which must outlive it.
struct Report {
  const Evaluation& evaluation;
  std::vector<Interval> intervals;  // of evaluation.available(), in its order; empty: none
  std::uint32_t resamples = 0;      // that made the intervals
  std::uint64_t seed = 0;
  std::uint64_t skipped = 0;  // malformed records that were left out
};

// With intervals by `resamples` resamples; none when that is 0.
Report make_report(const Evaluation& evaluation, std::uint32_t resamples, std::uint64_t seed,
                   std::uint64_t skipped);

// Plain text; all values in per cent. At most `confusions` pairs of confused labels.
std::string report_table(const Report& report, std::size_t confusions = 10);

// One JSON object and a newline; keys in a fixed order; shares from 0 to 1, unrounded. Schema:
// pnlp-eval(1), JSON.
std::string report_json(const Report& report);

// A whole page, without scripts or outside resources, for light and dark surroundings. `title` is
// plain text.
std::string report_html(const Report& report, std::string_view title);

}  // namespace pnlp

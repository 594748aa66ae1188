#include "pnlp/task/evaluation_gold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pnlp/base/error.hpp"

namespace pnlp {

std::string joint_name(const std::vector<std::string>& paths) {
  if (paths.empty() || paths.front() == "-") return "standard input";
  if (paths.size() == 1) return paths.front();
  return fmt::format("{} and {} more", paths.front(), paths.size() - 1);
}

bool are_feature_streams(const std::vector<std::string>& paths) {
  if (paths.empty()) return is_feature_stream("-");
  const auto streams = std::count_if(
      paths.begin(), paths.end(), [](const std::string& path) { return is_feature_stream(path); });
  if (streams != 0 && static_cast<std::size_t>(streams) != paths.size()) {
    throw Error(ErrorKind::usage,
                fmt::format("{} of {} files are feature streams; give files of one kind", streams,
                            paths.size()));
  }
  return streams != 0;
}

void gold_of_features(const FeatureRecord& features, Place place, Record& gold) {
  gold = Record{};
  gold.place = std::move(place);
  gold.id = features.id;
  gold.has_tokens = true;
  gold.tokens = features.tokens;
  gold.label_form = features.label_form;
  gold.labels = features.labels;
  gold.has_spans = features.has_spans;
  gold.spans = features.spans;
}

GoldReader::GoldReader(const std::vector<std::string>& paths, ReaderOptions options)
    : name_(joint_name(paths)) {
  options.need_text = false;
  if (are_feature_streams(paths)) {
    features_ = std::make_unique<FeatureReader>(paths);
  } else {
    records_ = std::make_unique<RecordReader>(paths, std::move(options));
  }
}

GoldReader::~GoldReader() = default;

bool GoldReader::next(Record& gold) {
  if (records_) return records_->next(gold);
  if (!features_->next(feature_record_)) return false;
  gold_of_features(feature_record_, {name_, features_->records()}, gold);
  return true;
}

}  // namespace pnlp

// Gold records from any format or from feature streams. Private to evaluation*.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp {

// All of `paths` are feature streams, or none is: Error(usage) otherwise.
bool are_feature_streams(const std::vector<std::string>& paths);

// The gold side of a feature record, as a Record with tokens. `place` is taken.
void gold_of_features(const FeatureRecord& features, Place place, Record& gold);

class GoldReader {
 public:
  GoldReader(const std::vector<std::string>& paths, ReaderOptions options);
  ~GoldReader();
  GoldReader(const GoldReader&) = delete;
  GoldReader& operator=(const GoldReader&) = delete;
  GoldReader(GoldReader&&) = delete;
  GoldReader& operator=(GoldReader&&) = delete;

  // Fills `gold` (memory reused) and returns true, or returns false at the end.
  bool next(Record& gold);
  // "FILE", or "FILE and 2 more", for messages about all of it.
  const std::string& name() const { return name_; }
  std::uint64_t dropped_spans() const { return records_ ? records_->dropped_spans() : 0; }

 private:
  std::string name_;
  std::unique_ptr<RecordReader> records_;
  std::unique_ptr<FeatureReader> features_;
  FeatureRecord feature_record_;
};

// For messages about several files.
std::string joint_name(const std::vector<std::string>& paths);

}  // namespace pnlp

// Records or feature streams from files, projected into memory: what training and measuring start
// from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "messages.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/record_set.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp::cmd {

struct LoadedFeatures {
  explicit LoadedFeatures(const FeatureSource& source_);
  FeatureSource source;
  RecordSet records;
  bool skipped = false;  // some records were malformed (reported already)

  // As though it had been projected without this channel of the word, which it has.
  void leave_out(std::string_view channel);
};

// Projects records from `files` by `threads` threads.
LoadedFeatures load_records(const std::vector<std::string>& files, const ReaderOptions& reader,
                            std::unique_ptr<Featurizer> featurizer, int threads,
                            const Messages& messages);

// Reads a feature stream. Error(data) with a remedy if `expected` is given and the features are not
// interchangeable with those.
LoadedFeatures load_features(const std::vector<std::string>& files, const FeatureSource* expected);

// Whether the files are feature streams. Error(usage) if only some are.
bool are_feature_streams(const std::vector<std::string>& files);

}  // namespace pnlp::cmd

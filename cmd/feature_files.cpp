#include "feature_files.hpp"

#include <fmt/format.h>

#include "command.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/feature/stream.hpp"
#include "record_pipeline.hpp"

namespace pnlp::cmd {

LoadedFeatures::LoadedFeatures(const FeatureSource& source_)
    : source(source_), records(channels_width(projection_channels(source_.projection))) {}

void LoadedFeatures::leave_out(std::string_view channel) {
  std::uint32_t first = 0;
  for (const Channel& next : projection_channels(source.projection)) {
    if (next.name == channel) records.leave_out(first, next.values);
    first += next.values;
  }
  std::erase(source.projection.channels, channel);
}

LoadedFeatures load_records(const std::vector<std::string>& files,
                            const ReaderOptions& reader_options,
                            std::unique_ptr<Featurizer> featurizer, int threads,
                            const Messages& messages) {
  LoadedFeatures set(featurizer->source());
  std::vector<std::unique_ptr<Featurizer>> featurizers;
  featurizers.push_back(std::move(featurizer));
  while (featurizers.size() < static_cast<std::size_t>(threads)) {
    featurizers.push_back(featurizers[0]->clone());
  }
  RecordReader reader(files, reader_options);
  PipelineOptions pipeline;
  pipeline.threads = threads;
  run_records(
      reader, pipeline,
      [&](RecordBatch& batch, int worker) {
        batch.features.resize(batch.count);
        for (std::size_t i = 0; i < batch.count; ++i) {
          featurizers[static_cast<std::size_t>(worker)]->featurize(batch.records[i],
                                                                   batch.features[i]);
        }
      },
      [&](RecordBatch& batch) {
        for (std::size_t i = 0; i < batch.count; ++i) set.records.add(batch.features[i]);
      },
      [] {});
  set.skipped = report_failed(reader, reader_options.on_error, messages) != kDone;
  return set;
}

LoadedFeatures load_features(const std::vector<std::string>& files, const FeatureSource* expected) {
  FeatureReader reader(files);
  LoadedFeatures set(reader.source());
  if (expected != nullptr) {
    const std::string difference = expected->difference(set.source);
    if (!difference.empty()) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: {}; project it again with the same tokenizer and options",
                              files.empty() ? "standard input" : files.front(), difference));
    }
  }
  FeatureRecord record;
  while (reader.next(record)) set.records.add(record);
  return set;
}

bool are_feature_streams(const std::vector<std::string>& files) {
  const std::string first = files.empty() ? "-" : files.front();
  const bool stream = is_feature_stream(first);
  for (const std::string& file : files) {
    if (&file == &files.front() || file == "-") continue;
    if (is_feature_stream(file) != stream) {
      throw Error(ErrorKind::usage,
                  fmt::format("{} is {}a feature stream and {} is {}; give files of one kind",
                              first, stream ? "" : "not ", file, stream ? "not" : "one"));
    }
  }
  return stream;
}

}  // namespace pnlp::cmd

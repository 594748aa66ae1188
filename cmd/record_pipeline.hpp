// The loop of every filter: read records in batches by input order, work on the batches in several
// threads, write the results in input order, and never sit on finished output while input blocks.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "messages.hpp"
#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/feature/word_batch.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp::cmd {

// Records of a batch; the memory of records beyond `count` is kept for reuse.
struct RecordBatch {
  std::vector<Record> records;
  std::size_t count = 0;
  std::vector<FeatureRecord> features;   // of feature streams
  std::vector<NumberedRecord> numbered;  // of commands that project
  WordBatch words;                       // what `numbered` counts, for other threads
  std::string out;                       // what work() made, for write()
  bool hurried = false;  // cut short because input would have blocked: flush after it
};

struct PipelineOptions {
  int threads = 1;
  std::size_t batch = 256;     // records; 1 when line-buffered
  bool line_buffered = false;  // flush after every batch
};

// `work` fills batch.out; its `worker` is below threads, and not above 0 before a batch is full. An
// error in the input is thrown after everything before it has been written. `flush` is called after
// a batch that was cut short.
void run_records(RecordReader& reader, const PipelineOptions& options,
                 const std::function<void(RecordBatch& batch, int worker)>& work,
                 const std::function<void(RecordBatch& batch)>& write,
                 const std::function<void()>& flush);

// The same with batch.out written to `file`.
void run_records(RecordReader& reader, OutputFile& file, const PipelineOptions& options,
                 const std::function<void(RecordBatch& batch, int worker)>& work);
// The same for a feature stream, into batch.features.
void run_features(FeatureReader& reader, OutputFile& file, const PipelineOptions& options,
                  const std::function<void(RecordBatch& batch, int worker)>& work);

// With -v: how many words were remembered from before.
void say_hit_rate(const Messages& messages, const Featurizer::CacheCounts& counts);

// Says how many records were malformed, if any, and returns the exit status.
int report_failed(const RecordReader& reader, OnError on_error, const Messages& messages);

}  // namespace pnlp::cmd

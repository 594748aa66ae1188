#include "record_pipeline.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "command.hpp"
#include "pnlp/base/workers.hpp"

namespace pnlp::cmd {
namespace {

// Batches in flight per thread: one being worked on, one waiting for its turn to be written.
constexpr std::size_t kSlotsPerThread = 2;

std::vector<Record>& items(RecordBatch& batch, const RecordReader&) {
  return batch.records;
}
std::vector<FeatureRecord>& items(RecordBatch& batch, const FeatureReader&) {
  return batch.features;
}

// Fills batches from a reader. An error that comes after records of the same batch waits until they
// are on their way.
template <typename Reader>
class BatchSource {
 public:
  BatchSource(Reader& reader, std::size_t size) : reader_(reader), size_(size) {}

  bool fill(RecordBatch& batch) {
    if (failure_) std::rethrow_exception(failure_);
    auto& into = items(batch, reader_);
    into.resize(size_);
    batch.count = 0;
    batch.out.clear();
    batch.hurried = false;
    try {
      while (batch.count < size_ && reader_.next(into[batch.count])) {
        ++batch.count;
        if (batch.count < size_ && !reader_.ready()) {
          batch.hurried = true;
          break;
        }
      }
    } catch (...) {
      if (batch.count == 0) throw;
      failure_ = std::current_exception();
    }
    return batch.count > 0;
  }

 private:
  Reader& reader_;
  std::size_t size_;
  std::exception_ptr failure_;
};

template <typename Reader>
void run_batches(Reader& reader, const PipelineOptions& options,
                 const std::function<void(RecordBatch&, int)>& work,
                 const std::function<void(RecordBatch&)>& write,
                 const std::function<void()>& flush) {
  const std::size_t size = options.line_buffered ? 1 : options.batch;
  BatchSource<Reader> source(reader, size);
  std::vector<RecordBatch> slots(static_cast<std::size_t>(options.threads) * kSlotsPerThread);
  const auto finish = [&](RecordBatch& batch) {
    write(batch);
    if (batch.hurried || options.line_buffered) flush();
  };
  // A batch that is not full holds all that is left, or all that is at hand: others would be
  // started for nothing.
  bool more = false;
  while ((more = source.fill(slots[0])) && slots[0].count < size) {
    work(slots[0], 0);
    finish(slots[0]);
  }
  if (!more) return;
  bool filled = true;
  run_pipeline(
      options.threads, slots.size(),
      [&](std::size_t slot) { return std::exchange(filled, false) || source.fill(slots[slot]); },
      [&](std::size_t slot, int worker) { work(slots[slot], worker); },
      [&](std::size_t slot) { finish(slots[slot]); });
}

template <typename Reader>
void run_to_file(Reader& reader, OutputFile& file, const PipelineOptions& options,
                 const std::function<void(RecordBatch&, int)>& work) {
  PipelineOptions own = options;
  own.line_buffered = options.line_buffered || file.is_terminal();
  run_batches(
      reader, own, work, [&](RecordBatch& batch) { file.write(batch.out); }, [&] { file.flush(); });
}

}  // namespace

void run_records(RecordReader& reader, const PipelineOptions& options,
                 const std::function<void(RecordBatch&, int)>& work,
                 const std::function<void(RecordBatch&)>& write,
                 const std::function<void()>& flush) {
  run_batches(reader, options, work, write, flush);
}

void run_records(RecordReader& reader, OutputFile& file, const PipelineOptions& options,
                 const std::function<void(RecordBatch&, int)>& work) {
  run_to_file(reader, file, options, work);
}

void run_features(FeatureReader& reader, OutputFile& file, const PipelineOptions& options,
                  const std::function<void(RecordBatch&, int)>& work) {
  run_to_file(reader, file, options, work);
}

void say_hit_rate(const Messages& messages, const Featurizer::CacheCounts& counts) {
  const std::uint64_t words = counts.hits + counts.misses;
  if (words == 0) return;
  messages.detail(
      fmt::format("{} words, {:.1f} % of them remembered from before", words,
                  100.0 * static_cast<double>(counts.hits) / static_cast<double>(words)));
}

int report_failed(const RecordReader& reader, OnError on_error, const Messages& messages) {
  if (reader.dropped_spans() != 0) {
    messages.warn(fmt::format("{} gold span{} left out: longer ones overlap them",
                              reader.dropped_spans(), reader.dropped_spans() == 1 ? "" : "s"));
  }
  if (reader.failed() == 0) return kDone;
  messages.warn(fmt::format(
      "{} malformed record{} {}; the first: {}", reader.failed(), reader.failed() == 1 ? "" : "s",
      on_error == OnError::null ? "answered with null" : "skipped", reader.first_failure()));
  return kNegative;
}

}  // namespace pnlp::cmd

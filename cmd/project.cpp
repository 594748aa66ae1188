// pnlp project: records to a stream of fingerprints.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/model_source.hpp"
#include "pnlp/text/tokenizer.hpp"
#include "record_pipeline.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

// Records: a word is looked up in the frame once a batch.
constexpr std::size_t kBatch = 1024;

// Frames are cut early only for a reader that may be waiting at the other end: the bytes of a file
// must not depend on how fast the input came.
bool someone_waits(const std::string& path) {
  struct stat status = {};
  const int failed = path == "-" ? fstat(STDOUT_FILENO, &status) : stat(path.c_str(), &status);
  return failed == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

class Project : public Command {
 public:
  void declare(Options& options) override {
    options.section("Input");
    declare_format(options, reader_);
    declare_faults(options, reader_);
    declare_files(options, files_,
                  "records: lines, JSONL (also tokenize's), TSV, fastText or CoNLL");
    options.section("Projection");
    declare_tokenizer(options, tokenizer_);
    declare_projection(options, spec_);
    options.file(model_, "model,m", "tokenizer and projection of this model instead", "MODEL");
    options.section("Output");
    declare_output(options, output_);
    options.flag(stream_.compress, "compress", "compress each frame (zstd)");
    options.flag(force_, "force", "write to a terminal all the same");
    options.flag(line_buffered_, "line-buffered", "write each record as soon as it is read");
    declare_threads(options, threads_);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    const Messages messages(options.command(), verbosity_);
    check(options);
    OutputFile file(output_);
    if (file.is_terminal() && !force_) {
      throw Error(ErrorKind::usage,
                  "a feature stream is binary and standard output is a terminal; redirect it, or "
                  "use -o FILE or --force");
    }
    RecordReader reader(files_, reader_);
    std::vector<std::unique_ptr<Featurizer>> featurizers = make_featurizers();
    // Begun with the first records, so that nothing is written for an input that cannot be read.
    std::optional<FeatureWriter> writer;
    project(reader, featurizers, file, writer);
    if (!writer) writer.emplace(file, featurizers[0]->source(), stream_);
    writer->finish();
    file.commit();
    messages.detail(fmt::format("{} records projected", reader.records()));
    Featurizer::CacheCounts counts;
    for (const auto& featurizer : featurizers) counts += featurizer->cache_counts();
    say_hit_rate(messages, counts);
    return report_failed(reader, reader_.on_error, messages);
  }

 private:
  void check(const Options& options) {
    if (model_.empty()) {
      resolve_projection(options, spec_);
      return;
    }
    refuse_given(options, kFeatureOptions, "makes no sense with --model, which brings its own");
  }

  std::vector<std::unique_ptr<Featurizer>> make_featurizers() const {
    std::vector<std::unique_ptr<Featurizer>> featurizers;
    if (model_.empty()) {
      featurizers.push_back(std::make_unique<Featurizer>(open_tokenizer(tokenizer_), spec_));
    } else {
      const ModelFile model = load_model(model_);
      featurizers.push_back(std::make_unique<Featurizer>(source_of(model)));
    }
    while (featurizers.size() < static_cast<std::size_t>(threads_)) {
      featurizers.push_back(featurizers[0]->clone());
    }
    return featurizers;
  }

  static void number_records(Featurizer& featurizer, RecordBatch& batch) {
    featurizer.renew();
    batch.words.start(featurizer.width());
    batch.numbered.resize(batch.records.size());
    for (std::size_t i = 0; i < batch.count; ++i) {
      if (batch.records[i].malformed) {
        batch.numbered[i] = NumberedRecord();
        continue;
      }
      Record& record = batch.records[i];
      featurizer.number(record, batch.numbered[i]);
      check_streamable(record.tag_weights, record.place);
      place_tag_weights(record, batch.numbered[i].tokens, record.has_spans, record.spans);
      batch.words.take(featurizer.rows(), batch.numbered[i]);
    }
  }

  void project(RecordReader& reader, std::vector<std::unique_ptr<Featurizer>>& featurizers,
               OutputFile& file, std::optional<FeatureWriter>& writer) const {
    PipelineOptions pipeline;
    pipeline.threads = threads_;
    pipeline.line_buffered = line_buffered_;
    pipeline.batch = kBatch;
    const bool flush = line_buffered_ || file.is_terminal() || someone_waits(output_);
    run_records(
        reader, pipeline,
        [&](RecordBatch& batch, int worker) {
          number_records(*featurizers[static_cast<std::size_t>(worker)], batch);
        },
        [&](RecordBatch& batch) {
          if (!writer) writer.emplace(file, featurizers[0]->source(), stream_);
          writer->write(batch.words.rows(), std::span(batch.numbered).first(batch.count),
                        std::span(batch.records).first(batch.count));
        },
        [&] {
          if (flush) writer->flush();
        });
  }

  ReaderOptions reader_;
  std::vector<std::string> files_;
  std::string tokenizer_ = "chars";
  ProjectionSpec spec_;
  std::string model_;
  std::string output_ = "-";
  StreamOptions stream_;
  bool force_ = false;
  bool line_buffered_ = false;
  int threads_ = 1;
  Verbosity verbosity_;
};

}  // namespace

std::unique_ptr<Command> make_project() {
  return std::make_unique<Project>();
}

}  // namespace pnlp::cmd

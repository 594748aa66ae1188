// The feature stream (.pnf), man page pnlp-features(5): header, frames of whole records, closing
// frame. Written and read in constant memory; a stream cut or damaged anywhere is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/numbered_words.hpp"
#include "pnlp/io/file.hpp"

namespace pnlp {

struct StreamOptions {
  bool compress = false;                 // zstd level 3 per frame
  std::uint32_t frame_bytes = 1U << 20;  // payload at which a frame is closed
  bool carry_tokenizer = true;           // its vocabulary in the header, so that `train` has it
};

// Error(data) at `place` if a record has these: a stream cannot hold probabilities of tags.
void check_streamable(std::span<const TagWeights> tag_weights, const Place& place);

class FeatureWriter {
 public:
  // Writes the header at once. Keeps a reference to `file`, which must outlive it. Errors: io.
  FeatureWriter(OutputFile& file, const FeatureSource& source, StreamOptions options = {});
  ~FeatureWriter();
  FeatureWriter(const FeatureWriter&) = delete;
  FeatureWriter& operator=(const FeatureWriter&) = delete;
  FeatureWriter(FeatureWriter&&) noexcept;
  FeatureWriter& operator=(FeatureWriter&&) noexcept;

  // Errors: io; data (a record of more than 64 MiB; see check_streamable()); internal (values that
  // do not fit the tokens; tokens or spans that overlap or go backwards).
  void write(const FeatureRecord& record);
  // The same for records of a batch whose words are numbered in `rows`; what else they carry is
  // the `records`'. Errors: the same.
  void write(const NumberedWords& rows, std::span<const NumberedRecord> words,
             std::span<const Record> records);
  // Writes what is pending as a frame, so that a reader at the other end of a pipe can go on.
  void flush();
  // The closing frame. Without it the stream counts as cut. Does not commit the file.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class FeatureReader {
 public:
  // Reads the first header. `paths` as for RecordReader; streams may also stand one after another
  // in a file. Errors: io; data, with file and offset (magic, version, checksum, cut, bytes after
  // the end, a stream whose source differs from the first one's).
  explicit FeatureReader(std::vector<std::string> paths);
  // The same from a file that is already open (and perhaps was peeked at), then `rest`, which may
  // be empty.
  FeatureReader(InputFile first, std::vector<std::string> rest);
  ~FeatureReader();
  FeatureReader(const FeatureReader&) = delete;
  FeatureReader& operator=(const FeatureReader&) = delete;
  FeatureReader(FeatureReader&&) noexcept;
  FeatureReader& operator=(FeatureReader&&) noexcept;

  // Fills `record` (memory reused) and returns true, or false after the last stream's end.
  bool next(FeatureRecord& record);
  // Whether next() would return without waiting for more input. For flushing partial batches.
  bool ready() const;
  // Of the first stream; the others' are interchangeable with it.
  const FeatureSource& source() const;
  const std::vector<Channel>& channels() const;
  std::uint64_t records() const;  // returned so far
  std::uint64_t tokens() const;   // of these

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether the bytes that come next are the magic of a feature stream. Consumes nothing.
bool is_feature_stream(InputFile& file);
// Standard input ("-") is peeked at, and a reader opened later misses nothing. A named pipe cannot
// be opened twice: it counts as a feature stream if its name ends in ".pnf".
bool is_feature_stream(const std::string& path);

}  // namespace pnlp

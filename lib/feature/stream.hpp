// The feature stream (.pnf), man page pnlp-features(5): header, frames of whole records, closing
// frame. Written and read in constant memory; a stream cut or damaged anywhere is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/io/file.hpp"

namespace pnlp {

struct StreamOptions {
  bool compress = false;                 // zstd level 3 per frame
  std::uint32_t frame_bytes = 1U << 20;  // payload at which a frame is closed
};

class FeatureWriter {
 public:
  // Writes the header at once. Keeps a reference to `file`, which must outlive it.
  FeatureWriter(OutputFile& file, const FeatureSource& source, StreamOptions options = {});
  ~FeatureWriter();
  void write(const FeatureRecord& record);
  // Writes what is pending as a frame, so that a reader at the other end of a pipe can go on.
  void flush();
  // The closing frame. Without it the stream counts as cut.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class FeatureReader {
 public:
  // Reads the header. `paths` as for RecordReader; streams may also stand one after another in a
  // file. Errors: io, data (magic, version, checksum, cut, trailing bytes, headers that differ).
  explicit FeatureReader(std::vector<std::string> paths);
  ~FeatureReader();
  bool next(FeatureRecord& record);
  bool ready() const;
  const FeatureSource& source() const;
  std::uint64_t records() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether a file (not a pipe) begins with the magic of a feature stream; for standard input, peeks.
bool is_feature_stream(const std::string& path);

}  // namespace pnlp

#include <fmt/format.h>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/feature/stream_format.hpp"
#include "pnlp/io/frame.hpp"

namespace pnlp {

struct FeatureWriter::State {
  OutputFile& file;
  StreamOptions options;
  RecordEncoder pending;
  StreamEnd end;
  Digest checksums;
  std::string bytes;

  State(OutputFile& to, const FeatureSource& source, StreamOptions asked)
      : file(to), options(asked), pending(channels_width(projection_channels(source.projection))) {
    ByteWriter writer;
    writer.raw(kStreamMagic);
    writer.u16(kStreamVersion);
    bytes = writer.take();
    const std::string header = encode_header(source, options.carry_tokenizer);
    checksums.update(append_frame(bytes, kHeaderFrame, 0, header));
    file.write(bytes);
  }

  void write_pending() {
    if (pending.count() == 0) return;
    bytes.clear();
    checksums.update(
        append_frame(bytes, kRecordFrame, pending.count(), pending.payload(), options.compress));
    ++end.frames;
    pending.clear();
    file.write(bytes);
  }
};

FeatureWriter::FeatureWriter(OutputFile& file, const FeatureSource& source, StreamOptions options)
    : state_(std::make_unique<State>(file, source, options)) {}
FeatureWriter::~FeatureWriter() = default;
FeatureWriter::FeatureWriter(FeatureWriter&&) noexcept = default;
FeatureWriter& FeatureWriter::operator=(FeatureWriter&&) noexcept = default;

void check_streamable(const FeatureRecord& record, const Place& place) {
  if (record.tag_weights.empty()) return;
  throw Error(ErrorKind::data, place,
              "the record has probabilities of tags, which a feature stream cannot hold; train on "
              "the JSONL records, or name a field with other tags by --tags-field");
}

void FeatureWriter::write(const FeatureRecord& record) {
  check_streamable(record, {});
  // A long record gets a frame of its own, so that its size is the only one that counts.
  const std::size_t most = record.values.size() * sizeof(std::uint16_t);
  if (most >= state_->options.frame_bytes) state_->write_pending();
  state_->pending.add(record);
  if (state_->pending.size() > kMaxFramePayload) {
    throw Error(ErrorKind::data,
                fmt::format("a record of {} tokens does not fit into a feature stream; cut it "
                            "into parts",
                            record.tokens.size()));
  }
  ++state_->end.records;
  state_->end.tokens += record.tokens.size();
  if (state_->pending.size() >= state_->options.frame_bytes) state_->write_pending();
}

void FeatureWriter::flush() {
  state_->write_pending();
  state_->file.flush();
}

void FeatureWriter::finish() {
  state_->write_pending();
  state_->end.digest = state_->checksums.value();
  state_->bytes.clear();
  append_frame(state_->bytes, kEndFrame, 0, encode_end(state_->end));
  state_->file.write(state_->bytes);
}

}  // namespace pnlp

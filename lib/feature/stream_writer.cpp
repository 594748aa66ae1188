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
  std::size_t width;  // values of a token
  RecordEncoder pending;
  StreamEnd end;
  Digest checksums;
  std::string bytes;

  State(OutputFile& to, const FeatureSource& source, StreamOptions asked)
      : file(to),
        options(asked),
        width(channels_width(projection_channels(source.projection))),
        pending(static_cast<std::uint32_t>(width)) {
    ByteWriter writer;
    writer.raw(kStreamMagic);
    writer.u16(kStreamVersion);
    bytes = writer.take();
    const std::string header = encode_header(source, options.carry_tokenizer);
    checksums.update(append_frame(bytes, kHeaderFrame, 0, header));
    file.write(bytes);
  }

  // `add` puts a record of so many tokens into the frame.
  template <typename Add>
  void write(std::size_t tokens, const Add& add) {
    // A long record gets a frame of its own, so that its size is the only one that counts.
    if (tokens * width * sizeof(std::uint16_t) >= options.frame_bytes) write_pending();
    add();
    if (pending.size() > kMaxFramePayload) {
      throw Error(ErrorKind::data,
                  fmt::format("a record of {} tokens does not fit into a feature stream; cut it "
                              "into parts",
                              tokens));
    }
    ++end.records;
    end.tokens += tokens;
    if (pending.size() >= options.frame_bytes) write_pending();
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

void check_streamable(std::span<const TagWeights> tag_weights, const Place& place) {
  if (tag_weights.empty()) return;
  throw Error(ErrorKind::data, place,
              "the record has probabilities of tags, which a feature stream cannot hold; train on "
              "the JSONL records, or name a field with other tags by --tags-field");
}

void FeatureWriter::write(const FeatureRecord& record) {
  check_streamable(record.tag_weights, {});
  state_->write(record.tokens.size(), [&] { state_->pending.add(record); });
}

void FeatureWriter::write(const NumberedWords& rows, std::span<const NumberedRecord> words,
                          std::span<const Record> records) {
  state_->pending.forget_numbers();
  for (std::size_t i = 0; i < words.size(); ++i) {
    check_streamable(records[i].tag_weights, records[i].place);
    state_->write(words[i].tokens.size(), [&] { state_->pending.add(records[i], words[i], rows); });
  }
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

#include "pnlp/feature/stream_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/code_points.hpp"

namespace pnlp {
namespace {

constexpr std::uint64_t kMaxChannels = 64;
constexpr std::uint8_t kFormBits = 3;
constexpr std::uint8_t kHasSpans = 4;
constexpr int kTokenizerLevel = 3;
// A token takes at least three bytes (two offsets, a row), a label or a span one.
constexpr std::uint64_t kMinTokenBytes = 3;

// `begin` after `end` of the item before, and the item's own length.
void put_range(ByteWriter& writer, std::uint32_t& last, std::uint32_t begin, std::uint32_t end) {
  if (begin < last || end < begin) {
    throw Error(ErrorKind::internal,
                fmt::format("bytes {} to {} overlap what ends at {}", begin, end, last));
  }
  writer.varint(begin - last);
  writer.varint(end - begin);
  last = end;
}

}  // namespace

std::string encode_header(const FeatureSource& source, bool carry_tokenizer) {
  ByteWriter writer;
  writer.string(encode_source(source, carry_tokenizer, kTokenizerLevel));
  const std::vector<Channel> channels = projection_channels(source.projection);
  writer.varint(channels.size());
  for (const Channel& channel : channels) {
    writer.string(channel.name);
    writer.u32(channel.values);
  }
  return writer.take();
}

FeatureSource decode_header(std::string_view payload) {
  ByteReader reader(payload, "the header");
  FeatureSource source = decode_source(reader.string());
  std::vector<Channel> channels(reader.count(kMaxChannels));
  for (Channel& channel : channels) {
    channel.name = reader.string();
    channel.values = reader.u32();
  }
  reader.finish();
  const auto alike = [](const Channel& a, const Channel& b) {
    return a.name == b.name && a.values == b.values;
  };
  if (!std::ranges::equal(channels, projection_channels(source.projection), alike)) {
    throw Error(ErrorKind::data, "the header's channels are not those of its projection");
  }
  return source;
}

std::string encode_end(const StreamEnd& end) {
  ByteWriter writer;
  writer.u64(end.frames);
  writer.u64(end.records);
  writer.u64(end.tokens);
  writer.u64(end.digest);
  return writer.take();
}

StreamEnd decode_end(std::string_view payload) {
  ByteReader reader(payload, "the closing frame");
  StreamEnd end;
  end.frames = reader.u64();
  end.records = reader.u64();
  end.tokens = reader.u64();
  end.digest = reader.u64();
  reader.finish();
  return end;
}

template <typename AnyRecord, typename RowOf>
void RecordEncoder::add_any(const AnyRecord& record, std::span<const ByteRange> tokens,
                            const RowOf& row_of) {
  ByteWriter writer;
  writer.string(record.id);
  writer.varint(tokens.size());
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    put_range(writer, last, tokens[i].begin, tokens[i].end);
    writer.varint(row_of(i));
  }
  const auto form = static_cast<std::uint8_t>(record.label_form);
  writer.u8(form | (record.has_spans ? kHasSpans : 0));
  if (record.label_form != LabelForm::none) {
    writer.varint(record.labels.size());
    for (const LabelWeight& label : record.labels) {
      writer.string(label.name);
      if (record.label_form == LabelForm::soft) writer.f32(label.weight);
    }
  }
  if (record.has_spans) {
    writer.varint(record.spans.size());
    last = 0;
    for (const Span& span : record.spans) {
      put_range(writer, last, span.start, span.end);
      writer.string(span.label);
    }
  }
  records_.raw(writer.bytes());
  ++count_;
}

void RecordEncoder::add(const FeatureRecord& record) {
  const std::size_t width = rows_.width();
  if (record.values.size() != record.tokens.size() * width) {
    throw Error(ErrorKind::internal,
                fmt::format("a record of {} tokens has {} values; {} a token were expected",
                            record.tokens.size(), record.values.size(), width));
  }
  const std::span<const std::uint16_t> values = record.values;
  add_any(record, record.tokens,
          [&](std::size_t i) { return rows_.add(values.subspan(i * width, width)); });
}

void RecordEncoder::add(const Record& record, const NumberedRecord& words,
                        const NumberedWords& rows) {
  if (rows.width != rows_.width() || words.words.size() != words.tokens.size()) {
    throw Error(ErrorKind::internal,
                fmt::format("a record of {} tokens has {} words of {} values; {} were expected",
                            words.tokens.size(), words.words.size(), rows.width, rows_.width()));
  }
  if (stamp_.size() < rows.words()) {
    stamp_.resize(rows.words(), 0);
    row_.resize(rows.words());
  }
  add_any(record, words.tokens, [&](std::size_t i) {
    const std::uint32_t word = words.words[i];
    if (stamp_[word] != batch_) {
      row_[word] = rows_.add(rows.word(word));
      stamp_[word] = batch_;
    }
    return row_[word];
  });
}

std::string RecordEncoder::payload() const {
  ByteWriter writer;
  writer.varint(rows_.size());
  std::string bytes = writer.take();
  if constexpr (std::endian::native == std::endian::little) {
    bytes.append(reinterpret_cast<const char*>(rows_.values().data()), rows_.values().size_bytes());
  } else {
    for (const std::uint16_t value : rows_.values()) {
      bytes.push_back(static_cast<char>(value & 0xff));
      bytes.push_back(static_cast<char>(value >> 8));
    }
  }
  return bytes += records_.bytes();
}

void RecordEncoder::clear() {
  rows_.clear();
  forget_numbers();
  records_.clear();
  count_ = 0;
}

RecordDecoder::RecordDecoder(std::string_view payload, std::uint32_t count, std::uint32_t width)
    : reader_(payload, "a frame of records"), left_(count), width_(width) {
  row_count_ = reader_.count(payload.size() / (2 * std::uint64_t{width}));
  const std::string_view bytes = reader_.raw(row_count_ * width * 2);
  rows_.resize(row_count_ * width);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    rows_[i] = static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[2 * i]) |
                                          static_cast<unsigned char>(bytes[2 * i + 1]) << 8);
  }
  if (left_ == 0) reader_.finish();
}

void RecordDecoder::next(FeatureRecord& record) {
  record.id = next_text();
  if (std::ranges::any_of(record.id, [](char c) { return c >= 0 && c < ' '; })) {
    throw Error(ErrorKind::data, "an id holds control characters, which no JSON value does");
  }
  next_tokens(record);
  const std::uint8_t flags = reader_.u8();
  if (flags > (kFormBits | kHasSpans)) {
    throw Error(ErrorKind::data, fmt::format("a record has flags {:#x}, which this version does "
                                             "not know",
                                             flags));
  }
  record.label_form = static_cast<LabelForm>(flags & kFormBits);
  record.has_spans = (flags & kHasSpans) != 0;
  next_labels(record);
  next_spans(record);
  if (--left_ == 0) reader_.finish();
}

std::string_view RecordDecoder::next_text() {
  const std::string_view text = reader_.string();
  if (!is_utf8(text)) throw Error(ErrorKind::data, "an id or a label is not UTF-8");
  return text;
}

std::uint32_t RecordDecoder::next_offset(std::uint64_t from) {
  constexpr std::uint64_t kLimit = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(from + reader_.count(kLimit - from));
}

void RecordDecoder::next_tokens(FeatureRecord& record) {
  const std::uint64_t most = std::min(reader_.left() / kMinTokenBytes, kMaxRecordValues / width_);
  const std::uint64_t tokens = reader_.count(most);
  record.tokens.resize(tokens);
  record.values.clear();
  std::uint32_t last = 0;
  for (ByteRange& token : record.tokens) {
    token.begin = next_offset(last);
    token.end = last = next_offset(token.begin);
    const std::uint64_t row = reader_.varint();
    if (row >= row_count_) {
      throw Error(ErrorKind::data,
                  fmt::format("a token has row {} of {}; the file is damaged", row, row_count_));
    }
    const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(row * width_);
    record.values.insert(record.values.end(), begin, begin + width_);
  }
}

void RecordDecoder::next_labels(FeatureRecord& record) {
  record.labels.clear();
  if (record.label_form == LabelForm::none) return;
  record.labels.resize(reader_.count(reader_.left()));
  if (record.label_form == LabelForm::single && record.labels.size() != 1) {
    throw Error(ErrorKind::data,
                fmt::format("a record of a single label has {}", record.labels.size()));
  }
  for (LabelWeight& label : record.labels) {
    label.name = next_text();
    label.weight = record.label_form == LabelForm::soft ? reader_.f32() : 1.0F;
    if (!(label.weight >= 0 && label.weight <= std::numeric_limits<float>::max())) {
      throw Error(ErrorKind::data, fmt::format("a label has weight {}", label.weight));
    }
  }
}

void RecordDecoder::next_spans(FeatureRecord& record) {
  record.spans.clear();
  if (!record.has_spans) return;
  record.spans.resize(reader_.count(reader_.left()));
  std::uint32_t last = 0;
  for (Span& span : record.spans) {
    span.start = next_offset(last);
    span.end = last = next_offset(span.start);
    span.label = next_text();
  }
}

}  // namespace pnlp

// Private to the feature stream: the numbers of the format, and one frame's records as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/numbered_words.hpp"
#include "pnlp/feature/row_table.hpp"
#include "pnlp/io/bytes.hpp"

namespace pnlp {

// Begins every stream. As with PNG, a transfer that mangles line ends or the eighth bit shows.
inline constexpr std::string_view kStreamMagic = "\x89PNF\r\n\x1a\n";
inline constexpr std::uint16_t kStreamVersion = 1;
inline constexpr char kHeaderFrame = 'H';
inline constexpr char kRecordFrame = 'R';
inline constexpr char kEndFrame = 'E';

// Payload of the header frame. Errors of decoding: data.
std::string encode_header(const FeatureSource& source, bool carry_tokenizer);
FeatureSource decode_header(std::string_view payload);

// Payload of the closing frame.
struct StreamEnd {
  std::uint64_t frames = 0;  // with records
  std::uint64_t records = 0;
  std::uint64_t tokens = 0;
  std::uint64_t digest = 0;  // XXH3-64 of the checksums of the header and of these frames
  bool operator==(const StreamEnd&) const = default;
};
std::string encode_end(const StreamEnd& end);
StreamEnd decode_end(std::string_view payload);

// Collects records for a frame: distinct rows of values once, then the records.
class RecordEncoder {
 public:
  explicit RecordEncoder(std::uint32_t width) : rows_(width) {}
  // Errors: internal. A failed add leaves the frame as it was, but for rows.
  void add(const FeatureRecord& record);
  // `words` are the record's tokens by their numbers in `rows`; the rest comes from `record`.
  void add(const Record& record, const NumberedRecord& words, const NumberedWords& rows);
  // To be called before `rows` of other words are given.
  void forget_numbers() { ++batch_; }
  // Bytes of the payload so far, within a few.
  std::size_t size() const { return records_.size() + rows_.values().size_bytes() + 10; }
  std::uint32_t count() const { return count_; }
  std::string payload() const;
  void clear();

 private:
  template <typename AnyRecord, typename RowOf>
  void add_any(const AnyRecord& record, std::span<const ByteRange> tokens, const RowOf& row_of);

  RowTable rows_;
  std::uint64_t batch_ = 1;
  std::vector<std::uint64_t> stamp_;  // by number of a word: the batch that has it in rows_
  std::vector<std::uint32_t> row_;    // and where
  ByteWriter records_;
  std::uint32_t count_ = 0;
};

// Gives back the records of one frame. Errors: data.
class RecordDecoder {
 public:
  // `payload` must outlive the decoder.
  RecordDecoder(std::string_view payload, std::uint32_t count, std::uint32_t width);
  std::uint32_t left() const { return left_; }
  // left() must not be 0. After the last record nothing may be left of the payload.
  void next(FeatureRecord& record);

 private:
  void next_tokens(FeatureRecord& record);
  void next_labels(FeatureRecord& record);
  void next_spans(FeatureRecord& record);
  std::string_view next_text();
  std::uint32_t next_offset(std::uint64_t from);

  ByteReader reader_;
  std::uint32_t left_;
  std::uint32_t width_;
  std::vector<std::uint16_t> rows_;
  std::uint64_t row_count_;
};

}  // namespace pnlp

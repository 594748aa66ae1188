// What a line held, before it is known to make sense; shared by all input formats. finish_record()
// checks it and completes the record. Memory is reused from record to record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp {

class Draft {
 public:
  bool has_text = false;  // record.text is the input's
  bool has_tokens = false;
  bool has_tags = false;
  bool has_spans = false;    // record.spans is the input's, in any order
  bool has_offsets = false;  // `offsets` are the tokens' places in the text
  std::vector<ByteRange> offsets;

  std::uint64_t dropped_spans = 0;  // so far, of all records

  // For the next record.
  void clear();
  // Errors: data (an empty token).
  void add_token(std::string_view token);
  // Errors: data (neither O nor B-x nor I-x).
  void add_tag(std::string_view tag);

  std::size_t tokens() const { return places_.size(); }
  // The tokens joined by single spaces, and where they stand in that.
  const std::string& joined() const { return joined_; }
  const std::vector<ByteRange>& places() const { return places_; }
  std::string_view token(std::size_t index) const;
  std::span<const std::string> tags() const { return std::span(tags_).first(tag_count_); }

 private:
  std::string joined_;
  std::vector<ByteRange> places_;
  std::vector<std::string> tags_;  // only the first tag_count_ are of this record
  std::size_t tag_count_ = 0;
};

// Empties `record` but for its place, keeping its memory.
void clear_record(Record& record);

// Places tokens in the text, turns tags into spans, sorts and checks spans. Errors: data (a needed
// field is missing, tokens and tags of different number, a token that is not in the text, offsets
// or spans that overlap, lie outside the text or inside a character).
void finish_record(Draft& draft, const ReaderOptions& options, Record& record);

// Adds a label. Errors: data (empty, or named already).
void add_label(std::vector<LabelWeight>& labels, std::string_view name, float weight = 1.0F);

}  // namespace pnlp

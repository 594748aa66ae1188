// Reads records from files or standard input, in any of the formats pnlp knows, one at a time, in
// constant memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

enum class RecordFormat {
  automatic,  // by the first bytes: '{' JSONL, "__label__" fastText, else plain lines; .tsv and
              // .conll by name
  lines,      // one text a line
  jsonl,
  tsv,       // first line names the columns; the field names below choose among them
  fasttext,  // __label__x __label__y text
  conll,     // token first, tag last column, blank line between records
};

enum class OnError { fail, skip, null };
enum class InvalidUtf8 { fail, replace, skip };  // skip: the record is dropped and counted
// Spans that overlap are malformed, or all but the longest of them (the first of equals) are
// dropped.
enum class OverlappingSpans { fail, keep_longest };

// Of JSONL, a name "a.b" is also that of the field "b" of the object "a".
struct FieldNames {
  std::string text = "text";
  std::string label = "label";
  std::string tokens = "tokens";
  std::string tags = "tags";
  std::string spans = "spans";
  std::string id = "id";
  // Of JSONL: what `pnlp predict --scores` added. Its probabilities, where a record has some, count
  // instead of label and tags. Empty: not looked at.
  std::string prediction = {};
};

struct ReaderOptions {
  RecordFormat format = RecordFormat::automatic;
  FieldNames fields;
  OnError on_error = OnError::fail;
  InvalidUtf8 invalid_utf8 = InvalidUtf8::fail;
  OverlappingSpans overlapping_spans = OverlappingSpans::fail;
  std::uint64_t max_line = 16ULL << 20;  // bytes, at most 1 GiB; a longer line is an error
  bool need_text = true;                 // false: gold files for eval may lack it
  bool need_label = false;               // a record without `label` is an error
  bool need_spans = false;               // a record without tags or spans is an error
};

class RecordReader {
 public:
  // `paths` are read one after another; "-" or an empty list is standard input. Files are opened
  // when their turn comes. Errors: io (cannot open or read, a directory), data (a malformed record
  // under OnError::fail; another name than "text" for the text of a file that has no fields).
  RecordReader(std::vector<std::string> paths, ReaderOptions options);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;
  RecordReader(RecordReader&&) = delete;
  RecordReader& operator=(RecordReader&&) = delete;

  // Fills `record` (its memory is reused) and returns true, or returns false at the end.
  bool next(Record& record);

  // Whether next() would return without waiting for more input. For flushing partial batches.
  bool ready() const;

  std::uint64_t records() const;  // returned so far
  std::uint64_t failed() const;   // malformed so far: skipped or returned as null
  // Message of the first malformed record, for the report at the end.
  std::string first_failure() const;
  std::uint64_t dropped_spans() const;  // under OverlappingSpans::keep_longest

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pnlp

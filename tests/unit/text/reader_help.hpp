// Reading records from a string, for tests.
#pragma once

#include <string>
#include <vector>

#include "io/scratch.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp::test {

inline ReaderOptions options_of(RecordFormat format) {
  ReaderOptions options;
  options.format = format;
  return options;
}

// All records of a file with this content. `name` matters to automatic detection.
inline std::vector<Record> records_of(const std::string& content, const ReaderOptions& options,
                                      const std::string& name = "in") {
  const Scratch scratch;
  RecordReader reader({scratch.file(name, content)}, options);
  std::vector<Record> records;
  Record record;
  while (reader.next(record)) records.push_back(record);
  CHECK(reader.records() == records.size());
  return records;
}

// The message of the error that reading this content gives, without folder; "" if there is none.
inline std::string refusal(const std::string& content, const ReaderOptions& options) {
  std::string message = message_of([&] { records_of(content, options); });
  if (const std::size_t at = message.find("/in:"); at != std::string::npos)
    message.erase(0, at + 1);
  return message;
}

}  // namespace pnlp::test

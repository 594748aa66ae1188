// One line of JSONL to one record, in a single pass that also checks the fields nobody asked for:
// what is passed through has to be JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "pnlp/text/record.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp {

class JsonlParser {
 public:
  explicit JsonlParser(const ReaderOptions& options);
  ~JsonlParser();
  JsonlParser(const JsonlParser&) = delete;
  JsonlParser& operator=(const JsonlParser&) = delete;
  JsonlParser(JsonlParser&&) noexcept;
  JsonlParser& operator=(JsonlParser&&) noexcept;

  // Fills all of `record` but its place. `line` is valid UTF-8, not blank, without newline, and
  // LineReader::kPadding bytes can be read behind it. Errors: data.
  void parse(std::string_view line, Record& record);
  // Of all records so far.
  std::uint64_t dropped_spans() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pnlp

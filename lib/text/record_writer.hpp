// Output records: an input record kept byte for byte, with fields of our own added.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pnlp/text/record.hpp"

namespace pnlp {

// A field to add: `json` is one JSON value.
struct AddedField {
  std::string_view name;
  std::string_view json;
};

// Appends to `out` one JSON line (with '\n'): the fields of `record.line` as they stood, then those
// of `added`. A record that was not JSONL becomes {"text": ..., added} (with "id", "label",
// "tokens", "tags", "spans" if it had them). A malformed record becomes {added}. Error(data) if the
// input already has a field of such a name.
void append_record(std::string& out, const Record& record, std::span<const AddedField> added);
// The same with one field.
void append_record(std::string& out, const Record& record, std::string_view name,
                   std::string_view json);

}  // namespace pnlp

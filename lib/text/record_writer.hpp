// Output records: an input record kept byte for byte, with fields of our own added.
#pragma once

#include <string>
#include <string_view>

#include "pnlp/text/record.hpp"

namespace pnlp {

// Appends to `out` one JSON line (with '\n'): the fields of `record.line` as they stood, then
// `name`: `json`. A record that was not JSONL becomes
// {"text": ..., name: json} (with "id", "label", "tokens", "tags", "spans" if it had them). A
// malformed record becomes {name: json}. Error(data) if the input already has a field of that name.
void append_record(std::string& out, const Record& record, std::string_view name,
                   std::string_view json);

}  // namespace pnlp

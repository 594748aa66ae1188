#include "pnlp/text/record_writer.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "pnlp/base/error.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/text/bio.hpp"
#include "pnlp/text/quoted.hpp"

namespace pnlp {
namespace {

[[noreturn]] void refuse_name(const Record& record, std::string_view name) {
  throw Error(
      ErrorKind::data, record.place,
      fmt::format("field {} is there already; drop it or choose another name", in_quotes(name)));
}

// Whether a field of this name is possible. Most lines can be cleared by a search for its bytes;
// only a line with escapes, or with these bytes somewhere, has its keys read.
bool may_have_field(const std::string& line, std::string_view name) {
  if (line.find('\\') != std::string::npos) return true;
  std::string quoted;
  append_json_string(quoted, name);
  return ::memmem(line.data(), line.size(), quoted.data(), quoted.size()) != nullptr;
}

bool is_added(std::span<const AddedField> added, std::string_view name) {
  return std::any_of(added.begin(), added.end(),
                     [&](const AddedField& field) { return field.name == name; });
}

void check_names(const Record& record, std::span<const AddedField> added) {
  const bool suspect = std::any_of(added.begin(), added.end(), [&](const AddedField& field) {
    return may_have_field(record.line, field.name);
  });
  if (!suspect) return;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(record.line).get(object) != simdjson::SUCCESS) return;
  for (const auto field : object) {
    if (is_added(added, field.key)) refuse_name(record, field.key);
  }
}

void append_label(JsonWriter& json, const Record& record) {
  json.key("label");
  switch (record.label_form) {
    case LabelForm::none:
      json.null();
      break;
    case LabelForm::single:
      json.value(record.labels.front().name);
      break;
    case LabelForm::multiple:
      json.begin_array();
      for (const LabelWeight& label : record.labels) json.value(label.name);
      json.end_array();
      break;
    case LabelForm::soft:
      json.begin_object();
      for (const LabelWeight& label : record.labels) json.key(label.name).value(label.weight);
      json.end_object();
      break;
  }
}

void append_tokens(JsonWriter& json, const Record& record) {
  json.key("tokens").begin_array();
  for (const ByteRange& token : record.tokens) {
    json.value(std::string_view(record.text).substr(token.begin, token.end - token.begin));
  }
  json.end_array();
}

void append_slots(JsonWriter& json, const Record& record) {
  if (record.has_tokens) {
    json.key("tags").begin_array();
    for (const std::string& tag : tags_from_spans(record.tokens, record.spans).tags)
      json.value(tag);
    json.end_array();
    return;
  }
  json.key("spans").begin_array();
  for (const Span& span : record.spans) {
    json.begin_object().key("start").value(std::uint64_t{span.start});
    json.key("end").value(std::uint64_t{span.end}).key("label").value(span.label).end_object();
  }
  json.end_array();
}

// The fields of a record that did not come as JSON.
void append_fields(JsonWriter& json, const Record& record, std::span<const AddedField> added) {
  const auto taken = [&](bool there, std::string_view field) {
    if (there && is_added(added, field)) refuse_name(record, field);
    return there;
  };
  if (taken(!record.id.empty(), "id")) json.key("id").raw(record.id);
  if (taken(true, "text")) json.key("text").value(record.text);
  if (taken(record.label_form != LabelForm::none, "label")) append_label(json, record);
  if (taken(record.has_tokens, "tokens")) append_tokens(json, record);
  if (taken(record.has_spans, record.has_tokens ? "tags" : "spans")) append_slots(json, record);
}

}  // namespace

void append_record(std::string& out, const Record& record, std::span<const AddedField> added) {
  if (record.line.empty() || record.malformed) {
    JsonWriter writer(out);
    writer.begin_object();
    if (!record.malformed) append_fields(writer, record, added);
    for (const AddedField& field : added) writer.key(field.name).raw(field.json);
    writer.end_object();
    out.push_back('\n');
    return;
  }
  check_names(record, added);
  const std::size_t brace = record.line.rfind('}');
  const std::size_t last = record.line.find_last_not_of(" \t\r\n", brace - 1);
  out.append(record.line, 0, brace);
  bool comma = record.line[last] != '{';
  for (const AddedField& field : added) {
    if (comma) out.push_back(',');
    comma = true;
    append_json_string(out, field.name);
    out.push_back(':');
    out.append(field.json);
  }
  out += "}\n";
}

void append_record(std::string& out, const Record& record, std::string_view name,
                   std::string_view json) {
  const AddedField added[] = {{name, json}};
  append_record(out, record, added);
}

}  // namespace pnlp

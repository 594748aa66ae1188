#include "pnlp/text/record_writer.hpp"

#include <fmt/format.h>
#include <simdjson.h>

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
      fmt::format("field {} is there already; choose another name with --into", in_quotes(name)));
}

// `quoted_name` as it stands in JSON. Most lines can be cleared by a search for its bytes; only a
// line with escapes, or with these bytes somewhere, has its keys read.
bool has_field(const std::string& line, std::string_view name, std::string_view quoted_name) {
  const bool bytes_occur =
      ::memmem(line.data(), line.size(), quoted_name.data(), quoted_name.size()) != nullptr;
  if (!bytes_occur && line.find('\\') == std::string::npos) return false;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(line).get(object) != simdjson::SUCCESS) return false;
  for (const auto field : object) {
    if (field.key == name) return true;
  }
  return false;
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
void append_fields(JsonWriter& json, const Record& record, std::string_view name) {
  const auto taken = [&](bool there, std::string_view field) {
    if (there && name == field) refuse_name(record, name);
    return there;
  };
  if (taken(!record.id.empty(), "id")) json.key("id").raw(record.id);
  if (taken(true, "text")) json.key("text").value(record.text);
  if (taken(record.label_form != LabelForm::none, "label")) append_label(json, record);
  if (taken(record.has_tokens, "tokens")) append_tokens(json, record);
  if (taken(record.has_spans, record.has_tokens ? "tags" : "spans")) append_slots(json, record);
}

}  // namespace

void append_record(std::string& out, const Record& record, std::string_view name,
                   std::string_view json) {
  if (record.line.empty() || record.malformed) {
    JsonWriter writer(out);
    writer.begin_object();
    if (!record.malformed) append_fields(writer, record, name);
    writer.key(name).raw(json).end_object();
    out.push_back('\n');
    return;
  }
  std::string key;
  append_json_string(key, name);
  if (has_field(record.line, name, key)) refuse_name(record, name);
  const std::size_t brace = record.line.rfind('}');
  const std::size_t last = record.line.find_last_not_of(" \t\r\n", brace - 1);
  out.append(record.line, 0, brace);
  if (record.line[last] != '{') out.push_back(',');
  out.append(key);
  out.push_back(':');
  out.append(json);
  out += "}\n";
}

}  // namespace pnlp

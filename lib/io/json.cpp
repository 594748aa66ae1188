#include "pnlp/io/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <concepts>
#include <iterator>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

constexpr int kMaxDepth = 256;

JsonValue converted(const simdjson::dom::element& element, int depth) {
  if (depth > kMaxDepth) {
    throw Error(ErrorKind::data, fmt::format("JSON is more than {} levels deep", kMaxDepth));
  }
  using simdjson::dom::element_type;
  JsonValue value;
  switch (element.type()) {
    case element_type::NULL_VALUE:
      break;
    case element_type::BOOL:
      value.kind = JsonValue::Kind::boolean;
      value.boolean = bool(element);
      break;
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      value.kind = JsonValue::Kind::number;
      value.number = double(element);
      break;
    case element_type::STRING:
      value.kind = JsonValue::Kind::string;
      value.string = std::string_view(element);
      break;
    case element_type::ARRAY:
      value.kind = JsonValue::Kind::array;
      for (const auto item : simdjson::dom::array(element)) {
        value.items.push_back(converted(item, depth + 1));
      }
      break;
    case element_type::OBJECT:
      value.kind = JsonValue::Kind::object;
      for (const auto member : simdjson::dom::object(element)) {
        value.members.push_back({std::string(member.key), converted(member.value, depth + 1)});
      }
      break;
  }
  return value;
}

template <std::floating_point T>
void append_float(std::string& out, T number) {
  // Readers take "-0" for an integer, and integers have no negative zero.
  if (number == 0 && std::signbit(number)) {
    out += "-0.0";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", number);
  }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

JsonValue parse_json(std::string_view text) {
  // The parser copies its input, and must not be given a null pointer.
  if (text.empty()) throw Error(ErrorKind::data, "malformed JSON: there is nothing");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) {
    throw Error(ErrorKind::data, fmt::format("malformed JSON: {}", simdjson::error_message(error)));
  }
  return converted(root, 1);
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain = 0;  // start of what needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += "\\u00";
        out.push_back(kHex[byte >> 4]);
        out.push_back(kHex[byte & 15]);
    }
  }
  out.append(text, plain);
  out.push_back('"');
}

void JsonWriter::separate() {
  if (need_comma_) out_.push_back(',');
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_.push_back('}');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_.push_back(']');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_float(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(float number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_float(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  separate();
  fmt::format_to(std::back_inserter(out_), "{}", number);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  separate();
  fmt::format_to(std::back_inserter(out_), "{}", number);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace pnlp

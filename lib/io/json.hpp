// JSON both ways: values parsed by simdjson (hidden here), text written with a stable key order and
// shortest floats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pnlp {

struct JsonMember;

// A parsed value that owns its content. For small documents (headers, configuration, metrics
// files); records are read by RecordReader without this. Object members keep their order.
class JsonValue {
 public:
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;

  // The first member of that name; null if there is none.
  const JsonValue* find(std::string_view key) const;
};

struct JsonMember {
  std::string first;
  JsonValue second;
};

// Errors: data. At most 256 levels deep.
JsonValue parse_json(std::string_view text);

// Appends to a string. Commas and nesting are kept right by the writer; keys come in the order of
// the calls.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(
      double number);  // shortest form that reads back the same; NaN and infinities become null
  JsonWriter& value(float number);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
  JsonWriter& value(bool truth);
  JsonWriter& null();
  // `json` must be one valid JSON value.
  JsonWriter& raw(std::string_view json);

 private:
  void separate();
  std::string& out_;
  bool need_comma_ = false;
};

// Appends `text` in quotes, escaped as RFC 8259 asks, UTF-8 kept as it is.
void append_json_string(std::string& out, std::string_view text);

}  // namespace pnlp

// parse_json on any bytes; what it accepts comes back the same through JsonWriter.
#include "pnlp/io/json.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pnlp/base/error.hpp"

namespace {

using namespace pnlp;

void write(JsonWriter& json, const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      json.null();
      break;
    case JsonValue::Kind::boolean:
      json.value(value.boolean);
      break;
    case JsonValue::Kind::number:
      json.value(value.number);
      break;
    case JsonValue::Kind::string:
      json.value(value.string);
      break;
    case JsonValue::Kind::array:
      json.begin_array();
      for (const JsonValue& item : value.items) write(json, item);
      json.end_array();
      break;
    case JsonValue::Kind::object:
      json.begin_object();
      for (const auto& [key, member] : value.members) {
        json.key(key);
        write(json, member);
      }
      json.end_object();
      break;
  }
}

std::string text_of(const JsonValue& value) {
  std::string text;
  JsonWriter json(text);
  write(json, value);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string first =
        text_of(parse_json(std::string_view(reinterpret_cast<const char*>(data), size)));
    if (text_of(parse_json(first)) != first) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) std::abort();
  }
  return 0;
}

// Over simdjson's On-Demand values, which checks no more than what is looked at: helpers that look
// at everything, so that what is passed through unread is known to be JSON.
// Shows simdjson: to be included by .cpp files of this folder only.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/text/record.hpp"

namespace pnlp::json_walk {

using simdjson::ondemand::json_type;
using Value = simdjson::ondemand::value;

template <typename... Values>
[[noreturn]] void refuse(fmt::format_string<Values...> format, Values&&... values) {
  throw Error(ErrorKind::data, fmt::format(format, std::forward<Values>(values)...));
}

[[noreturn]] void malformed(simdjson::error_code error);

template <typename T>
T checked(simdjson::simdjson_result<T> result) {
  T value;
  const simdjson::error_code error = std::move(result).get(value);
  if (error != simdjson::SUCCESS) malformed(error);
  return value;
}

inline json_type type_of(Value& value) {
  return checked(value.type());
}
// "a string", "a number", ...
std::string_view type_name(json_type type);

// Errors: data ("field "label" must be a string, not a number") unless they are the same.
void expect(json_type found, json_type wanted, std::string_view what);
// A string, or the error.
std::string_view expect_string(Value& value, std::string_view what);

// A number, true, false or null as it is written; checked to be one of these. The caller has
// checked that `value` is no string, array or object.
std::string_view scalar(Value& value);
// Unescaped; valid until the parser's next document. Consumes the value: to be called once. The
// caller has checked that it is a string.
std::string_view string(Value& value);
// Unescaped, valid as string()'s.
std::string_view key(simdjson::ondemand::field& field);
// Whether a number, as it is written, is a whole one below 2^32, and which.
bool whole_number(std::string_view written, std::uint32_t& number);
// Checks a value of any type, down to 256 levels below `depth`.
void skip(Value& value, int depth);

// Calls each(element) for all elements. The caller has checked that `value` is an array.
template <typename Each>
void for_elements(Value& value, Each&& each) {
  for (auto result : checked(value.get_array())) {
    Value element = checked(result);
    each(element);
  }
}

// Calls each(key, value) for all fields.
template <typename Each>
void for_fields(simdjson::ondemand::object& object, Each&& each) {
  for (auto result : object) {
    simdjson::ondemand::field field = checked(std::move(result));
    const std::string_view name = key(field);
    each(name, field.value());
  }
}

// The same. The caller has checked that `value` is an object.
template <typename Each>
void for_fields(Value& value, Each&& each) {
  simdjson::ondemand::object object = checked(value.get_object());
  for_fields(object, std::forward<Each>(each));
}

// Objects of names and probabilities. The caller has checked that `value` is an object; `field`
// names it in messages. Errors: data (a probability that is no finite number of 0 or more, a name
// that is empty or comes twice, no probability above 0).

// Adds a label for each member.
void read_label_weights(Value& value, std::string_view field, std::vector<LabelWeight>& labels);
// Of token number `token`, from 1; none if the object is empty. Errors: also a name that is no tag.
TagWeights read_tag_weights(Value& value, std::string_view field, std::size_t token);

// Lists that `pnlp tokenize` adds, appended to what is there. Where they have another form, `fault`
// is what they must be, and the rest is of no use; what is no JSON is still an error.

// [["wake"], ["un", ["able"]]]: units of each token.
void read_units(Value& value, std::vector<std::vector<UnitText>>& units, std::string_view& fault);
// [[0, 4], [5, 11]]: where tokens stand in the text, in bytes.
void read_offsets(Value& value, std::vector<ByteRange>& offsets, std::string_view& fault);

}  // namespace pnlp::json_walk

#include "pnlp/text/json_walk.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "pnlp/text/quoted.hpp"

namespace pnlp::json_walk {
namespace {

constexpr int kMaxDepth = 256;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t i = from;
  while (i < text.size() && is_digit(text[i])) ++i;
  return i - from;
}

// RFC 8259, section 6; of any size and precision, since it need not fit a machine's number.
bool is_number(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits(text, i);
  if (whole == 0 || (whole > 1 && text[i] == '0')) return false;
  i += whole;
  if (i < text.size() && text[i] == '.') {
    const std::size_t fraction = digits(text, ++i);
    if (fraction == 0) return false;
    i += fraction;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const std::size_t exponent = digits(text, i);
    if (exponent == 0) return false;
    i += exponent;
  }
  return i == text.size();
}

std::string_view without_trailing_space(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

void malformed(simdjson::error_code error) {
  switch (error) {
    case simdjson::UNCLOSED_STRING:
      refuse("malformed JSON: a string has no end");
    case simdjson::UNESCAPED_CHARS:
      refuse("malformed JSON: a control character stands in a string without escape");
    case simdjson::STRING_ERROR:
      refuse("malformed JSON: a string holds an invalid escape");
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      refuse("malformed JSON: a bracket or brace is not closed");
    default:
      refuse("malformed JSON: a comma, colon, key, value or bracket is missing or too many");
  }
}

std::string_view type_name(json_type type) {
  switch (type) {
    case json_type::array:
      return "a list";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a string";
    case json_type::boolean:
      return "true or false";
    case json_type::null:
      return "null";
  }
  return "unknown";
}

void expect(json_type found, json_type wanted, std::string_view what) {
  if (found != wanted) refuse("{} must be {}, not {}", what, type_name(wanted), type_name(found));
}

std::string_view expect_string(Value& value, std::string_view what) {
  expect(type_of(value), json_type::string, what);
  return string(value);
}

std::string_view scalar(Value& value) {
  const std::string_view token = without_trailing_space(value.raw_json_token());
  if (token != "null" && token != "true" && token != "false" && !is_number(token)) {
    refuse("malformed JSON: {} is no value", in_quotes(token));
  }
  return token;
}

std::string_view string(Value& value) {
  // Nearly all strings hold no escape: then the bytes between the quotes are the string.
  const std::string_view token = value.raw_json_token();
  const std::string_view body = token.substr(1, token.find('"', 1) - 1);
  if (body.find('\\') != std::string_view::npos) return checked(value.get_string());
  checked(value.get_raw_json_string());
  return body;
}

std::string_view key(simdjson::ondemand::field& field) {
  const char* begin = field.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '\\') return checked(field.unescaped_key());
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool whole_number(std::string_view written, std::uint32_t& number) {
  const char* end = written.data() + written.size();
  const auto [stop, error] = std::from_chars(written.data(), end, number);
  return error == std::errc() && stop == end;
}

void skip(Value& value, int depth) {
  if (depth > kMaxDepth) refuse("JSON is more than {} levels deep", kMaxDepth);
  switch (type_of(value)) {
    case json_type::string:
      string(value);
      break;
    case json_type::array:
      for_elements(value, [&](Value& element) { skip(element, depth + 1); });
      break;
    case json_type::object:
      for_fields(value, [&](std::string_view, Value member) { skip(member, depth + 1); });
      break;
    default:
      scalar(value);
  }
}

}  // namespace pnlp::json_walk

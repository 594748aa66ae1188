#include "pnlp/io/json.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "io/scratch.hpp"

using namespace pnlp;
using test::message_of;

namespace {

std::string written(float number) {
  std::string out;
  JsonWriter(out).value(number);
  return out;
}

std::string written(double number) {
  std::string out;
  JsonWriter(out).value(number);
  return out;
}

}  // namespace

TEST_CASE("a document comes back as values in their order") {
  const JsonValue root = parse_json(
      " {\"b\": [1, -2.5, 1e3, 18446744073709551615], \"a\": \"x\\u00e9\", \"c\": null,"
      " \"d\": true, \"e\": {}} ");
  REQUIRE(root.kind == JsonValue::Kind::object);
  REQUIRE(root.members.size() == 5);
  CHECK(root.members[0].first == "b");
  CHECK(root.members[1].first == "a");
  const JsonValue* b = root.find("b");
  REQUIRE(b != nullptr);
  REQUIRE(b->items.size() == 4);
  CHECK(b->items[0].number == 1);
  CHECK(b->items[1].number == -2.5);
  CHECK(b->items[2].number == 1000);
  CHECK(b->items[3].number == 18446744073709551615.0);
  CHECK(root.find("a")->string == "x\xC3\xA9");
  CHECK(root.find("c")->kind == JsonValue::Kind::null);
  CHECK(root.find("d")->boolean);
  CHECK(root.find("e")->kind == JsonValue::Kind::object);
  CHECK(root.find("z") == nullptr);
  CHECK(parse_json("7").number == 7);
}

TEST_CASE("what is not JSON is refused") {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "1 2", "\"\\x\"", "[1}",
                           "{\"a\":1}}", "'a'", "\"\xFF\"", "01"}) {
    CAPTURE(text);
    CHECK(message_of([&] { parse_json(text); }).starts_with("malformed JSON: "));
  }
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_json(nested(256)).items.size() == 1);
  CHECK(message_of([&] { parse_json(nested(257)); }) == "JSON is more than 256 levels deep");
  CHECK_FALSE(message_of([&] { parse_json(nested(100000)); }).empty());
}

TEST_CASE("the writer keeps commas and nesting right") {
  std::string out = "> ";
  JsonWriter json(out);
  json.begin_object().key("a").begin_array().end_array();
  json.key("b").begin_array().value(1).value("x").value(true).null().begin_object().end_object();
  json.begin_array().value(false).end_array().end_array();
  json.key("c").raw("{\"raw\":1}").key("d").value(std::int64_t{-5});
  json.key("e").value(std::uint64_t{18446744073709551615ULL}).end_object();
  CHECK(out ==
        "> {\"a\":[],\"b\":[1,\"x\",true,null,{},[false]],\"c\":{\"raw\":1},\"d\":-5,"
        "\"e\":18446744073709551615}");
  CHECK(parse_json(out.substr(2)).members.size() == 5);
}

TEST_CASE("numbers are as short as they can be to read back the same") {
  CHECK(written(0.1F) == "0.1");
  CHECK(written(0.1) == "0.1");
  CHECK(written(1.0F / 3) == "0.33333334");
  CHECK(written(1.0 / 3) == "0.3333333333333333");
  CHECK(written(1.0) == "1");
  CHECK(written(0.0) == "0");
  CHECK(written(-0.0) == "-0.0");
  CHECK(std::signbit(parse_json(written(-0.0)).number));
  CHECK(written(1e300) == "1e+300");
  CHECK(written(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(written(-std::numeric_limits<double>::infinity()) == "null");
  CHECK(written(std::numeric_limits<float>::infinity()) == "null");
  for (const double number : {5e-324, 1.7976931348623157e308, 123456.789, 0.1 + 0.2, 1e16}) {
    CHECK(parse_json(written(number)).number == number);
  }
}

TEST_CASE("strings are escaped where RFC 8259 asks for it") {
  std::string out;
  append_json_string(out,
                     std::string("a\"b\\c/\n\r\t\b\x01\x1f\x7f\0 \xC3\xA9\xF0\x9F\x98\x80", 21));
  CHECK(out ==
        "\"a\\\"b\\\\c/\\n\\r\\t\\u0008\\u0001\\u001f\x7f\\u0000 \xC3\xA9\xF0\x9F\x98\x80\"");
  std::string bytes;
  for (int c = 0; c < 128; ++c) bytes.push_back(static_cast<char>(c));
  std::string all;
  append_json_string(all, bytes);
  CHECK(parse_json(all).string == bytes);
}

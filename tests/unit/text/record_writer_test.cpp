#include "pnlp/text/record_writer.hpp"

#include <doctest/doctest.h>

#include <string>

#include "pnlp/io/json.hpp"
#include "text/reader_help.hpp"

using namespace pnlp;
using test::options_of;
using test::records_of;

namespace {

std::string written(const Record& record, const std::string& name = "p",
                    const std::string& json = "1") {
  std::string out = "before ";
  append_record(out, record, name, json);
  REQUIRE(out.starts_with("before "));
  REQUIRE(out.ends_with("\n"));
  return out.substr(7, out.size() - 8);
}

Record with_line(const std::string& line) {
  Record record;
  record.place = {"in", 3};
  record.line = line;
  return record;
}

}  // namespace

TEST_CASE("the fields of a JSONL record stand as they stood") {
  CHECK(written(with_line(R"( { "b" : 1.50, "a":[ ] } )")) == R"( { "b" : 1.50, "a":[ ] ,"p":1})");
  CHECK(written(with_line("{}")) == R"({"p":1})");
  CHECK(written(with_line("{ \t}")) == "{ \t\"p\":1}");
  CHECK(written(with_line(R"({"a":{}})")) == R"({"a":{},"p":1})");
  CHECK(written(with_line(R"({"a":"}"})"), "x\"y", "{\"z\":null}") ==
        R"({"a":"}","x\"y":{"z":null}})");
}

TEST_CASE("a field is not written twice, however it is spelled") {
  const auto refused = [](const std::string& line, const std::string& name = "p") {
    return test::message_of([&] { written(with_line(line), name); }) ==
           "in:3: field \"" + name + "\" is there already; drop it or choose another name";
  };
  CHECK(refused(R"({"p":0})"));
  CHECK(refused(R"({"a":1, "p" :0})"));
  CHECK(refused(R"({"\u0070":0})"));
  CHECK_FALSE(refused(R"({"a":{"p":0}})"));
  CHECK_FALSE(refused(R"({"a":"p"})"));
  CHECK_FALSE(refused(R"({"a":"\"p\":"})"));
  CHECK_FALSE(refused(R"({"P":"\n"})"));
}

TEST_CASE("records of other formats become JSON") {
  CHECK(written(records_of("say \"hi\"\n", {})[0]) == R"({"text":"say \"hi\"","p":1})");
  CHECK(written(records_of("\n", {})[0]) == R"({"text":"","p":1})");
  CHECK(written(records_of("__label__x a\n", {})[0]) == R"({"text":"a","label":"x","p":1})");
  CHECK(written(records_of("__label__x __label__y a\n", {})[0]) ==
        R"({"text":"a","label":["x","y"],"p":1})");
  CHECK(written(records_of("id\ttext\n7\ta\n", options_of(RecordFormat::tsv))[0]) ==
        R"({"id":"7","text":"a","p":1})");
  CHECK(written(records_of("a O\nb B-x\nc I-x\n", options_of(RecordFormat::conll))[0]) ==
        R"({"text":"a b c","tokens":["a","b","c"],"tags":["O","B-x","I-x"],"p":1})");
  Record record;
  record.text = "ab";
  record.label_form = LabelForm::soft;
  record.labels = {{"x", 0.25F}, {"y", 0.75F}};
  record.has_spans = true;
  record.spans = {{0, 1, "s"}};
  CHECK(
      written(record) ==
      R"({"text":"ab","label":{"x":0.25,"y":0.75},"spans":[{"start":0,"end":1,"label":"s"}],"p":1})");
  record.place = {"in", 3};
  for (const char* name : {"text", "label", "spans"}) {
    CHECK(test::message_of([&] { written(record, name); }).starts_with("in:3: field \""));
  }
  CHECK_FALSE(written(record, "tags").empty());
  record.malformed = true;
  CHECK(written(record) == R"({"p":1})");
}

TEST_CASE("what is written is read back the same") {
  const std::string line = R"({"text":"a","more":[1.0e5,"\u00e9",{"x":null}],"label":"y"})";
  const std::vector<Record> first = records_of(line + "\n", {});
  const std::vector<Record> second = records_of(written(first[0]) + "\n", {});
  REQUIRE(second.size() == 1);
  CHECK(second[0].text == first[0].text);
  CHECK(second[0].labels == first[0].labels);
  CHECK(parse_json(second[0].line).find("p")->number == 1);
  CHECK(second[0].line.starts_with(line.substr(0, line.size() - 1)));
}

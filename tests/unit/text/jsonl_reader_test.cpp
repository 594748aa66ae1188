#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "pnlp/text/record_reader.hpp"
#include "text/reader_help.hpp"

using namespace pnlp;
using test::options_of;
using test::records_of;
using test::refusal;

namespace {

ReaderOptions jsonl() {
  return options_of(RecordFormat::jsonl);
}

Record one(const std::string& line, const ReaderOptions& options = jsonl()) {
  const std::vector<Record> records = records_of(line, options);
  REQUIRE(records.size() == 1);
  return records[0];
}

// What is wrong with one line, without "in:1: ".
std::string fault(const std::string& line, const ReaderOptions& options = jsonl()) {
  const std::string message = refusal(line, options);
  CAPTURE(message);
  REQUIRE(message.starts_with("in:1: "));
  CHECK(message.find('\n') == std::string::npos);
  return message.substr(6);
}

using Labels = std::vector<LabelWeight>;
using Ranges = std::vector<ByteRange>;
using Spans = std::vector<Span>;

}  // namespace

TEST_CASE("fields of a JSONL record, the rest kept in its line") {
  const std::string line =
      " { \"x\" : [1, {\"y\": null}], \"text\":\"caf\\u00e9 \\\"A\\\"\",\"id\":7,\"label\":\"go\" "
      "} ";
  const Record record = one(line);
  CHECK(record.line == line);
  CHECK(record.text == "caf\xC3\xA9 \"A\"");
  CHECK(record.id == "7");
  CHECK(record.label_form == LabelForm::single);
  CHECK(record.labels == Labels{{"go", 1.0F}});
  CHECK(record.place.line == 1);
  CHECK_FALSE(record.has_tokens);
  CHECK_FALSE(record.has_spans);
  CHECK_FALSE(record.malformed);
}

TEST_CASE("labels in all forms") {
  CHECK(one(R"({"text":"","label":null})").label_form == LabelForm::none);
  const Record several = one(R"({"text":"","label":["a","b"]})");
  CHECK(several.label_form == LabelForm::multiple);
  CHECK(several.labels == Labels{{"a", 1.0F}, {"b", 1.0F}});
  CHECK(one(R"({"text":"","label":[]})").label_form == LabelForm::multiple);
  const Record soft = one(R"({"text":"","label":{"a":0.25,"b":75e-2,"c":0}})");
  CHECK(soft.label_form == LabelForm::soft);
  CHECK(soft.labels == Labels{{"a", 0.25F}, {"b", 0.75F}, {"c", 0.0F}});
}

TEST_CASE("tags may be probabilities, with or without tokens") {
  const Record record =
      one(R"({"tokens":["at","six"],"tags":[{"O":0.9,"B-t":0.1},{"O":0.25,"B-t":0,"I-t":3}]})");
  CHECK(record.has_tag_weights);
  CHECK(record.tag_weights ==
        std::vector<TagWeights>{{{"O", 0.9F}, {"B-t", 0.1F}},
                                {{"O", 0.25F}, {"B-t", 0.0F}, {"I-t", 3.0F}}});
  CHECK(record.spans == Spans{{3, 6, "t"}});
  // Words are still to be found.
  const Record text = one(R"({"text":"at six","tags":[{"O":1},{}]})");
  CHECK(text.has_tag_weights);
  CHECK(text.tag_weights == std::vector<TagWeights>{{{"O", 1.0F}}, {}});
  CHECK_FALSE(text.has_spans);
  CHECK(one(R"({"text":"","tags":[]})").has_tag_weights);
  CHECK_FALSE(one(R"({"tokens":[],"tags":[]})").has_tag_weights);
  // Given spans are kept.
  CHECK(one(R"({"text":"at six","tags":[{"O":1},{}],"spans":[{"start":0,"end":2,"label":"x"}]})")
            .spans == Spans{{0, 2, "x"}});
}

TEST_CASE("probabilities of tags that make no sense are refused") {
  const auto tags = [](const std::string& list) {
    return fault(R"({"text":"a","tags":[)" + list + "]}");
  };
  CHECK(tags(R"({"O":-1})") ==
        "the probability of tag \"O\" is -1: it must be finite and not negative");
  CHECK(tags(R"({"O":1e300})") ==
        "the probability of tag \"O\" is 1e300: it must be finite and not negative");
  CHECK(tags(R"({"O":"1"})") == "a tag's probability must be a number, not a string");
  CHECK(tags(R"({"O":0,"B-x":0})") == "field \"tags\" gives token 1 no tag a probability above 0");
  CHECK(tags(R"({"O":1,"O":1})") == "tag \"O\" is named twice");
  CHECK(tags(R"({"x":1})") == "tag \"x\" is neither O nor B-label nor I-label");
  CHECK(tags(R"({"O":1},"O")") ==
        "field \"tags\" holds strings and objects; give one or the other");
  CHECK(fault(R"({"tokens":["a"],"tags":[{"O":1},{"O":1}]})") ==
        "1 tokens, but probabilities of tags for 2");
  CHECK(fault(R"({"text":"a","tags":["O"]})") == "field \"tags\" is given without \"tokens\"");
}

TEST_CASE("a name with a dot is that of a field in an object, too") {
  ReaderOptions options = test::options_of(RecordFormat::jsonl);
  options.fields.text = "data.body.text";
  options.fields.label = "data.label";
  options.fields.id = "a.b";
  const auto read = [&](const std::string& line) {
    return test::records_of(line + "\n", options).at(0);
  };
  const Record record = read(
      R"({"text":"no","data":{"x":{"text":1},"body":{"text":"yes"},"label":"l"},"a.b":7,"a":[1]})");
  CHECK(record.text == "yes");
  CHECK(record.labels == Labels{{"l", 1.0F}});
  CHECK(record.id == "7");
  CHECK(test::refusal(R"({"data":{"body":7}})"
                      "\n",
                      options)
            .ends_with("field \"data.body.text\" (or \"tokens\") is missing"));
  CHECK(test::refusal(R"({"data":{"body":{"text":""}},"a.b":7,"a":{"b":8}})"
                      "\n",
                      options)
            .ends_with("field \"a.b\" appears twice"));
}

TEST_CASE("probabilities of a prediction count instead of label and tags") {
  ReaderOptions options = test::options_of(RecordFormat::jsonl);
  options.fields.prediction = "p";
  const auto read = [&](const std::string& line) {
    return test::records_of(line + "\n", options).at(0);
  };
  const std::string gold = R"({"tokens":["a","b"],"label":"x","tags":["O","B-t"])";
  const Record soft = read(
      gold +
      R"(,"p":{"label":"y","tags":["O","O"],"scores":{"x":0.5,"y":0.5},"tag_scores":[{},{"O":1}]}})");
  CHECK(soft.label_form == LabelForm::soft);
  CHECK(soft.labels == Labels{{"x", 0.5F}, {"y", 0.5F}});
  CHECK(soft.has_tag_weights);
  CHECK(soft.tag_weights == std::vector<TagWeights>{{}, {{"O", 1.0F}}});
  CHECK(soft.spans == Spans{{2, 3, "t"}});
  for (const char* without : {"}", R"(,"p":null})", R"(,"p":{"label":null}})"}) {
    const Record hard = read(gold + without);
    CHECK(hard.labels == Labels{{"x", 1.0F}});
    CHECK_FALSE(hard.has_tag_weights);
  }
  CHECK(test::refusal(gold + R"(,"p":{"tag_scores":["O","O"]}})"
                             "\n",
                      options)
            .ends_with("a token's probabilities must be an object, not a string"));
  // Not asked for: not looked at.
  CHECK(one(gold + R"(,"p":{"scores":7}})").labels == Labels{{"x", 1.0F}});
}

TEST_CASE("ids are JSON text; escapes do not make two of one") {
  CHECK(one(R"({"text":"","id":"a"})").id == "\"a\"");
  CHECK(one(R"({"text":"","id":"\u0061"})").id == "\"a\"");
  CHECK(one(R"({"text":"","id":1e2})").id == "1e2");
  CHECK(one(R"({"text":"","id":123456789012345678901234567890 })").id ==
        "123456789012345678901234567890");
  CHECK(one(R"({"text":"","id":null})").id.empty());
  CHECK(fault(R"({"text":"","id":[1]})") ==
        "field \"id\" must be a string or a number, not a list");
}

TEST_CASE("tokens without text are joined by spaces; tags become spans") {
  const Record record = one(R"({"tokens":["wake","me","at","six"],"tags":["O","O","B-t","I-t"]})");
  CHECK(record.text == "wake me at six");
  CHECK(record.has_tokens);
  CHECK(record.tokens == Ranges{{0, 4}, {5, 7}, {8, 10}, {11, 14}});
  CHECK(record.has_spans);
  CHECK(record.spans == Spans{{8, 14, "t"}});
  const Record empty = one(R"({"tokens":[],"tags":[]})");
  CHECK(empty.text.empty());
  CHECK(empty.has_tokens);
  CHECK(empty.has_spans);
}

TEST_CASE("tokens are found one after another in the text") {
  const Record record =
      one(R"({"tokens":["a","b","a","é"],"text":"ab  a-é","tags":["B-x","O","O","B-y"]})");
  CHECK(record.text == "ab  a-\xC3\xA9");
  CHECK(record.tokens == Ranges{{0, 1}, {1, 2}, {4, 5}, {6, 8}});
  CHECK(record.spans == Spans{{0, 1, "x"}, {6, 8, "y"}});
  CHECK(fault(R"({"text":"a b","tokens":["b","a"]})") ==
        "token 2 (\"a\") is not in the text after byte 3");
}

TEST_CASE("spans are sorted, and checked against the text in bytes") {
  // o 0, ù 1-3, space 3
  const auto with = [](const std::string& spans) {
    return "{\"text\":\"o\xC3\xB9 est\",\"spans\":[" + spans + "]}";
  };
  const auto span = [](const char* start, const char* end, const char* label = "a") {
    return std::string("{\"start\":") + start + ",\"end\":" + end + ",\"label\":\"" + label + "\"}";
  };
  CHECK(one(with("{\"more\":{\"x\":[1]},\"label\":\"b\",\"start\":4,\"end\":7}" + std::string() +
                 "," + span("0", "3")))
            .spans == Spans{{0, 3, "a"}, {4, 7, "b"}});
  CHECK(one(with("")).has_spans);
  CHECK(fault(with(span("0", "2"))) ==
        "span [0, 2) \"a\" cuts a UTF-8 character (offsets are bytes)");
  CHECK(fault(with(span("2", "3"))) ==
        "span [2, 3) \"a\" cuts a UTF-8 character (offsets are bytes)");
  CHECK(fault(with(span("4", "8"))) == "span [4, 8) \"a\" is outside the text of 7 bytes");
  CHECK(fault(with(span("4", "4"))) == "span [4, 4) \"a\" is empty or ends before it starts");
  CHECK(fault(with(span("5", "4"))) == "span [5, 4) \"a\" is empty or ends before it starts");
  CHECK(fault(with(span("4", "6") + "," + span("5", "7", "b"))) ==
        "span [5, 7) \"b\" overlaps span [4, 6) \"a\"");
  CHECK(fault(with(span("4", "6", ""))) == "span [4, 6) \"\" has no label");
  for (const char* bad : {"-1", "1.5", "1.0", "1e0", "4294967296", "99999999999999999999999"}) {
    CHECK(fault(with(span(bad, "6"))) ==
          std::string("a span's \"start\" is ") + bad +
              ": it must be a whole number of bytes within the text");
  }
  CHECK(fault(with(span("\"1\"", "6"))) == "a span's \"start\" must be a number, not a string");
  CHECK(fault(with("{\"start\":4,\"end\":6}")) == "a span lacks \"label\"");
  CHECK(fault(with("{\"start\":4,\"label\":\"a\"}")) == "a span lacks \"end\"");
  CHECK(fault(with("{}")) == "a span lacks \"start\"");
  CHECK(fault(with("{\"start\":4,\"start\":5,\"end\":6,\"label\":\"a\"}")) ==
        "a span has \"start\" twice");
  CHECK(fault(with("[4,6]")) == "a span must be an object, not a list");
  CHECK(fault(with("{\"start\":4,\"end\":6,\"label\":1}")) ==
        "a span's \"label\" must be a string, not a number");
}

TEST_CASE("of overlapping spans the longest can be kept") {
  const test::Scratch scratch;
  const auto line = [](const std::string& spans) {
    return "{\"text\":\"0123456789\",\"spans\":[" + spans + "]}\n";
  };
  const std::string path = scratch.file(
      "in", line(R"({"start":0,"end":3,"label":"a"},{"start":0,"end":8,"label":"b"},)"
                 R"({"start":4,"end":6,"label":"c"},{"start":7,"end":9,"label":"d"},)"
                 R"({"start":9,"end":10,"label":"e"})") +
                line(R"({"start":2,"end":4,"label":"a"},{"start":2,"end":4,"label":"b"})") +
                line(R"({"start":0,"end":2,"label":"a"},{"start":1,"end":9,"label":"b"},)"
                     R"({"start":8,"end":10,"label":"c"})"));
  ReaderOptions options = jsonl();
  CHECK(test::message_of([&] {
          RecordReader reader({path}, options);
          Record record;
          reader.next(record);
        }) == path + ":1: span [0, 8) \"b\" overlaps span [0, 3) \"a\"");
  options.overlapping_spans = OverlappingSpans::keep_longest;
  RecordReader reader({path}, options);
  Record record;
  REQUIRE(reader.next(record));
  CHECK(record.spans == Spans{{0, 8, "b"}, {9, 10, "e"}});
  REQUIRE(reader.next(record));
  CHECK(record.spans == Spans{{2, 4, "a"}});
  REQUIRE(reader.next(record));
  CHECK(record.spans == Spans{{1, 9, "b"}});
  CHECK(reader.dropped_spans() == 3 + 1 + 2);
  CHECK(reader.failed() == 0);
}

TEST_CASE("tags that do not fit are refused") {
  CHECK(fault(R"({"tokens":["a","b"],"tags":["O"]})") == "2 tokens, but 1 tags");
  CHECK(fault(R"({"tokens":["a"],"tags":["X"]})") ==
        "tag \"X\" is neither O nor B-label nor I-label");
  CHECK(fault(R"({"text":"a","tags":["O"]})") == "field \"tags\" is given without \"tokens\"");
  CHECK(fault(R"({"tokens":["a",""]})") == "token 2 is empty");
  CHECK(fault(R"({"tokens":["a",1]})") == "a token must be a string, not a number");
  CHECK(fault(R"({"tokens":["a"],"tags":[null]})") == "a tag must be a string, not null");
}

TEST_CASE("missing and mistyped fields") {
  CHECK(fault("{}") == "field \"text\" (or \"tokens\") is missing");
  CHECK(fault(R"({"text":5})") == "field \"text\" must be a string, not a number");
  CHECK(fault(R"({"text":["a"]})") == "field \"text\" must be a string, not a list");
  CHECK(fault(R"({"text":true})") == "field \"text\" must be a string, not true or false");
  CHECK(fault(R"({"text":"","tokens":"a"})") == "field \"tokens\" must be a list, not a string");
  CHECK(fault(R"({"text":"","tags":{}})") == "field \"tags\" must be a list, not an object");
  CHECK(fault(R"({"text":"","spans":0})") == "field \"spans\" must be a list, not a number");
  CHECK(fault(R"({"text":"","label":3})") ==
        "field \"label\" must be a string, a list of strings or an object of probabilities, "
        "not a number");
  CHECK(fault(R"({"text":"","label":""})") == "a label is empty");
  CHECK(fault(R"({"text":"","label":["a","a"]})") == "label \"a\" is named twice");
  CHECK(fault(R"({"text":"","label":[1]})") ==
        "a label in the list must be a string, not a number");
  CHECK(fault(R"({"text":"","label":{"a":"1"}})") ==
        "a label's probability must be a number, not a string");
  for (const char* bad : {"-0.5", "1e39", "1e400"}) {
    CHECK(fault(std::string("{\"text\":\"\",\"label\":{\"a\":") + bad + "}}") ==
          std::string("the probability of label \"a\" is ") + bad +
              ": it must be finite and not negative");
  }
  CHECK(fault(R"({"text":"","label":{"a":0}})") ==
        "field \"label\" gives no label a probability above 0");
  CHECK(fault(R"({"text":"a","text":"b"})") == "field \"text\" appears twice");
  CHECK(fault(R"({"text":"a","te\u0078t":"b"})") == "field \"text\" appears twice");
  CHECK(one(R"({"text":"a","x":1,"x":2})").text == "a");
  CHECK(fault("[1]") == "the line is no JSON object: \"[1]\"");
  CHECK(fault("\"x\"") == "the line is no JSON object: \"\\\"x\\\"\"");
}

TEST_CASE("what the task needs can be asked for") {
  ReaderOptions options = jsonl();
  options.need_label = true;
  CHECK(fault(R"({"text":"a"})", options) == "field \"label\" is missing: the record has no label");
  CHECK(fault(R"({"text":"a","label":null})", options).starts_with("field \"label\" is missing"));
  options = jsonl();
  options.need_spans = true;
  CHECK(fault(R"({"text":"a"})", options) ==
        "field \"spans\" (or \"tokens\" with \"tags\") is missing");
  CHECK(one(R"({"text":"a","spans":[]})", options).has_spans);
  options = jsonl();
  options.need_text = false;
  CHECK(one(R"({"label":"a"})", options).labels.size() == 1);
  CHECK(one(R"({"spans":[{"start":90,"end":99,"label":"x"}]})", options).spans.size() == 1);
  CHECK(fault(R"({"spans":[{"start":9,"end":9,"label":"x"}]})", options).ends_with("it starts"));
}

TEST_CASE("fields can have other names") {
  ReaderOptions options = jsonl();
  options.fields = {"message", "intent", "words", "slots", "ranges", "key"};
  const Record record = one(
      R"({"message":"a b","intent":"x","text":7,"key":"k","ranges":[{"start":0,"end":1,"label":"y"}]})",
      options);
  CHECK(record.text == "a b");
  CHECK(record.labels[0].name == "x");
  CHECK(record.id == "\"k\"");
  CHECK(record.spans == Spans{{0, 1, "y"}});
  CHECK(fault("{}", options) == "field \"message\" (or \"words\") is missing");
  options.fields.label = "message";
  CHECK(test::message_of([&] { RecordReader reader({}, options); }) ==
        "field \"message\" cannot be both text and label; give one of them another name");
  options.fields.label = "";
  CHECK(test::message_of([&] { RecordReader reader({}, options); }) ==
        "the name of the label field is empty");
}

TEST_CASE("what `pnlp tokenize` adds is read") {
  const std::string added =
      R"("tokens":["wake","unable"],"offsets":[[0,4],[5,11]],"units":[["wake"],["un",["able"]]],"tokenizer":"chars:1")";
  const Record record = one("{\"text\":\"wake unable\"," + added + "}");
  CHECK(record.tokenizer == "chars:1");
  CHECK(record.tokens == Ranges{{0, 4}, {5, 11}});
  REQUIRE(record.units.size() == 2);
  CHECK(record.units[0].size() == 1);
  CHECK(record.units[0][0].text == "wake");
  CHECK_FALSE(record.units[0][0].continuation);
  REQUIRE(record.units[1].size() == 2);
  CHECK(record.units[1][1].text == "able");
  CHECK(record.units[1][1].continuation);

  const auto tokenized = [](const std::string& offsets, const std::string& units) {
    return R"({"text":"wake me","tokens":["wake","me"],"tokenizer":"t","offsets":)" + offsets +
           ",\"units\":" + units + "}";
  };
  const std::string good_units = R"([["wake"],["me"]])";
  CHECK(one(tokenized("[[0,4],[5,7]]", good_units)).units.size() == 2);
  CHECK(fault(tokenized("[[0,4]]", good_units)) == "2 tokens, but 1 token offsets");
  CHECK(fault(tokenized("[[0,4],[5,8]]", good_units)) ==
        "token at [5, 8) is outside the text of 7 bytes");
  CHECK(fault(tokenized("[[0,4],[3,7]]", good_units)) ==
        "token at [3, 7) begins before the one before it ends");
  CHECK(fault(tokenized("[[0,4],[5,-7]]", good_units)) ==
        "field \"offsets\" must be pairs of whole numbers of bytes");
  for (const char* bad : {"[[0,4],[5]]", "[[0,4],5]", "{}", "[[0,4],[5,\"7\"]]"}) {
    CHECK(fault(tokenized(bad, good_units)) ==
          "field \"offsets\" must be a list of [begin, end] pairs");
  }
  CHECK(fault(tokenized("[[0,4],[5,7,9]]", good_units)).starts_with("field \"offsets\" must be"));
  CHECK(fault(tokenized("[[0,4],[5,7]]", R"([["wake"]])")) == "2 tokens, but units of 1");
  CHECK(fault(tokenized("[[0,4],[5,7]]", "{}")) == "field \"units\" must be a list");
  CHECK(fault(tokenized("[[0,4],[5,7]]", "[\"wake\",[]]")) ==
        "field \"units\" must hold one list for each token");
  for (const char* bad : {"[[1],[]]", "[[[]],[]]", "[[[\"a\",\"b\"]],[]]", "[[[1]],[]]"}) {
    CHECK(fault(tokenized("[[0,4],[5,7]]", bad)) ==
          "field \"units\" must hold strings, or lists of one string");
  }
}

TEST_CASE("fields that only look like tokenize's are left alone") {
  const Record record = one(R"({"text":"a","units":"metric","offsets":[3,{"x":1}],"tokenizer":7})");
  CHECK(record.tokenizer.empty());
  CHECK(record.units.empty());
  CHECK_FALSE(record.has_tokens);
  CHECK(one(R"({"text":"a","units":[["kg"]],"tokenizer":"by hand"})").tokenizer.empty());
}

TEST_CASE("malformed JSON anywhere in the line is refused") {
  for (const char* bad : {"{",
                          "{\"text\":\"a\"",
                          "{\"text\":\"a\",}",
                          "{\"text\":\"a\" \"x\":1}",
                          "{\"text\":\"a\",\"x\":tru}",
                          "{\"text\":\"a\",\"x\":nullx}",
                          "{\"text\":\"a\",\"x\":01}",
                          "{\"text\":\"a\",\"x\":1.}",
                          "{\"text\":\"a\",\"x\":-}",
                          "{\"text\":\"a\",\"x\":1e}",
                          "{\"text\":\"a\",\"x\":.5}",
                          "{\"text\":\"a\",\"x\":+1}",
                          "{\"text\":\"a\",\"x\":[1,]}",
                          "{\"text\":\"a\",\"x\":[1 2]}",
                          "{\"text\":\"a\",\"x\":[1}",
                          "{\"text\":\"a\",\"x\":{]}",
                          "{\"text\":\"a\",\"x\":[\"a\":1]]}",
                          "{\"text\":\"a\",\"x\"}",
                          "{\"text\":\"a\",1:2}",
                          "{\"text\":\"a\",\"x\":\"\\q\"}",
                          "{\"text\":\"a\",\"x\":\"\\ud800\"}",
                          "{\"text\":\"a\",\"\\q\":1}",
                          "{\"text\":\"a\"} {}",
                          "{\"text\":\"a\"}}",
                          "{'text':'a'}",
                          "{\"text\":\"a\",\"x\":\"b}",
                          "{\"text\":\"a\tb\"}",
                          "{\"text\":\"a\",\"x\":\"b\"c}",
                          "{\"text\":\"a\",,\"x\":1}",
                          "{\"text\":\"a\"}x",
                          "{,}",
                          "{\"text\":\"a\",\"x\":}"}) {
    CAPTURE(std::string(bad));
    CHECK(fault(bad).starts_with("malformed JSON: "));
  }
  CHECK(fault("{\"text\":\"a\",\"x\":" + std::string(300, '[') + std::string(300, ']') + "}") ==
        "JSON is more than 256 levels deep");
  CHECK(fault("not JSON") == "the line is no JSON object: \"not JSON\"");
}

TEST_CASE("NUL is data") {
  CHECK(one(R"({"text":"a\u0000b"})").text == std::string("a\0b", 3));
}

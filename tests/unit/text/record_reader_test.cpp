#include "pnlp/text/record_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "text/reader_help.hpp"

using namespace pnlp;
using test::options_of;
using test::records_of;
using test::refusal;
using test::Scratch;

namespace {

using Labels = std::vector<LabelWeight>;
using Ranges = std::vector<ByteRange>;
using Spans = std::vector<Span>;

std::string texts(const std::vector<Record>& records) {
  std::string joined;
  for (const Record& record : records) {
    joined += (record.malformed ? "<malformed>" : record.text) + "|";
  }
  return joined;
}

std::string texts_of(const std::string& content, const ReaderOptions& options = {},
                     const std::string& name = "in") {
  return texts(records_of(content, options, name));
}

}  // namespace

TEST_CASE("plain lines: one record a line, empty lines too") {
  CHECK(texts_of("one\n\n  two \r\nthree") == "one||  two |three|");
  CHECK(texts_of("\n\none\n") == "||one|");
  CHECK(texts_of("\n\n") == "||");
  CHECK(texts_of("").empty());
  CHECK(texts_of(std::string("a\0b\n", 4)) == std::string("a\0b|", 4));
  const std::vector<Record> records = records_of("\n\none\n", {});
  CHECK(records[0].place.line == 1);
  CHECK(records[1].place.line == 2);
  CHECK(records[2].place.line == 3);
  CHECK(records[2].line.empty());
}

TEST_CASE("the format is seen in the first line, or in the file's name") {
  CHECK(texts_of("{\"text\":\"a\"}\n") == "a|");
  CHECK(texts_of("\xEF\xBB\xBF{\"text\":\"a\"}\n") == "a|");
  CHECK(texts_of("\n\n  {\"text\":\"a\"}\n\n{\"text\":\"b\"}\n \n") == "a|b|");
  CHECK(texts_of("__label__x a b\n") == "a b|");
  CHECK(texts_of("\n__label__x a b\n") == "|a b|");
  CHECK(texts_of("text\tlabel\na\tx\n", {}, "in.tsv") == "a|");
  CHECK(texts_of("text\tlabel\na\tx\n") == "text\tlabel|a\tx|");
  CHECK(texts_of("a O\nb O\n", {}, "in.conll") == "a b|");
  CHECK_FALSE(test::message_of([] { texts_of("a\n", {}, "in.jsonl"); }).empty());
  CHECK(texts_of("{\"text\":\"a\"}", options_of(RecordFormat::lines)) == "{\"text\":\"a\"}|");
  CHECK(texts_of(" \nb") == " |b|");
}

TEST_CASE("a name for the text is refused where nothing has names") {
  ReaderOptions options;
  options.fields.text = "body";
  options.on_error = OnError::skip;  // it concerns every record
  CHECK(texts_of("{\"body\":\"a\"}\n", options) == "a|");
  CHECK(texts_of("body\tlabel\na\tx\n", options, "in.tsv") == "a|");
  const auto refusal = [&](const std::string& content, const std::string& name) {
    const std::string message = test::message_of([&] { texts_of(content, options, name); });
    return message.substr(message.find(":1: ") + 4);
  };
  CHECK(refusal("\n\na\n", "in") ==
        "there is no field \"body\": read as plain lines, the file has none");
  CHECK(refusal("__label__x a\n", "in") ==
        "there is no field \"body\": read as lines of fastText, the file has none");
  CHECK(refusal("a O\n", "in.conll") ==
        "there is no field \"body\": read as CoNLL, the file has none");
}

TEST_CASE("line ends, byte order mark and blank lines change no JSONL record") {
  const std::string plain = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n";
  for (const std::string& same : {std::string("{\"text\":\"a\"}\r\n{\"text\":\"b\"}\r\n"),
                                  std::string("{\"text\":\"a\"}\n{\"text\":\"b\"}"),
                                  "\xEF\xBB\xBF" + plain, "\n" + plain + "\n \t\n"}) {
    const std::vector<Record> records = records_of(same, options_of(RecordFormat::jsonl));
    REQUIRE(records.size() == 2);
    CHECK(records[0].line == "{\"text\":\"a\"}");
    CHECK(records[1].line == "{\"text\":\"b\"}");
  }
}

TEST_CASE("fastText lines") {
  const std::vector<Record> records =
      records_of("__label__x  wake me \n__label__a __label__b two\nnone\n\n__label__x\n",
                 options_of(RecordFormat::fasttext));
  REQUIRE(records.size() == 5);
  CHECK(records[0].text == "wake me");
  CHECK(records[0].label_form == LabelForm::single);
  CHECK(records[0].labels == Labels{{"x", 1.0F}});
  CHECK(records[1].text == "two");
  CHECK(records[1].label_form == LabelForm::multiple);
  CHECK(records[1].labels == Labels{{"a", 1.0F}, {"b", 1.0F}});
  CHECK(records[2].label_form == LabelForm::none);
  CHECK(records[3].text.empty());
  CHECK(records[4].text.empty());
  CHECK(records[4].labels.size() == 1);
  const ReaderOptions fasttext = options_of(RecordFormat::fasttext);
  CHECK(refusal("a\n__label__ b\n", fasttext) == "in:2: a label is empty");
  CHECK(refusal("__label__a __label__a b\n", fasttext) == "in:1: label \"a\" is named twice");
}

TEST_CASE("TSV with named columns") {
  const ReaderOptions tsv = options_of(RecordFormat::tsv);
  const std::vector<Record> records =
      records_of("id\t label \ttext\tmore\r\n7\tgo home\ta b\t\r\n\n\"x\"\t\t\tz", tsv);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "\"7\"");
  CHECK(records[0].text == "a b");
  CHECK(records[0].labels == Labels{{"go home", 1.0F}});
  CHECK(records[0].place.line == 2);
  CHECK(records[1].id == "\"\\\"x\\\"\"");
  CHECK(records[1].text.empty());
  CHECK(records[1].label_form == LabelForm::none);
  CHECK(records[1].place.line == 4);

  const std::vector<Record> tagged = records_of("tokens\ttags\na b  c\tO B-x I-x\n", tsv);
  REQUIRE(tagged.size() == 1);
  CHECK(tagged[0].text == "a b c");
  CHECK(tagged[0].spans == Spans{{2, 5, "x"}});

  CHECK(texts_of("text\na\n\nb\n", tsv) == "a||b|");
  CHECK(texts_of("", tsv).empty());
  CHECK(texts_of("text\n", tsv).empty());
  CHECK(refusal("text\tlabel\na\n", tsv) == "in:2: 1 cells, but the header names 2 columns");
  CHECK(refusal("text\ttext\n", tsv) == "in:1: the header names column \"text\" twice");
  CHECK(refusal("a\tb\n", tsv) ==
        "in:1: the header names no column \"text\" (or \"tokens\"); the first line of TSV names "
        "the columns");
  CHECK(refusal("text\tspans\n", tsv).starts_with("in:1: column \"spans\": spans cannot be"));
  CHECK(refusal("te\xFFxt\n", tsv).starts_with("in:1: invalid UTF-8 at byte 2"));
  ReaderOptions dropping = tsv;
  dropping.invalid_utf8 = InvalidUtf8::skip;
  CHECK(refusal("te\xFFxt\n", dropping) == "in:1: invalid UTF-8 in the header");
  ReaderOptions no_text = tsv;
  no_text.need_text = false;
  CHECK(records_of("label\nx\n", no_text).size() == 1);
}

TEST_CASE("CoNLL columns") {
  const ReaderOptions conll = options_of(RecordFormat::conll);
  const std::vector<Record> records = records_of(
      "-DOCSTART- -X- O\n\n\nWake VB O\nme\tPRP\tO\nat IN B-t\r\nsix CD I-t\r\n\r\nbye UH O",
      conll);
  REQUIRE(records.size() == 2);
  CHECK(records[0].text == "Wake me at six");
  CHECK(records[0].has_tokens);
  CHECK(records[0].tokens == Ranges{{0, 4}, {5, 7}, {8, 10}, {11, 14}});
  CHECK(records[0].spans == Spans{{8, 14, "t"}});
  CHECK(records[0].place.line == 4);
  CHECK(records[1].text == "bye");
  CHECK(records[1].place.line == 9);

  const std::vector<Record> untagged = records_of("a\nb\n\nc\n", conll);
  REQUIRE(untagged.size() == 2);
  CHECK_FALSE(untagged[0].has_spans);
  CHECK(untagged[0].text == "a b");

  CHECK(refusal("a O\nb X\n", conll) == "in:2: tag \"X\" is neither O nor B-label nor I-label");
  CHECK(refusal("a O\nb\n", conll).starts_with("in:2: no tag columns, unlike the lines before"));
  CHECK(refusal("a\nb O\n", conll).starts_with("in:2: several columns, unlike the lines before"));
  ReaderOptions strict = conll;
  strict.need_spans = true;
  CHECK(refusal("\na\nb\n\n", strict).starts_with("in:2: field \"spans\""));
  ReaderOptions shortened = conll;
  shortened.max_line = 7;
  CHECK(
      refusal("aaa O\nbbb O\nccc O\n", shortened).starts_with("in:3: the record is longer than 7"));
}

TEST_CASE("a bad CoNLL record is passed over whole") {
  const std::string content = "a O\nb X\nc O\n\nd O\n\ne O\nf\xFF O\ng O\n\nh O\n";
  ReaderOptions options = options_of(RecordFormat::conll);
  options.on_error = OnError::skip;
  CHECK(texts_of(content, options) == "d|h|");
  options.on_error = OnError::null;
  CHECK(texts_of(content, options) == "<malformed>|d|<malformed>|h|");
  options.invalid_utf8 = InvalidUtf8::skip;
  CHECK(texts_of(content, options) == "<malformed>|d|h|");
  options.invalid_utf8 = InvalidUtf8::replace;
  CHECK(texts_of(content, options) == "<malformed>|d|e f\xEF\xBF\xBD g|h|");
  options.need_spans = true;
  CHECK(texts_of("a\n\nb O\n\nc\n", options) == "<malformed>|b|<malformed>|");
}

TEST_CASE("malformed records stop, are skipped, or become null") {
  const Scratch scratch;
  const std::string path = scratch.file(
      "in", "{\"text\":\"a\"}\n{\"text\":1}\n{\"text\":\"c\"}\nnot\n{\"text\":\"e\"}\n");
  ReaderOptions options = options_of(RecordFormat::jsonl);
  Record record;
  {
    RecordReader reader({path}, options);
    CHECK(reader.next(record));
    CHECK(test::message_of([&] { reader.next(record); }) ==
          path + ":2: field \"text\" must be a string, not a number");
    CHECK(reader.records() == 1);
  }
  options.on_error = OnError::skip;
  {
    RecordReader reader({path}, options);
    std::string seen;
    while (reader.next(record)) seen += record.text + std::to_string(record.place.line);
    CHECK(seen == "a1c3e5");
    CHECK(reader.records() == 3);
    CHECK(reader.failed() == 2);
    CHECK(reader.first_failure() == path + ":2: field \"text\" must be a string, not a number");
  }
  options.on_error = OnError::null;
  {
    RecordReader reader({path}, options);
    std::string seen;
    while (reader.next(record)) {
      seen += (record.malformed ? "!" : record.text) + std::to_string(record.place.line);
      if (record.malformed) CHECK(record.line.empty());
    }
    CHECK(seen == "a1!2c3!4e5");
    CHECK(reader.records() == 5);
    CHECK(reader.failed() == 2);
  }
}

TEST_CASE("invalid UTF-8 is an error with its line, replaced, or its record dropped") {
  const std::string lines = "a\nb\xFF\xC3(\nc\n";
  const std::string jsonl = "{\"text\":\"a\"}\n{\"text\":\"b\xE2\x82\"}\n{\"text\":\"c\"}\n";
  ReaderOptions options;
  CHECK(refusal(lines, options) == "in:2: invalid UTF-8 at byte 1 of the line (0xff)");
  CHECK(refusal(jsonl, options) == "in:2: invalid UTF-8 at byte 10 of the line (0xe2)");
  options.invalid_utf8 = InvalidUtf8::skip;
  CHECK(texts_of(lines, options) == "a|c|");
  CHECK(texts_of(jsonl, options) == "a|c|");
  options.invalid_utf8 = InvalidUtf8::replace;
  CHECK(texts_of(lines, options) == "a|b\xEF\xBF\xBD\xEF\xBF\xBD(|c|");
  const std::vector<Record> mended = records_of(jsonl, options);
  REQUIRE(mended.size() == 3);
  CHECK(mended[1].text == "b\xEF\xBF\xBD");
  CHECK(mended[1].line == "{\"text\":\"b\xEF\xBF\xBD\"}");
  // Overlong forms, surrogates and what lies above U+10FFFF are no UTF-8 either.
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"}) {
    CHECK(refusal(bad, {}).starts_with("in:1: invalid UTF-8 at byte 0"));
  }
}

TEST_CASE("a line over the limit is an error of one line, wherever its end is") {
  ReaderOptions options;
  options.max_line = 20;
  const std::string large(1000000, 'x');
  CHECK(refusal("a\n" + large, options) == "in:2: the line is longer than 20 bytes, the limit");
  options.on_error = OnError::null;
  CHECK(texts_of("a\n" + large + "\nb\n", options) == "a|<malformed>|b|");
  options.format = RecordFormat::conll;
  CHECK(texts_of("a O\n" + large + "\n\nb O\n", options) == "<malformed>|b|");
  options.max_line = 0;
  CHECK(test::message_of([&] { RecordReader reader({}, options); }) ==
        "a line limit of 0 bytes: it must be 1 to 1073741824");
}

TEST_CASE("files are read one after another, each with its format and mark") {
  const Scratch scratch;
  const std::string a = scratch.file("a", "{\"text\":\"1\"}");
  const std::string b = scratch.file("b.tsv", "\xEF\xBB\xBFtext\n2\n");
  const std::string c = scratch.file("c", "three\n");
  RecordReader reader({a, b, c, scratch.file("d", ""), a}, {});
  Record record;
  std::string seen;
  while (reader.next(record)) {
    seen += record.text + "@" + record.place.file.substr(scratch.folder().size()) + ":" +
            std::to_string(record.place.line) + " ";
    CHECK(reader.ready());
  }
  CHECK(seen == "1@/a:1 2@/b.tsv:2 three@/c:1 1@/a:1 ");
  CHECK_FALSE(reader.next(record));
}

TEST_CASE("a file that is not there, or a folder, is named when its turn comes") {
  const Scratch scratch;
  RecordReader reader({scratch.file("a", "x\n"), scratch.folder()}, {});
  Record record;
  CHECK(reader.next(record));
  CHECK(test::message_of([&] { reader.next(record); }) ==
        scratch.folder() + ": is a directory; give the files in it");
}

TEST_CASE("standard input is read when no file is named; waiting is foreseen") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const test::Redirected input(STDIN_FILENO, ends[0]);
  RecordReader reader({}, {});
  REQUIRE(::write(ends[1], "one\ntwo\n", 8) == 8);
  Record record;
  REQUIRE(reader.next(record));
  CHECK(record.text == "one");
  CHECK(record.place.file == "standard input");
  CHECK(reader.ready());
  REQUIRE(reader.next(record));
  CHECK_FALSE(reader.ready());
  ::close(ends[1]);
  CHECK(reader.ready());
  CHECK_FALSE(reader.next(record));
}

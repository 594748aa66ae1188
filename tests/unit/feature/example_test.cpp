// The example stream of pnlp-features(5), testdata/features: the bytes of the format as they were
// when it was fixed. A second reader judges the same file (tests/judges).
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/text/record_reader.hpp"

using namespace pnlp;

namespace {

const std::string kFolder = PNLP_TESTDATA "/features/";

// Its digest is made up: how words are found is not this format's business.
FeatureSource example_source() {
  FeatureSource source;
  source.projection.hashes = 4;
  source.projection.channels = {"word", "lower", "prefix", "suffix", "shape", "length"};
  source.tokenizer_kind = "chars";
  source.tokenizer_digest = 0x0123456789abcdef;
  return source;
}

std::vector<FeatureRecord> example_records() {
  RecordReader reader({kFolder + "example.jsonl"}, {});
  const auto projection = make_projection(example_source().projection);
  std::vector<FeatureRecord> records;
  Record record;
  while (reader.next(record)) {
    FeatureRecord& out = records.emplace_back();
    out.id = record.id;
    out.tokens = record.tokens;
    out.label_form = record.label_form;
    out.labels = record.labels;
    out.has_spans = record.has_spans;
    out.spans = record.spans;
    for (const ByteRange& token : record.tokens) {
      const std::string word = record.text.substr(token.begin, token.end - token.begin);
      const std::string marked = std::string("\xe2\x96\x81").append(word).append("\xe2\x96\x81");
      const ProjectionUnit unit{.text = marked};
      std::vector<std::uint16_t> values(projection->width());
      projection->project(word, {&unit, 1}, values);
      out.values.insert(out.values.end(), values.begin(), values.end());
    }
  }
  return records;
}

}  // namespace

TEST_CASE("the example stream is read") {
  FeatureReader reader({kFolder + "example.pnf"});
  CHECK(reader.source() == example_source());
  for (const FeatureRecord& expected : example_records()) {
    FeatureRecord record;
    REQUIRE(reader.next(record));
    CHECK(record == expected);
  }
  FeatureRecord none;
  CHECK_FALSE(reader.next(none));
  CHECK(reader.records() == 4);
  CHECK(reader.tokens() == 14);
}

TEST_CASE("the example stream is written to the byte") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("pnlp_example" + std::to_string(::getpid())))
          .string();
  OutputFile file(path);
  FeatureWriter writer(file, example_source(), {.frame_bytes = 200});
  for (const FeatureRecord& record : example_records()) writer.write(record);
  writer.finish();
  file.commit();
  const std::string bytes = read_file(path);
  std::filesystem::remove(path);
  CHECK(bytes == read_file(kFolder + "example.pnf"));
}

#include "pnlp/feature/stream.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>

#include "memory_file.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/feature/stream_format.hpp"
#include "pnlp/feature/word_batch.hpp"
#include "pnlp/io/frame.hpp"

using namespace pnlp;

namespace {

FeatureSource source_of(std::uint32_t hashes = 2) {
  FeatureSource source;
  source.projection.hashes = hashes;
  source.projection.channels = {"word"};
  source.tokenizer_kind = "wordpiece";
  source.tokenizer_digest = 0xabcdef;
  source.tokenizer_bytes = "[UNK]\nwake\n";
  return source;
}

FeatureRecord small_record() {
  FeatureRecord record;
  record.id = "7";
  record.tokens = {{0, 4}, {5, 7}};
  record.values = {1, 2, 0xffff, 4, 5, 6};
  record.label_form = LabelForm::single;
  record.labels = {{"alarm", 1.0F}};
  record.has_spans = true;
  record.spans = {{5, 7, "who"}};
  return record;
}

std::vector<FeatureRecord> random_records(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<FeatureRecord> records(count);
  for (FeatureRecord& record : records) {
    if (random.below(2) == 0) record.id = "\"\xc3\xa9" + std::to_string(random.below(99)) + "\"";
    std::uint32_t at = 0;
    for (std::uint64_t i = random.below(12); i > 0; --i) {
      const auto begin = at + static_cast<std::uint32_t>(random.below(300));
      at = begin + static_cast<std::uint32_t>(random.below(300));
      record.tokens.push_back({begin, at});
      const auto word = static_cast<std::uint16_t>(random.below(50) * 1000);
      record.values.insert(record.values.end(), {word, 7, 65535});
    }
    record.label_form = static_cast<LabelForm>(random.below(4));
    if (record.label_form == LabelForm::single) {
      record.labels = {{"x", 1.0F}};
    } else if (record.label_form != LabelForm::none) {
      for (std::uint64_t i = random.below(4); i > 0; --i) {
        const bool soft = record.label_form == LabelForm::soft;
        record.labels.push_back(
            {std::string(i, 'l'), soft ? 0.125F * static_cast<float>(i) : 1.0F});
      }
    }
    record.has_spans = random.below(2) == 0;
    if (record.has_spans && at > 0) record.spans = {{0, 1, "a b"}, {1, at, ""}};
  }
  return records;
}

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))).string();
}

std::string written(const FeatureSource& source, const std::vector<FeatureRecord>& records,
                    StreamOptions options = {}) {
  const std::string path = temporary("pnlp_stream");
  OutputFile file(path);
  FeatureWriter writer(file, source, options);
  for (const FeatureRecord& record : records) writer.write(record);
  writer.finish();
  file.commit();
  std::string bytes = read_file(path);
  std::filesystem::remove(path);
  return bytes;
}

std::vector<FeatureRecord> read_all(FeatureReader& reader) {
  std::vector<FeatureRecord> records;
  FeatureRecord record;
  while (reader.next(record)) records.push_back(record);
  CHECK(reader.records() == records.size());
  return records;
}

std::vector<FeatureRecord> read_all(const std::string& bytes) {
  const MemoryFile file(bytes);
  FeatureReader reader({file.path()});
  return read_all(reader);
}

// The message without the file's name; "read" if all is well.
std::string refused(const std::string& bytes) {
  const MemoryFile file(bytes);
  try {
    FeatureReader reader({file.path()});
    FeatureRecord record;
    while (reader.next(record)) {
    }
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    CHECK(std::string(error.what()).starts_with(file.path() + ": byte "));
    return std::string(error.what()).substr(file.path().size() + 2);
  }
  return "read";
}

std::string prologue(std::uint16_t version = kStreamVersion) {
  ByteWriter writer;
  writer.raw(kStreamMagic);
  writer.u16(version);
  return writer.take();
}

// A stream of one hand-made frame of records.
std::string with_frame(std::string_view payload, std::uint32_t count, char kind = kRecordFrame) {
  std::string bytes = prologue();
  append_frame(bytes, kHeaderFrame, 0, encode_header(source_of(), true));
  append_frame(bytes, kind, count, payload);
  return bytes;
}

std::string payload_of(const std::function<void(ByteWriter&)>& write, std::uint64_t rows = 1) {
  ByteWriter writer;
  writer.varint(rows);
  for (std::uint64_t i = 0; i < 3 * rows; ++i) writer.u16(1);
  write(writer);
  return writer.take();
}

}  // namespace

TEST_CASE("what was written is read, with any options") {
  const std::vector<FeatureRecord> records = random_records(500, 3);
  for (const bool compress : {false, true}) {
    for (const std::uint32_t frame_bytes : {1U, 1000U, 1U << 20}) {
      const std::string bytes =
          written(source_of(), records, {.compress = compress, .frame_bytes = frame_bytes});
      CHECK(read_all(bytes) == records);
      CHECK(bytes ==
            written(source_of(), records, {.compress = compress, .frame_bytes = frame_bytes}));
    }
  }
  CHECK(read_all(written(source_of(), {})).empty());
  CHECK(written(source_of(), records, {.compress = true}).size() <
        written(source_of(), records).size());
}

TEST_CASE("numbered words are written as their values are") {
  const std::vector<FeatureRecord> records = random_records(200, 11);
  const StreamOptions options{.frame_bytes = 600};
  const std::string expected = written(source_of(), records, options);
  const std::string path = temporary("pnlp_numbered");
  {
    OutputFile out(path);
    FeatureWriter writer(out, source_of(), options);
    WordBatch batch;
    for (std::size_t begin = 0; begin < records.size(); begin += 8) {
      // A source of words that numbers them from the end.
      std::vector<std::uint16_t> values;
      std::vector<NumberedRecord> numbered(8);
      std::vector<Record> carried(8);
      batch.start(3);
      for (std::size_t i = 0; i < 8; ++i) {
        const FeatureRecord& record = records[begin + i];
        values.insert(values.begin(), record.values.begin(), record.values.end());
        numbered[i].tokens = record.tokens;
        carried[i].id = record.id;
        carried[i].label_form = record.label_form;
        carried[i].labels = record.labels;
        carried[i].has_spans = record.has_spans;
        carried[i].spans = record.spans;
      }
      auto end = static_cast<std::uint32_t>(values.size() / 3);
      for (NumberedRecord& record : numbered) {
        end -= static_cast<std::uint32_t>(record.tokens.size());
        for (std::uint32_t k = 0; k < record.tokens.size(); ++k) record.words.push_back(end + k);
        batch.take({3, values}, record);
      }
      writer.write(batch.rows(), numbered, carried);
    }
    writer.finish();
    out.commit();
  }
  CHECK(read_file(path) == expected);
  std::filesystem::remove(path);
}

TEST_CASE("the header says what made the features") {
  const MemoryFile file(written(source_of(), {small_record()}));
  const FeatureReader reader({file.path()});
  CHECK(reader.source() == source_of());
  CHECK(reader.channels() == std::vector<Channel>{{"minhash", 2}, {"word", 1}});
  const MemoryFile bare(written(source_of(), {}, {.carry_tokenizer = false}));
  const FeatureReader knows_less({bare.path()});
  CHECK_FALSE(knows_less.source().has_tokenizer);
  CHECK(knows_less.source().difference(source_of()).empty());
}

TEST_CASE("probabilities of tags have no place in a stream") {
  FeatureRecord record = small_record();
  record.has_tag_weights = true;
  record.tag_weights.resize(record.tokens.size());
  CHECK_THROWS_WITH_AS(written(source_of(), {record}),
                       doctest::Contains("probabilities of tags, which a feature stream cannot"),
                       Error);
  // A text without words has none of them.
  FeatureRecord empty;
  empty.has_tag_weights = true;
  CHECK_FALSE(written(source_of(), {empty}).empty());

  Record carried;
  carried.place = {.file = "a.jsonl", .line = 7};
  carried.tag_weights = record.tag_weights;
  const NumberedRecord numbered{.tokens = record.tokens,
                                .words = std::vector<std::uint32_t>(record.tokens.size(), 0)};
  const std::vector<std::uint16_t> row = {1, 2, 3};
  OutputFile out(temporary("pnlp_tag_weights"));
  FeatureWriter writer(out, source_of(), {});
  CHECK_THROWS_WITH_AS(writer.write({3, row}, std::span(&numbered, 1), std::span(&carried, 1)),
                       doctest::Contains("a.jsonl:7: the record has probabilities of tags"), Error);
}

TEST_CASE("the bytes of a frame of records are those of the manual page") {
  RecordEncoder encoder(3);
  encoder.add(small_record());
  FeatureRecord second;
  second.tokens = {{2, 3}};
  second.values = {1, 2, 0xffff};
  second.label_form = LabelForm::soft;
  second.labels = {{"a", 0.5F}};
  encoder.add(second);
  CHECK(encoder.count() == 2);
  const std::string expected(
      "\2"
      "\1\0\2\0\xff\xff"
      "\4\0\5\0\6\0"  // two rows
      "\1"
      "7"
      "\2"
      "\0\4\0"
      "\1\2\1"  // id, tokens
      "\5"
      "\1"
      "\5alarm"
      "\1"
      "\5\2"
      "\3who"  // label, span
      "\0"
      "\1"
      "\2\1\0"
      "\3"
      "\1"
      "\1a"
      "\0\0\0\x3f",
      50);
  CHECK(encoder.payload() == expected);
}

TEST_CASE("every prefix and every flipped bit of a stream is refused") {
  for (const bool compress : {false, true}) {
    std::vector<FeatureRecord> records(3, small_record());
    const std::string bytes =
        written(source_of(), records, {.compress = compress, .frame_bytes = 60});
    REQUIRE(refused(bytes) == "read");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string message = refused(bytes.substr(0, size));
      if (size > 0) CHECK(message.find("the file is cut") != std::string::npos);
      CHECK(message != "read");
    }
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      CHECK(refused(flipped) != "read");
    }
  }
}

TEST_CASE("streams may stand one after another, in one file or in several") {
  const std::vector<FeatureRecord> one = random_records(5, 1);
  const std::vector<FeatureRecord> two = random_records(5, 2);
  std::vector<FeatureRecord> both = one;
  both.insert(both.end(), two.begin(), two.end());
  const std::string first = written(source_of(), one);
  const std::string second = written(source_of(), two, {.carry_tokenizer = false});
  CHECK(read_all(first + second) == both);
  const MemoryFile a(first);
  const MemoryFile b(second);
  FeatureReader reader({a.path(), b.path()});
  CHECK(reader.ready());
  CHECK(read_all(reader) == both);
  FeatureReader opened(InputFile(a.path()), {b.path()});
  CHECK(read_all(opened) == both);

  CHECK(refused(first + written(source_of(3), {}))
            .find("a feature stream that does not go with the first one: 2 hashes against 3") !=
        std::string::npos);
  CHECK(refused(first + "{}")
            .find("something that is not a feature stream stands behind the end "
                  "of one") != std::string::npos);
  CHECK(refused(first + "\x89PN").find("the file is cut") != std::string::npos);
}

TEST_CASE("frames may neither be missing, nor change places, nor come from elsewhere") {
  const std::vector<FeatureRecord> records = random_records(3, 5);
  const StreamOptions each{.frame_bytes = 1};
  const std::string bytes = written(source_of(), records, each);
  // Cut into header, three frames, end.
  std::vector<std::string> parts;
  {
    const MemoryFile file(bytes);
    FrameSource source{InputFile(file.path())};
    std::string skipped;
    source.read(skipped, 10);
    std::uint64_t begin = 0;
    Frame frame;
    for (int i = 0; i < 5; ++i) {
      source.read_frame(frame);
      parts.push_back(bytes.substr(begin, source.offset() - begin));
      begin = source.offset();
    }
  }
  const auto joined = [&](std::vector<std::size_t> order) {
    std::string all;
    for (const std::size_t part : order) all += parts[part];
    return all;
  };
  CHECK(refused(joined({0, 1, 2, 3, 4})) == "read");
  for (const std::vector<std::size_t>& order :
       std::vector<std::vector<std::size_t>>{{0, 1, 3, 4}, {0, 2, 1, 3, 4}, {0, 1, 1, 2, 3, 4}}) {
    CHECK(refused(joined(order)).find("frames are missing or not in order") != std::string::npos);
  }
  CHECK(refused(joined({0, 0, 1, 2, 3, 4})) != "read");
  CHECK(refused(joined({1, 2, 3, 4})).find("not a feature stream") != std::string::npos);
}

TEST_CASE("what is wrong with a stream is said") {
  CHECK(refused("") == "byte 0: the file is empty; a feature stream has at least a header");
  CHECK(refused("{\"text\": \"wake me\"}\n") ==
        "byte 0: not a feature stream; make one with pnlp project");
  CHECK(refused(prologue(2)) ==
        "byte 0: a feature stream of version 2; this pnlp reads version 1: use a newer pnlp");
  CHECK(refused(prologue(0)).find("version 0, which there never was") != std::string::npos);
  std::string headless = prologue();
  append_frame(headless, kRecordFrame, 0, "\0");
  CHECK(refused(headless).find("without a header") != std::string::npos);
  CHECK(refused(with_frame("", 0, 'Q')).find("a frame of kind 81") != std::string::npos);

  ByteWriter header;
  header.string(encode_source(source_of(), true));
  header.varint(1);
  header.string("minhash");
  header.u32(3);
  std::string bytes = prologue();
  append_frame(bytes, kHeaderFrame, 0, header.bytes());
  CHECK(refused(bytes).find("the header's channels are not those of its projection") !=
        std::string::npos);
}

TEST_CASE("hostile records under a right checksum are refused") {
  const auto message = [](const std::function<void(ByteWriter&)>& write) {
    return refused(with_frame(payload_of(write), 1));
  };
  const auto has = [&](const std::function<void(ByteWriter&)>& write, std::string_view part) {
    const std::string said = message(write);
    CAPTURE(said);
    CHECK(said.find(part) != std::string::npos);
  };
  const auto tokens = [](ByteWriter& w, std::vector<std::uint64_t> numbers) {
    w.string("");
    for (const std::uint64_t number : numbers) w.varint(number);
  };
  has([](ByteWriter& w) { w.varint(1ULL << 60); }, "is cut");
  has([&](ByteWriter& w) { tokens(w, {1ULL << 40}); }, "a count of 1099511627776");
  has([&](ByteWriter& w) { tokens(w, {1, 0, 4, 1, 0}); }, "a token has row 1 of 1");
  has([&](ByteWriter& w) { tokens(w, {1, 0xffffffff, 1, 0, 0}); }, "a count of 1");
  has([&](ByteWriter& w) { tokens(w, {0, 8}); }, "flags 0x8");
  has([&](ByteWriter& w) { tokens(w, {0, 1, 0}); }, "a record of a single label has 0");
  has([&](ByteWriter& w) { tokens(w, {0, 2, 1ULL << 32}); }, "a count of 4294967296");
  has([&](ByteWriter& w) { tokens(w, {0, 4, 1ULL << 32}); }, "a count of 4294967296");
  has([&](ByteWriter& w) { tokens(w, {0, 0, 0}); }, "1 bytes too many");
  has([](ByteWriter& w) { w.string("\xff"); }, "an id or a label is not UTF-8");
  has([](ByteWriter& w) { w.string("7\n"); }, "an id holds control characters");
  has(
      [&](ByteWriter& w) {
        tokens(w, {0, 3, 1});
        w.string("a");
        w.f32(std::numeric_limits<float>::quiet_NaN());
      },
      "a label has weight nan");
  CHECK(refused(with_frame(payload_of([](ByteWriter&) {}, 1), 0)).find("cut") != std::string::npos);
  CHECK(refused(with_frame("\2\1", 1)).find("a count of 2") != std::string::npos);
  CHECK(refused(with_frame(std::string("\0\0", 2), 0)).find("1 bytes too many") !=
        std::string::npos);
}

TEST_CASE("records that make no sense are not written") {
  RecordEncoder encoder(3);
  FeatureRecord record = small_record();
  record.values.pop_back();
  CHECK_THROWS_AS(encoder.add(record), Error);
  record = small_record();
  record.tokens = {{5, 7}, {0, 4}};
  CHECK_THROWS_AS(encoder.add(record), Error);
  record = small_record();
  record.spans = {{5, 4, "x"}};
  CHECK_THROWS_AS(encoder.add(record), Error);
  CHECK(encoder.count() == 0);
  // 64 MiB of distinct words of 4097 values.
  FeatureRecord large;
  constexpr std::size_t kTokens = 8300;
  for (std::uint32_t i = 0; i < kTokens; ++i) {
    large.tokens.push_back({i, i + 1});
    large.values.resize(large.values.size() + 4097, static_cast<std::uint16_t>(i));
  }
  const std::string path = temporary("pnlp_large");
  OutputFile file(path);
  FeatureWriter writer(file, source_of(4096));
  CHECK_THROWS_WITH(
      writer.write(large),
      "a record of 8300 tokens does not fit into a feature stream; cut it into parts");
}

TEST_CASE("a reader can go on as soon as a frame is flushed") {
  const std::string path = temporary("pnlp_fifo.pnf");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(is_feature_stream(path));  // the process id follows ".pnf"
  std::filesystem::remove(path);

  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  OutputFile file("/proc/self/fd/" + std::to_string(ends[1]));
  FeatureWriter writer(file, source_of());
  writer.write(small_record());
  writer.flush();
  FeatureReader reader({"/proc/self/fd/" + std::to_string(ends[0])});
  FeatureRecord record;
  CHECK(reader.next(record));
  CHECK(record == small_record());
  CHECK_FALSE(reader.ready());
  writer.write(small_record());
  writer.write(small_record());
  writer.finish();
  file.flush();
  CHECK(reader.ready());
  CHECK(reader.next(record));
  CHECK(reader.ready());
  CHECK(reader.next(record));
  CHECK(reader.tokens() == 6);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("streams are told from texts by their first bytes") {
  const MemoryFile stream(written(source_of(), {}));
  const MemoryFile text("{\"text\": \"wake me\"}\n");
  const MemoryFile empty;
  CHECK(is_feature_stream(stream.path()));
  CHECK_FALSE(is_feature_stream(text.path()));
  CHECK_FALSE(is_feature_stream(empty.path()));
  CHECK_THROWS_AS(is_feature_stream("/nowhere/at/all"), Error);
  CHECK_THROWS_AS(is_feature_stream("/tmp"), Error);
  InputFile peeked(stream.path());
  CHECK(is_feature_stream(peeked));
  FeatureReader reader(std::move(peeked), {});
  CHECK(read_all(reader).empty());
}

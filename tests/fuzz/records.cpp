// The record reader in every format: the first byte chooses format and error handling, the rest is
// the file. What comes back has to make sense; a JSONL line that is accepted has to be JSON, and
// one that is JSON must not be called malformed.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/text/bio.hpp"
#include "pnlp/text/record_reader.hpp"
#include "pnlp/text/record_writer.hpp"
#include "require.hpp"

namespace {

using namespace pnlp;

// A file in memory, by its name.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_(::memfd_create("fuzz", 0)) {
    require(fd_ >= 0);
    require(::write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    require(::lseek(fd_, 0, SEEK_SET) == 0);
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

// What the other parser says; empty if it takes `text` for JSON.
std::string json_fault(std::string_view text) {
  try {
    parse_json(text);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

bool at_character(std::string_view text, std::uint32_t offset) {
  return offset == text.size() || (static_cast<unsigned char>(text[offset]) & 0xC0U) != 0x80U;
}

template <typename Ranges, typename Begin, typename End>
void check_ranges(std::string_view text, const Ranges& ranges, Begin begin, End end) {
  std::uint32_t last = 0;
  for (const auto& range : ranges) {
    require(last <= begin(range) && begin(range) < end(range) && end(range) <= text.size());
    require(at_character(text, begin(range)) && at_character(text, end(range)));
    last = end(range);
  }
}

void check(const Record& record) {
  std::string text;
  append_json_string(text, record.text);
  require(parse_json(text).string == record.text);  // valid UTF-8, too
  check_ranges(
      record.text, record.tokens, [](const ByteRange& r) { return r.begin; },
      [](const ByteRange& r) { return r.end; });
  check_ranges(
      record.text, record.spans, [](const Span& s) { return s.start; },
      [](const Span& s) { return s.end; });
  require(record.units.empty() || record.units.size() == record.tokens.size());
  if (record.has_tokens) {
    const Aligned aligned = tags_from_spans(record.tokens, record.spans);
    require(aligned.tags.size() == record.tokens.size());
    spans_from_tags(record.tokens, aligned.tags);
  }
  std::string out;
  append_record(out, record, "\x01 a name that no input has", "null");
  const std::string fault = json_fault(out);
  // Numbers of any size are passed through, which the judge cannot hold.
  require(fault.empty() || fault.find("number") != std::string::npos);
}

void check_refusal(std::string_view line, const std::string& message) {
  require(message.find('\n') == std::string::npos);
  if (message.find("malformed JSON") == std::string::npos) return;
  require(!json_fault(line).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view content(reinterpret_cast<const char*>(data) + 1, size - 1);
  ReaderOptions options;
  options.format = static_cast<RecordFormat>(data[0] % 6);
  options.on_error = static_cast<OnError>(data[0] / 6 % 3);
  options.invalid_utf8 = static_cast<InvalidUtf8>(data[0] / 18 % 3);
  options.max_line = 4096;
  options.fields.prediction = "prediction";
  if (options.format == RecordFormat::jsonl && options.on_error == OnError::fail) {
    content = content.substr(0, content.find('\n'));
  }
  const MemoryFile file(content);
  RecordReader reader({file.path()}, options);
  Record record;
  try {
    while (reader.next(record)) check(record);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::data);
    if (options.format == RecordFormat::jsonl && options.on_error == OnError::fail) {
      check_refusal(content, error.what());
    }
  }
  return 0;
}

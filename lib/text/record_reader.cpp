#include "pnlp/text/record_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "pnlp/io/file.hpp"
#include "pnlp/io/lines.hpp"
#include "pnlp/text/draft.hpp"
#include "pnlp/text/jsonl_record.hpp"
#include "pnlp/text/plain_record.hpp"
#include "pnlp/text/quoted.hpp"
#include "pnlp/text/utf8.hpp"

namespace pnlp {
namespace {

constexpr std::uint64_t kMaxLine = 1ULL << 30;  // offsets and parsers count in 32 bits

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

void check_options(const ReaderOptions& options) {
  if (options.max_line == 0 || options.max_line > kMaxLine) {
    throw Error(ErrorKind::usage, fmt::format("a line limit of {} bytes: it must be 1 to {}",
                                              options.max_line, kMaxLine));
  }
  const FieldNames& f = options.fields;
  const std::array<std::pair<std::string_view, std::string_view>, 6> fields = {
      {{"text", f.text},
       {"label", f.label},
       {"tokens", f.tokens},
       {"tags", f.tags},
       {"spans", f.spans},
       {"id", f.id}}};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].second.empty()) {
      throw Error(ErrorKind::usage,
                  fmt::format("the name of the {} field is empty", fields[i].first));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (fields[i].second != fields[j].second) continue;
      throw Error(ErrorKind::usage,
                  fmt::format("field {} cannot be both {} and {}; give one of them another name",
                              in_quotes(fields[i].second), fields[j].first, fields[i].first));
    }
  }
}

std::optional<RecordFormat> format_by_name(std::string_view path) {
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return RecordFormat::jsonl;
  if (path.ends_with(".tsv")) return RecordFormat::tsv;
  if (path.ends_with(".conll")) return RecordFormat::conll;
  return std::nullopt;
}

std::string_view format_name(RecordFormat format) {
  switch (format) {
    case RecordFormat::fasttext:
      return "lines of fastText";
    case RecordFormat::conll:
      return "CoNLL";
    default:
      return "plain lines";
  }
}

RecordFormat format_by_content(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return RecordFormat::lines;
  line.remove_prefix(first);
  if (line.starts_with('{')) return RecordFormat::jsonl;
  return line.starts_with("__label__") ? RecordFormat::fasttext : RecordFormat::lines;
}

}  // namespace

struct RecordReader::State {
  std::vector<std::string> paths;
  ReaderOptions options;
  std::size_t next_path = 0;
  std::optional<InputFile> file;
  std::optional<LineReader> lines;
  RecordFormat format = RecordFormat::automatic;  // of the open file, once it is known
  std::uint64_t empty_lines = 0;                  // seen before the format was known
  std::uint64_t empty_given = 0;                  // of these, returned as records
  std::optional<TsvColumns> columns;
  bool to_blank_line = false;  // the rest of a bad CoNLL record is passed over

  Draft draft;
  JsonlParser jsonl;
  std::string mended;  // a line whose invalid UTF-8 was replaced
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::string first_failure;

  State(std::vector<std::string> the_paths, ReaderOptions the_options)
      : paths(std::move(the_paths)), options(std::move(the_options)), jsonl(options) {
    if (paths.empty()) paths.emplace_back("-");
  }

  enum class Outcome {
    record,
    dropped,  // counted as failed, nothing to return
    end       // of the open file
  };

  bool open_next();
  bool learn_format();
  void check_names() const;
  void read_header();
  Outcome read(Record& record);
  Outcome read_empty_line(Record& record);
  Outcome read_line(Record& record);
  Outcome read_conll(Record& record);
  bool usable(std::string_view& line);
  void parse(std::string_view line, Record& record);
  void begin(Record& record, std::uint64_t line_number);
  Outcome failure(Record& record, std::uint64_t line_number, const std::string& message);
};

// False if there are no more files.
bool RecordReader::State::open_next() {
  if (next_path == paths.size()) return false;
  const std::string& path = paths[next_path++];
  lines.reset();
  file.emplace(path);
  lines.emplace(*file, options.max_line);
  columns.reset();
  empty_lines = empty_given = 0;
  to_blank_line = false;
  format = options.format;
  if (format == RecordFormat::automatic) {
    format = format_by_name(path).value_or(RecordFormat::automatic);
  }
  check_names();
  return true;
}

// A name for the text is not passed over where nothing has names. Throws whatever on_error says.
void RecordReader::State::check_names() const {
  const bool has_names = format == RecordFormat::automatic || format == RecordFormat::jsonl ||
                         format == RecordFormat::tsv;
  if (has_names || options.fields.text == FieldNames().text) return;
  throw Error(ErrorKind::data, Place{file->name(), 1},
              fmt::format("there is no field \"{}\": read as {}, the file has none",
                          options.fields.text, format_name(format)));
}

// Reads to the first line that is not empty. The lines before it may be records: they are counted.
bool RecordReader::State::learn_format() {
  std::string_view line;
  while (lines->next(line)) {
    if (line.empty() && !lines->too_long()) {
      ++empty_lines;
      continue;
    }
    format = format_by_content(line);
    if (format == RecordFormat::jsonl) empty_lines = 0;
    check_names();
    lines->again();
    return true;
  }
  format = RecordFormat::lines;
  return empty_lines > 0;
}

// An error here concerns every record of the file, so it is thrown whatever on_error says.
void RecordReader::State::read_header() {
  std::string_view line;
  do {
    if (!lines->next(line)) return;
  } while (is_blank(line) && !lines->too_long());
  try {
    if (!usable(line)) throw Error(ErrorKind::data, "invalid UTF-8 in the header");
    columns.emplace(line, options);
  } catch (const Error& error) {
    throw Error(ErrorKind::data, Place{file->name(), lines->number()}, error.what());
  }
}

void RecordReader::State::begin(Record& record, std::uint64_t line_number) {
  clear_record(record);
  draft.clear();
  if (record.place.file != file->name()) record.place.file = file->name();
  record.place.line = line_number;
}

RecordReader::State::Outcome RecordReader::State::failure(Record& record, std::uint64_t line_number,
                                                          const std::string& message) {
  const Error error(ErrorKind::data, Place{file->name(), line_number}, message);
  if (options.on_error == OnError::fail) throw error;
  if (failed++ == 0) first_failure = error.what();
  if (options.on_error == OnError::skip) return Outcome::dropped;
  clear_record(record);
  record.malformed = true;
  return Outcome::record;
}

// Whether the line is there and valid UTF-8, or was made so; false if its record is to be dropped.
// Errors: data.
bool RecordReader::State::usable(std::string_view& line) {
  if (lines->too_long()) {
    throw Error(ErrorKind::data,
                fmt::format("the line is longer than {} bytes, the limit", options.max_line));
  }
  if (is_utf8(line)) return true;
  if (options.invalid_utf8 == InvalidUtf8::replace) {
    replace_invalid_utf8(line, mended);
    mended.reserve(mended.size() + LineReader::kPadding);
    line = mended;
    return true;
  }
  const std::size_t at = first_invalid_utf8(line);
  const std::string message = fmt::format("invalid UTF-8 at byte {} of the line (0x{:02x})", at,
                                          static_cast<unsigned char>(line[at]));
  if (options.invalid_utf8 == InvalidUtf8::fail) throw Error(ErrorKind::data, message);
  if (failed++ == 0) {
    first_failure = Error(ErrorKind::data, Place{file->name(), lines->number()}, message).what();
  }
  return false;
}

void RecordReader::State::parse(std::string_view line, Record& record) {
  switch (format) {
    case RecordFormat::jsonl:
      jsonl.parse(line, record);
      break;
    case RecordFormat::tsv:
      columns->parse(line, options, draft, record);
      break;
    case RecordFormat::fasttext:
      parse_fasttext(line, options, draft, record);
      break;
    default:
      parse_plain(line, options, draft, record);
  }
}

RecordReader::State::Outcome RecordReader::State::read_empty_line(Record& record) {
  begin(record, ++empty_given);
  try {
    parse({}, record);
  } catch (const Error& error) {
    return failure(record, empty_given, error.what());
  }
  return Outcome::record;
}

RecordReader::State::Outcome RecordReader::State::read_line(Record& record) {
  const bool blank_is_nothing = format == RecordFormat::jsonl ||
                                (format == RecordFormat::tsv && columns && columns->size() > 1);
  std::string_view line;
  do {
    if (!lines->next(line)) return Outcome::end;
  } while (blank_is_nothing && is_blank(line) && !lines->too_long());
  begin(record, lines->number());
  try {
    if (!usable(line)) return Outcome::dropped;
    parse(line, record);
  } catch (const Error& error) {
    return failure(record, lines->number(), error.what());
  }
  return Outcome::record;
}

RecordReader::State::Outcome RecordReader::State::read_conll(Record& record) {
  bool begun = false;
  std::uint64_t line_number = 0;
  try {
    std::string_view line;
    while (lines->next(line)) {
      line_number = lines->number();
      const bool boundary =
          !lines->too_long() && (is_blank(line) || line.starts_with("-DOCSTART-"));
      if (boundary) {
        to_blank_line = false;
        if (begun) break;
        continue;
      }
      if (to_blank_line) continue;
      if (!begun) begin(record, line_number);
      begun = true;
      if (!usable(line)) {
        to_blank_line = true;
        return Outcome::dropped;
      }
      parse_conll_line(line, draft);
      if (draft.joined().size() > options.max_line) {
        throw Error(ErrorKind::data,
                    fmt::format("the record is longer than {} bytes, the limit; blank lines "
                                "separate records",
                                options.max_line));
      }
    }
    if (!begun) return Outcome::end;
    line_number = record.place.line;
    to_blank_line = false;
    finish_record(draft, options, record);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    to_blank_line = line_number != 0 && line_number == lines->number();
    return failure(record, line_number, error.what());
  }
  return Outcome::record;
}

RecordReader::State::Outcome RecordReader::State::read(Record& record) {
  if (format == RecordFormat::automatic && !learn_format()) return Outcome::end;
  if (empty_given < empty_lines) return read_empty_line(record);
  if (format == RecordFormat::conll) return read_conll(record);
  if (format == RecordFormat::tsv && !columns) {
    read_header();
    if (!columns) return Outcome::end;
  }
  return read_line(record);
}

RecordReader::RecordReader(std::vector<std::string> paths, ReaderOptions options) {
  check_options(options);
  state_ = std::make_unique<State>(std::move(paths), std::move(options));
}

RecordReader::~RecordReader() = default;

bool RecordReader::next(Record& record) {
  State& state = *state_;
  for (;;) {
    if (!state.lines && !state.open_next()) return false;
    switch (state.read(record)) {
      case State::Outcome::record:
        ++state.records;
        return true;
      case State::Outcome::dropped:
        break;
      case State::Outcome::end:
        state.lines.reset();
        state.file.reset();
    }
  }
}

bool RecordReader::ready() const {
  return !state_->lines || state_->lines->ready();
}
std::uint64_t RecordReader::records() const {
  return state_->records;
}
std::uint64_t RecordReader::failed() const {
  return state_->failed;
}
// Only JSONL can hold spans that overlap.
std::uint64_t RecordReader::dropped_spans() const {
  return state_->jsonl.dropped_spans();
}
std::string RecordReader::first_failure() const {
  return state_->first_failure;
}

}  // namespace pnlp

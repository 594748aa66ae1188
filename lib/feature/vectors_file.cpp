#include "pnlp/feature/vectors_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "pnlp/base/error.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/text/utf8.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kBlanks = " \t\r";

// The fields of a line, one after another.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  // Empty after the last one.
  std::string_view next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    const std::string_view field = rest_.substr(0, rest_.find_first_of(kBlanks));
    rest_.remove_prefix(field.size());
    return field;
  }

 private:
  std::string_view rest_;
};

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || status != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

struct Counts {
  std::uint64_t words = 0;
  std::uint64_t dimensions = 0;
};

// "400000 300", or a first row.
std::optional<Counts> counts_of(std::string_view line) {
  Fields fields(line);
  const auto words = whole_number(fields.next());
  const auto dimensions = whole_number(fields.next());
  if (!words || !dimensions || !fields.next().empty()) return std::nullopt;
  return Counts{*words, *dimensions};
}

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {}

  std::shared_ptr<const StaticVectors> parse() {
    const std::string_view first = rest_.substr(0, rest_.find('\n'));
    counts_ = counts_of(first);
    if (counts_) {
      if (counts_->dimensions == 0 || counts_->dimensions > kMaxDimensions) {
        fail(1, fmt::format("vectors of {} numbers; there may be 1 to {}", counts_->dimensions,
                            kMaxDimensions));
      }
      dimensions_ = static_cast<std::uint32_t>(counts_->dimensions);
      rest_.remove_prefix(std::min(first.size() + 1, rest_.size()));
      ++line_;
    }
    if (counts_ && is_binary()) {
      parse_records();
    } else {
      parse_lines();
    }
    if (words_.empty()) fail(0, "not one vector is in this file");
    try {
      return std::make_shared<const StaticVectors>(words_, dimensions_, values_);
    } catch (const Error& error) {
      fail(0, error.what());
    }
  }

 private:
  [[noreturn]] void fail(std::uint64_t line, const std::string& what) const {
    throw Error(ErrorKind::data, Place{name_, line}, what);
  }

  // Numbers of four bytes are no text: among so many there are control characters, or bytes that
  // are not UTF-8. (The last three bytes may be a part of a character.)
  bool is_binary() const {
    const std::size_t blank = rest_.find(' ');
    if (blank == std::string_view::npos) return false;
    const std::string_view numbers = rest_.substr(blank + 1, 4UL * dimensions_);
    const auto control = [](char byte) {
      const auto code = static_cast<unsigned char>(byte);
      return code < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
    };
    return std::ranges::any_of(numbers, control) ||
           first_invalid_utf8(numbers) + 3 < numbers.size();
  }

  // `where` is the line or the record.
  void add_word(std::string_view word, std::uint64_t where, std::string_view unit) {
    const auto [known, is_new] = places_.emplace(std::string(word), where);
    if (!is_new) {
      const std::string what =
          fmt::format("the word \"{}\" stands in {} {} already", word, unit, known->second);
      if (unit == "line") fail(where, what);
      fail(0, fmt::format("record {}: {}", where, what));
    }
    size_ += word.size() + dimensions_;
    if (size_ > kMaxVectorBytes) {
      fail(0, fmt::format("more than {} bytes of vectors, at a byte a number; leave rare words out "
                          "(the first {} fit)",
                          kMaxVectorBytes, words_.size()));
    }
    words_.emplace_back(word);
  }

  void parse_lines() {
    while (!rest_.empty()) {
      ++line_;
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      const std::string_view line = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      if (line.find_first_not_of(kBlanks) != std::string_view::npos) parse_line(line);
    }
    if (counts_ && counts_->words != words_.size()) {
      fail(1, fmt::format("{} vectors are promised and {} are there; the file is cut or joined",
                          counts_->words, words_.size()));
    }
  }

  void parse_line(std::string_view line) {
    Fields fields(line);
    const std::string_view word = fields.next();
    std::uint32_t count = 0;
    for (std::string_view field = fields.next(); !field.empty(); field = fields.next()) {
      float number = 0;
      const char* stop = field.data() + field.size();
      const auto [end, status] = std::from_chars(field.data(), stop, number);
      if (status != std::errc() || end != stop || !std::isfinite(number)) {
        fail(line_, fmt::format("number {} of \"{}\" is \"{}\", which is no finite number",
                                count + 1, word, field));
      }
      if (++count > kMaxDimensions) {
        fail(line_, fmt::format("more than {} numbers for \"{}\"", kMaxDimensions, word));
      }
      values_.push_back(number);
    }
    if (dimensions_ == 0) dimensions_ = count;
    if (count != dimensions_ || count == 0) {
      fail(line_,
           fmt::format("{} numbers for \"{}\" instead of {}; a word may hold no blank", count, word,
                       dimensions_ == 0 ? "some" : fmt::to_string(dimensions_)));
    }
    add_word(word, line_, "line");
  }

  void parse_records() {
    for (std::uint64_t record = 1; record <= counts_->words; ++record) {
      // The original program ends a record with a line feed, others do not.
      if (rest_.starts_with('\n')) rest_.remove_prefix(1);
      const std::size_t blank = rest_.find(' ');
      if (blank == std::string_view::npos || rest_.size() - blank - 1 < 4UL * dimensions_) {
        fail(0, fmt::format("record {}: the file is cut; {} vectors of {} numbers are promised",
                            record, counts_->words, dimensions_));
      }
      const std::string_view word = rest_.substr(0, blank);
      ByteReader numbers(rest_.substr(blank + 1, 4UL * dimensions_), "a record");
      rest_.remove_prefix(blank + 1 + 4UL * dimensions_);
      for (std::uint32_t i = 0; i < dimensions_; ++i) {
        const float number = numbers.f32();
        if (!std::isfinite(number)) {
          fail(0, fmt::format("record {}: number {} of \"{}\" is {}, which is no finite number",
                              record, i + 1, word, number));
        }
        values_.push_back(number);
      }
      add_word(word, record, "record");
    }
    if (rest_.find_first_not_of('\n') != std::string_view::npos) {
      fail(0, fmt::format("{} bytes follow the {} vectors that are promised", rest_.size(),
                          counts_->words));
    }
  }

  std::string_view rest_;
  const std::string& name_;
  std::uint64_t line_ = 0;
  std::optional<Counts> counts_;
  std::uint32_t dimensions_ = 0;  // 0: not known yet
  std::uint64_t size_ = 0;        // bytes of words and numbers
  std::vector<std::string> words_;
  std::vector<float> values_;
  std::unordered_map<std::string, std::uint64_t> places_;
};

}  // namespace

std::shared_ptr<const StaticVectors> parse_vectors(std::string_view bytes,
                                                   const std::string& name) {
  return Parser(bytes, name).parse();
}

std::shared_ptr<const StaticVectors> read_vectors(const std::string& path) {
  return parse_vectors(read_file(path), path);
}

}  // namespace pnlp

// The lines of a file, one at a time: byte order mark dropped, CRLF or LF stripped, a missing last
// newline accepted, memory bounded by the longest line allowed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pnlp/io/file.hpp"

namespace pnlp {

class LineReader {
 public:
  // After a line's bytes as many more may be read (not relied upon); the first of them is no JSON.
  static constexpr std::size_t kPadding = 64;

  // Keeps a reference to `file`, which must outlive it. A line may have `max_line` bytes.
  LineReader(InputFile& file, std::uint64_t max_line);

  // The next line, valid until the next call; false at the end. Errors: io.
  bool next(std::string_view& line);
  // Whether the line that next() gave was too long: then it was skipped, and `line` is empty.
  bool too_long() const { return too_long_; }
  // Lets next() give the same line once more.
  void again() { again_ = true; }
  // Of the line that next() gave; counts from 1.
  std::uint64_t number() const { return number_; }
  // Whether next() would return without waiting.
  bool ready() const;

 private:
  bool fill();
  bool skip_line();
  bool give(std::string_view& line, std::size_t end, std::size_t after);

  InputFile& file_;
  std::uint64_t max_line_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what has not been given yet
  std::size_t end_ = 0;
  bool ended_ = false;
  bool too_long_ = false;
  bool again_ = false;
  std::uint64_t number_ = 0;
  std::string_view line_;
};

}  // namespace pnlp

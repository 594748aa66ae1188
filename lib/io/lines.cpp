#include "pnlp/io/lines.hpp"

#include <algorithm>
#include <cstring>

namespace pnlp {
namespace {

constexpr std::size_t kFirstBuffer = 256UL << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(InputFile& file, std::uint64_t max_line)
    : file_(file), max_line_(max_line), buffer_(kFirstBuffer + kPadding) {}

// Reads once, behind what is there; false at the end of the file.
bool LineReader::fill() {
  if (ended_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + kPadding == buffer_.size()) {
    // Twice as much, but no more than it takes to see that a line is too long.
    const std::size_t most = static_cast<std::size_t>(max_line_) + kFirstBuffer;
    buffer_.resize(std::min(2 * end_, most) + kPadding);
  }
  const std::size_t got =
      file_.read(std::span(buffer_).subspan(end_, buffer_.size() - kPadding - end_));
  end_ += got;
  if (got > 0) return true;
  ended_ = true;
  // The parser of a cut line must not run on into what an earlier line left here.
  buffer_[end_] = '\n';
  return false;
}

// Forgets everything up to the next newline; true, always: a line has been seen.
bool LineReader::skip_line() {
  too_long_ = true;
  for (;;) {
    const void* newline = std::memchr(buffer_.data() + begin_, '\n', end_ - begin_);
    if (newline != nullptr) {
      begin_ = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data()) + 1;
      return true;
    }
    begin_ = end_;
    if (!fill()) return true;
  }
}

bool LineReader::give(std::string_view& line, std::size_t end, std::size_t after) {
  if (end > begin_ && buffer_[end - 1] == '\r') --end;
  line_ = {buffer_.data() + begin_, end - begin_};
  begin_ = after;
  if (line_.size() > max_line_) {
    too_long_ = true;
    line_ = {};
  }
  line = line_;
  return true;
}

bool LineReader::next(std::string_view& line) {
  if (again_) {
    again_ = false;
    line = line_;
    return true;
  }
  too_long_ = false;
  std::size_t searched = 0;  // bytes behind begin_ that hold no newline
  if (number_ == 0) {
    while (end_ - begin_ < kByteOrderMark.size()) {
      const std::string_view start(buffer_.data() + begin_, end_ - begin_);
      if (!kByteOrderMark.starts_with(start) || !fill()) break;
    }
    if (std::string_view(buffer_.data() + begin_, end_ - begin_).starts_with(kByteOrderMark)) {
      begin_ += kByteOrderMark.size();
    }
  }
  for (;;) {
    const void* newline =
        std::memchr(buffer_.data() + begin_ + searched, '\n', end_ - begin_ - searched);
    if (newline != nullptr) {
      ++number_;
      const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data());
      return give(line, end, end + 1);
    }
    searched = end_ - begin_;
    if (searched > max_line_ + 1) {  // one more for the CR of a CRLF
      ++number_;
      line = line_ = {};
      return skip_line();
    }
    if (fill()) continue;
    if (searched == 0) return false;
    ++number_;
    return give(line, end_, end_);
  }
}

bool LineReader::ready() const {
  return again_ || ended_ || std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) != nullptr ||
         file_.ready();
}

}  // namespace pnlp

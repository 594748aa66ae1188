#include "pnlp/io/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/io/descriptor.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kPeekLimit = 64UL << 10;

// Bytes read ahead of the caller.
struct Ahead {
  std::vector<char> bytes;
  std::size_t at = 0;
  bool ended = false;

  std::size_t left() const { return bytes.size() - at; }
};

// What was peeked from standard input must reach whoever opens it next: the process has only one,
// so its look-ahead belongs to the process as well.
Ahead& standard_input_ahead() {
  static Ahead ahead;
  return ahead;
}

Descriptor open_for_reading(const std::string& path) {
  if (path.empty()) throw Error(ErrorKind::usage, "an input file's name is empty");
  Descriptor descriptor(open_descriptor(path, O_RDONLY | O_NOCTTY));
  if (!descriptor.valid()) throw system_error(path, "cannot open", errno);
  return descriptor;
}

struct stat status_of(int fd, const std::string& name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error(name, "cannot open", errno);
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::io, Place{name}, "is a directory; give the files in it");
  }
  return status;
}

}  // namespace

struct InputFile::State {
  Descriptor descriptor;
  std::string name;
  bool regular = false;
  Ahead own;
  Ahead* ahead = &own;

  // One read() into `buffer`; 0 at the end, which is remembered (a terminal would wait again).
  std::size_t read_some(std::span<char> buffer) {
    while (!ahead->ended) {
      const ssize_t got = ::read(descriptor.get(), buffer.data(), buffer.size());
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) {
        ahead->ended = true;
      } else if (errno == EAGAIN) {
        wait_until_possible(descriptor.get(), POLLIN);
      } else if (errno != EINTR) {
        throw system_error(name, "cannot read", errno);
      }
    }
    return 0;
  }
};

InputFile::InputFile(const std::string& path) : state_(std::make_unique<State>()) {
  if (path == "-") {
    state_->descriptor = Descriptor(STDIN_FILENO, true);
    state_->name = "standard input";
    state_->ahead = &standard_input_ahead();
  } else {
    state_->descriptor = open_for_reading(path);
    state_->name = path;
  }
  state_->regular = S_ISREG(status_of(state_->descriptor.get(), state_->name).st_mode);
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;

std::size_t InputFile::read(std::span<char> buffer) {
  if (buffer.empty()) return 0;
  Ahead& ahead = *state_->ahead;
  if (ahead.left() == 0) return state_->read_some(buffer);
  const std::size_t count = std::min(buffer.size(), ahead.left());
  std::memcpy(buffer.data(), ahead.bytes.data() + ahead.at, count);
  ahead.at += count;
  if (ahead.left() == 0) {
    ahead.bytes.clear();
    ahead.at = 0;
  }
  return count;
}

std::string_view InputFile::peek(std::size_t count) {
  count = std::min(count, kPeekLimit);
  Ahead& ahead = *state_->ahead;
  ahead.bytes.erase(ahead.bytes.begin(),
                    ahead.bytes.begin() + static_cast<std::ptrdiff_t>(ahead.at));
  ahead.at = 0;
  std::size_t have = ahead.bytes.size();
  while (have < count) {
    ahead.bytes.resize(kPeekLimit);
    std::size_t got = 0;
    try {
      got = state_->read_some(std::span(ahead.bytes).subspan(have));
    } catch (...) {
      ahead.bytes.resize(have);
      throw;
    }
    have += got;
    if (got == 0) break;
  }
  ahead.bytes.resize(have);
  return {ahead.bytes.data(), std::min(count, have)};
}

bool InputFile::ready() const {
  const Ahead& ahead = *state_->ahead;
  if (ahead.left() > 0 || ahead.ended || state_->regular) return true;
  pollfd waiting{state_->descriptor.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

const std::string& InputFile::name() const {
  return state_->name;
}
bool InputFile::is_terminal() const {
  return ::isatty(state_->descriptor.get()) == 1;
}

Mapping::Mapping(const std::string& path) {
  const Descriptor descriptor = open_for_reading(path);
  const struct stat status = status_of(descriptor.get(), path);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::io, Place{path},
                "is not a regular file (it has to be mapped into memory); copy it to a file first");
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor.get(), 0);
  if (data == MAP_FAILED) throw system_error(path, "cannot map into memory", errno);
  data_ = data;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::span<const std::byte> Mapping::bytes() const {
  return {static_cast<const std::byte*>(data_), size_};
}

std::string_view Mapping::text() const {
  return {static_cast<const char*>(data_), size_};
}

std::string read_file(const std::string& path, std::uint64_t limit) {
  InputFile file(path);
  std::string content;
  std::vector<char> buffer(kPeekLimit);
  while (const std::size_t got = file.read(buffer)) {
    if (got > limit - content.size()) {
      throw Error(ErrorKind::data, Place{file.name()},
                  fmt::format("is longer than {} bytes, the most that is read here", limit));
    }
    content.append(buffer.data(), got);
  }
  return content;
}

}  // namespace pnlp

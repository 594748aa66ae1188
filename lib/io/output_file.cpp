#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <exception>
#include <optional>

#include "pnlp/base/error.hpp"
#include "pnlp/io/descriptor.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/temporaries.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kBufferBytes = 64UL << 10;

// A name in `folder` that nobody else uses: process id and a counter.
std::string temporary_name(const std::string& folder) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}/.pnlp-{}-{}.tmp", folder, ::getpid(), counter.fetch_add(1));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The file behind symbolic links, so that rename() replaces the file and not the link.
std::string resolved(const std::string& path) {
  std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::string(real.get()) : path;
}

// /dev/stdout or /dev/fd/3 may well be a regular file that somebody else has open: never replaced.
bool names_a_descriptor(const std::string& path) {
  return path.starts_with("/dev/") || path.starts_with("/proc/");
}

}  // namespace

struct OutputFile::State {
  std::string name;
  std::string target;  // where rename() leads; empty: written directly
  Descriptor descriptor;
  std::unique_ptr<Temporary> temporary;  // the named file, when there can be no unnamed one
  std::optional<mode_t> mode;            // of the file that is replaced
  std::string buffer;
  bool finished = false;  // committed, or failed: nothing more is to be written

  void open(const std::string& path);
  void open_unnamed_or_temporary();
  void write_out(std::string_view bytes);
  void flush();
  void link_to_name();
  void sync_folder() const;
  [[noreturn]] void fail(std::string_view action, int error_number) {
    finished = true;
    throw system_error(name, action, error_number);
  }
};

void OutputFile::State::open(const std::string& path) {
  if (path.empty()) throw Error(ErrorKind::usage, "the output file's name is empty");
  if (path == "-") {
    name = "standard output";
    descriptor = Descriptor(STDOUT_FILENO, true);
    return;
  }
  name = path;
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) throw system_error(name, "cannot write", errno);
  if (exists && S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::io, Place{name}, "is a directory; give the name of a file");
  }
  if (exists && (!S_ISREG(status.st_mode) || names_a_descriptor(path))) {
    descriptor = Descriptor(open_descriptor(path, O_WRONLY | O_NOCTTY | O_APPEND));
    if (!descriptor.valid()) throw system_error(name, "cannot write", errno);
    return;
  }
  if (exists) {
    // rename() would replace a write-protected file without asking.
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) {
      throw system_error(name, "cannot write", errno);
    }
    mode = status.st_mode & 07777;
    target = resolved(path);
  } else {
    target = path;
  }
  open_unnamed_or_temporary();
}

void OutputFile::State::open_unnamed_or_temporary() {
  const std::string folder = folder_of(target);
  // Giving a name to an unnamed file goes through /proc.
  if (::access("/proc/self/fd", X_OK) == 0) {
    descriptor = Descriptor(open_descriptor(folder, O_TMPFILE | O_WRONLY, 0666));
    if (descriptor.valid()) return;
  }
  for (;;) {
    temporary = std::make_unique<Temporary>(temporary_name(folder));
    descriptor = Descriptor(open_descriptor(temporary->path(), O_CREAT | O_EXCL | O_WRONLY, 0666));
    if (descriptor.valid()) return;
    const int error_number = errno;
    temporary->release();
    temporary.reset();
    if (error_number != EEXIST) throw system_error(name, "cannot write", error_number);
  }
}

void OutputFile::State::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (put >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      wait_until_possible(descriptor.get(), POLLOUT);
    } else if (errno == EPIPE) {
      finished = true;
      throw ClosedPipe();
    } else if (errno != EINTR) {
      fail("cannot write", errno);
    }
  }
}

void OutputFile::State::flush() {
  if (finished || buffer.empty()) return;
  write_out(buffer);
  buffer.clear();
}

void OutputFile::State::link_to_name() {
  const std::string unnamed = fmt::format("/proc/self/fd/{}", descriptor.get());
  for (;;) {
    temporary = std::make_unique<Temporary>(temporary_name(folder_of(target)));
    if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, temporary->path(), AT_SYMLINK_FOLLOW) == 0) {
      return;
    }
    const int error_number = errno;
    temporary->release();
    temporary.reset();
    if (error_number != EEXIST) fail("cannot write", error_number);
  }
}

void OutputFile::State::sync_folder() const {
  const std::string folder = folder_of(target);
  const Descriptor opened(open_descriptor(folder, O_RDONLY | O_DIRECTORY));
  // Some file systems have no notion of it, and a folder may be writable but not readable.
  if (!opened.valid() || ::fsync(opened.get()) == 0 || errno == EINVAL || errno == ENOTSUP) return;
  throw system_error(name, "cannot sync its folder", errno);
}

OutputFile::OutputFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->buffer.reserve(kBufferBytes);
  state_->open(path);
}

OutputFile::~OutputFile() {
  // What a pipe's reader was promised before an error is still sent; a file is left as it was.
  if (!state_ || state_->finished || !state_->target.empty()) return;
  try {
    state_->flush();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the first error is on its way
  } catch (const ClosedPipe&) {
  }
}

OutputFile::OutputFile(OutputFile&&) noexcept = default;
// Not defaulted: what is replaced has to be finished as the destructor does it.
OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  OutputFile old(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

void OutputFile::write(std::string_view bytes) {
  if (state_->finished) {
    throw Error(ErrorKind::internal, Place{state_->name}, "written to after its end");
  }
  if (state_->buffer.size() + bytes.size() > kBufferBytes) {
    state_->flush();
    if (bytes.size() >= kBufferBytes) {
      state_->write_out(bytes);
      return;
    }
  }
  state_->buffer.append(bytes);
}

void OutputFile::flush() {
  state_->flush();
}

void OutputFile::commit() {
  State& state = *state_;
  if (state.finished) {
    throw Error(ErrorKind::internal, Place{state.name}, "committed after its end");
  }
  state.flush();
  if (state.target.empty()) {
    // Closing a copy makes the system report late errors and leaves standard output in its place.
    Descriptor copy(::fcntl(state.descriptor.get(), F_DUPFD_CLOEXEC, 3));
    if (!copy.valid() || !copy.close()) state.fail("cannot close", errno);
    state.finished = true;
    if (!state.descriptor.close()) throw system_error(state.name, "cannot close", errno);
    return;
  }
  if (state.mode && ::fchmod(state.descriptor.get(), *state.mode) != 0) {
    state.fail("cannot set its permissions", errno);
  }
  if (::fsync(state.descriptor.get()) != 0) state.fail("cannot write", errno);
  if (!state.temporary) state.link_to_name();
  if (!state.descriptor.close()) state.fail("cannot close", errno);
  if (::rename(state.temporary->path(), state.target.c_str()) != 0) {
    state.fail("cannot write", errno);
  }
  state.temporary->release();
  state.temporary.reset();
  state.finished = true;
  state.sync_folder();
}

const std::string& OutputFile::name() const {
  return state_->name;
}
bool OutputFile::is_terminal() const {
  return ::isatty(state_->descriptor.get()) == 1;
}

}  // namespace pnlp

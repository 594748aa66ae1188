// Descriptors, mappings and atomic output. Every system call's result is checked; every error names
// the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pnlp {

// A readable file, or standard input for "-". Closes on destruction (not standard input).
class InputFile {
 public:
  // Errors: io ("no such file", a directory, no permission).
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;

  // Up to buffer.size() bytes; 0 at the end. Retries EINTR.
  std::size_t read(std::span<char> buffer);
  // The next bytes without consuming them (at most 64 KiB; fewer only at the end of the file).
  std::string_view peek(std::size_t count);
  // Whether read() would return at once.
  bool ready() const;
  // For messages: the path, or "standard input".
  const std::string& name() const;
  bool is_terminal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A whole regular file, read-only, by mmap. Lives as long as the object.
class Mapping {
 public:
  explicit Mapping(const std::string& path);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;
  std::span<const std::byte> bytes() const;
  std::string_view text() const;

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// The whole of a file or of standard input ("-"), at most `limit` bytes. Errors: io, data (longer).
std::string read_file(const std::string& path, std::uint64_t limit = 1ULL << 30);

// Output to a path or to standard output ("-"). A path gets its content atomically: written to an
// unnamed (O_TMPFILE, or else a temporary) file in the same folder, synced, and renamed by
// commit(); without commit() the old file stays. A target that is not a regular file (/dev/full, a
// named pipe) is written directly.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  // Buffered. Errors: io (disk full), closed pipe: throws ClosedPipe.
  void write(std::string_view bytes);
  void flush();
  // Flush, sync, rename; for standard output flush and close. Must be called for success.
  void commit();
  const std::string& name() const;
  bool is_terminal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The reader of our standard output has gone (EPIPE): not an error, the program stops quietly.
struct ClosedPipe {};

// Removes temporary files of unfinished outputs. Async-signal-safe: for a handler of SIGINT,
// SIGTERM, SIGHUP.
void remove_temporaries() noexcept;

}  // namespace pnlp

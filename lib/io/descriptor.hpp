// A file descriptor that closes itself, and the words for what the operating system refused.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "pnlp/base/error.hpp"

namespace pnlp {

class Descriptor {
 public:
  Descriptor() = default;
  // Takes `fd`; a borrowed one (standard input, standard output) is not closed.
  explicit Descriptor(int fd, bool borrowed = false) : fd_(fd), borrowed_(borrowed) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), borrowed_(other.borrowed_) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Closes now. False, with errno set, if the system reports a failure (late write errors).
  bool close();

 private:
  int fd_ = -1;
  bool borrowed_ = false;
};

// open() with O_CLOEXEC, retried on EINTR; -1 with errno set on failure.
int open_descriptor(const std::string& path, int flags, unsigned mode = 0);

// Error(io, "name: action: what errno says").
Error system_error(const std::string& name, std::string_view action, int error_number);

// Waits until `fd` can be read (or written): for descriptors somebody made non-blocking.
void wait_until_possible(int fd, short events);

}  // namespace pnlp

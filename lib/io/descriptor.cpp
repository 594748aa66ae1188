#include "pnlp/io/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace pnlp {

Descriptor::~Descriptor() {
  close();
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    borrowed_ = other.borrowed_;
  }
  return *this;
}

bool Descriptor::close() {
  const int fd = std::exchange(fd_, -1);
  if (fd < 0 || borrowed_) return true;
  // On Linux the descriptor is gone even after EINTR: closing again could hit somebody else's.
  return ::close(fd) == 0 || errno == EINTR;
}

int open_descriptor(const std::string& path, int flags, unsigned mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Error system_error(const std::string& name, std::string_view action, int error_number) {
  return {ErrorKind::io, Place{name},
          fmt::format("{}: {}", action, std::generic_category().message(error_number))};
}

void wait_until_possible(int fd, short events) {
  pollfd waiting{fd, events, 0};
  while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace pnlp

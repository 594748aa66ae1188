#include "pnlp/io/temporaries.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"

namespace pnlp {
namespace {

enum SlotState : int { kFree, kBeingFilled, kNamed };

struct Slot {
  std::atomic<int> state{kFree};
  std::array<char, PATH_MAX> path{};
};

// A signal handler can reach nothing but static storage; lock-free atomics make it safe to read.
static_assert(std::atomic<int>::is_always_lock_free);
constexpr int kSlots = 32;
std::array<Slot, kSlots> slots;

}  // namespace

Temporary::Temporary(const std::string& path) {
  if (path.size() >= PATH_MAX) {
    throw Error(ErrorKind::io, Place{path}, "the name is too long for a file");
  }
  for (int i = 0; i < kSlots; ++i) {
    Slot& slot = slots[static_cast<std::size_t>(i)];
    int expected = kFree;
    if (!slot.state.compare_exchange_strong(expected, kBeingFilled)) continue;
    std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
    slot.state.store(kNamed);
    slot_ = i;
    return;
  }
  throw Error(ErrorKind::io, Place{path}, "too many output files are open at once (32)");
}

Temporary::~Temporary() {
  if (slot_ < 0) return;
  ::unlink(path());
  release();
}

const char* Temporary::path() const {
  return slots[static_cast<std::size_t>(slot_)].path.data();
}

void Temporary::release() {
  slots[static_cast<std::size_t>(slot_)].state.store(kFree);
  slot_ = -1;
}

void remove_temporaries() noexcept {
  const int kept_errno = errno;
  for (const Slot& slot : slots) {
    if (slot.state.load() == kNamed) ::unlink(slot.path.data());
  }
  errno = kept_errno;
}

}  // namespace pnlp

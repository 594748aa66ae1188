#include "interrupt.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "pnlp/io/file.hpp"

namespace pnlp::cmd {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> defer = false;
std::atomic<int> received = 0;
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers may not lock");

extern "C" void on_signal(int number) {
  int none = 0;
  if (defer.load() && received.compare_exchange_strong(none, number)) return;
  remove_temporaries();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

void handle_signals() {
  for (const int number : kSignals) {
    struct sigaction action = {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, nullptr);
  }
}

void defer_first_signal() {
  defer = true;
}

int interrupted() {
  return received;
}

void die_of(int signal) {
  remove_temporaries();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  std::_Exit(128 + signal);  // the signal was blocked
}

}  // namespace pnlp::cmd

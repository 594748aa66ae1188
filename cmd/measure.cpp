#include "measure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <ctime>
#include <system_error>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/onednn.hpp"

namespace pnlp::cmd {
namespace {

constexpr std::size_t kPeakSize = 512;
constexpr double kPeakSeconds = 0.1;

[[noreturn]] void cannot_run(int error) {
  throw Error(ErrorKind::internal, fmt::format("cannot run the program itself: {}",
                                               std::generic_category().message(error)));
}

// File actions of posix_spawn, freed at the end.
class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  Actions(Actions&&) = delete;
  Actions& operator=(Actions&&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// That this thread has had a processor for.
double processor_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// 10^9 operations a second of a product of kPeakSize^3. The fastest of those that fit into
// kPeakSeconds: a peak is what the machine can do, not what it did.
double fastest_rate(const std::function<void()>& product) {
  product();
  double fastest = seconds_of(product);
  for (double spent = fastest; spent < kPeakSeconds;) {
    const double seconds = seconds_of(product);
    fastest = std::min(fastest, seconds);
    spent += seconds;
  }
  const double size = kPeakSize;
  return 2 * size * size * size / fastest * 1e-9;
}

}  // namespace

Timing summarize(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  Timing timing;
  timing.median = seconds[seconds.size() / 2];
  if (timing.median > 0) timing.spread = (seconds.back() - seconds.front()) / timing.median;
  return timing;
}

Elapsed elapsed_in(const std::function<void()>& work) {
  const double busy = processor_seconds();
  const double seconds = seconds_of(work);
  return {seconds, processor_seconds() - busy};
}

Timing measure(std::uint32_t repeats, double least_seconds, const std::function<Elapsed()>& work) {
  // The first call warms caches and code up and tells how many calls make a run.
  const double once = std::max(work().seconds, 1e-9);
  const auto calls =
      static_cast<std::uint64_t>(std::clamp(std::ceil(least_seconds / once), 1.0, 1e6));
  std::vector<double> runs;
  Elapsed all;
  for (std::uint32_t run = 0; run < repeats; ++run) {
    double sum = 0;
    for (std::uint64_t call = 0; call < calls; ++call) {
      const Elapsed took = work();
      sum += took.seconds;
      all.processor += took.processor;
    }
    all.seconds += sum;
    runs.push_back(sum / static_cast<double>(calls));
  }
  Timing timing = summarize(std::move(runs));
  timing.waiting = std::clamp(1 - all.processor / std::max(all.seconds, 1e-9), 0.0, 1.0);
  return timing;
}

double gemm_peak(bool eight_bit) {
  constexpr std::size_t kCells = kPeakSize * kPeakSize;
  if (eight_bit) {
    const std::vector<std::uint8_t> a(kCells, 3);
    const std::vector<std::int8_t> b(kCells, 2);
    std::vector<std::int32_t> c(kCells);
    return fastest_rate(
        [&] { gemm8(kPeakSize, kPeakSize, kPeakSize, a.data(), b.data(), c.data()); });
  }
  const std::vector<float> a(kCells, 0.5F);
  const std::vector<float> b(kCells, 0.25F);
  std::vector<float> c(kCells);
  return fastest_rate([&] {
    gemm(Transpose::no, Transpose::no, kPeakSize, kPeakSize, kPeakSize, a.data(), kPeakSize,
         b.data(), kPeakSize, false, c.data(), kPeakSize);
  });
}
ChildRun run_program(const std::vector<std::string>& arguments, const std::string& input) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) cannot_run(errno);
  // A pipe takes this much without a reader.
  const bool written =
      ::write(pipe_ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size());
  close(pipe_ends[1]);
  Actions actions;
  posix_spawn_file_actions_adddup2(actions.get(), pipe_ends[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> words = {"pnlp"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  pid_t child = 0;
  int status = 0;
  int error = 0;
  struct rusage usage = {};
  const double seconds = seconds_of([&] {
    error = posix_spawn(&child, "/proc/self/exe", actions.get(), nullptr, pointers.data(), environ);
    if (error == 0) {
      while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
      }
    }
  });
  close(pipe_ends[0]);
  if (error != 0 || !written) cannot_run(error);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Error(ErrorKind::data, "the program failed on these records (see above)");
  }
  return {seconds, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

}  // namespace pnlp::cmd

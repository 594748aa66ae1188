// Measuring for pnlp bench: repeated runs, the machine's matrix peak, and the program itself as a
// child.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pnlp::cmd {

// Seconds of several runs of the same work.
struct Timing {
  double median = 0;
  double spread = 0;  // (slowest - fastest) / median
};
Timing summarize(std::vector<double> seconds);

// Runs `work` (which returns the seconds that counted) `repeats` times, each time so often that at
// least `least_seconds` are measured; results are seconds of one call.
Timing measure(std::uint32_t repeats, double least_seconds, const std::function<double()>& work);

// Seconds that `work` takes.
double seconds_of(const std::function<void()>& work);

// Floating-point operations per second, in 10^9, of large matrix products on one core, as fast as
// they are at this moment. Takes about a tenth of a second.
double gemm_peak_gflops();

struct ChildRun {
  double seconds = 0;
  std::uint64_t peak_memory = 0;  // bytes
};
// Runs this program with `arguments`, `input` on its standard input, output thrown away. At most
// 4096 bytes of input. Errors: internal (it cannot be started), data (it failed).
ChildRun run_program(const std::vector<std::string>& arguments, const std::string& input);

}  // namespace pnlp::cmd

// Measuring for pnlp bench: repeated runs, the machine's matrix peak, and the program itself as a
// child.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pnlp::cmd {

// Time that some work took: on the clock, and of a processor (the calling thread's).
struct Elapsed {
  double seconds = 0;
  double processor = 0;
};
Elapsed elapsed_in(const std::function<void()>& work);

// Several runs of the same work.
struct Timing {
  double median = 0;   // seconds
  double spread = 0;   // (slowest - fastest) / median
  double waiting = 0;  // share of the time in which the work had no processor; 0 if not known
};
Timing summarize(std::vector<double> seconds);

// Runs `work` (which returns the time that counted) `repeats` times, each time so often that at
// least `least_seconds` are measured; results are seconds of one call.
Timing measure(std::uint32_t repeats, double least_seconds, const std::function<Elapsed()>& work);

// Operations per second, in 10^9, of large matrix products on one core, as fast as they are at this
// moment: in fp32, or of bytes. Takes about a tenth of a second.
double gemm_peak(bool eight_bit);

struct ChildRun {
  double seconds = 0;
  std::uint64_t peak_memory = 0;  // bytes
};
// Runs this program with `arguments`, `input` on its standard input, output thrown away. At most
// 4096 bytes of input. Errors: internal (it cannot be started), data (it failed).
ChildRun run_program(const std::vector<std::string>& arguments, const std::string& input);

}  // namespace pnlp::cmd

// Threads: a fixed crew for loops over independent units, and an ordered pipeline
// (read, work, write) with a bounded number of items in flight.
// Results never depend on the number of threads: units are cut by the caller.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace pnlp {

class Workers {
 public:
  // `threads` >= 1, counting the calling thread. Throws Error(usage) below 1.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  Workers(Workers&&) = delete;
  Workers& operator=(Workers&&) = delete;

  int threads() const;

  // Calls work(unit, worker) once for each unit in [0, units), worker in [0, threads()).
  // Returns when all are done; the first exception thrown (lowest unit) is rethrown.
  void run(std::size_t units, const std::function<void(std::size_t unit, int worker)>& work);

 private:
  struct Crew;
  std::unique_ptr<Crew> crew_;
};

// Read -> work -> write over `slots` reusable items, by `threads` threads. `read(slot)` is called
// by one thread at a time and returns false at the end; `work(slot, worker)` in parallel;
// `write(slot)` by one thread at a time and in the order of reading. At most `slots` items are in
// flight, so memory is bounded. With one thread everything runs in the caller, without locks. An
// exception anywhere stops the pipeline: items read before the failing one are still written, then
// the exception of the earliest item is rethrown.
void run_pipeline(int threads, std::size_t slots, const std::function<bool(std::size_t slot)>& read,
                  const std::function<void(std::size_t slot, int worker)>& work,
                  const std::function<void(std::size_t slot)>& write);

}  // namespace pnlp

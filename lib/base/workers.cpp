#include "pnlp/base/workers.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pnlp/base/error.hpp"

namespace pnlp {

// One job at a time: `generation` tells sleeping threads that a new one is there.
struct Workers::Crew {
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  std::uint64_t generation = 0;
  bool stopping = false;
  std::size_t units = 0;
  const std::function<void(std::size_t, int)>* work = nullptr;
  std::atomic<std::size_t> next{0};
  int busy = 0;
  std::exception_ptr failure;
  std::size_t failed_unit = 0;
  std::vector<std::thread> threads;

  void take_units(int worker) {
    for (std::size_t unit; (unit = next.fetch_add(1)) < units;) {
      try {
        (*work)(unit, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure || unit < failed_unit) {
          failure = std::current_exception();
          failed_unit = unit;
        }
      }
    }
  }

  void serve(int worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      take_units(worker);
      lock.lock();
      if (--busy == 0) done.notify_one();
    }
  }
};

Workers::Workers(int threads) : crew_(std::make_unique<Crew>()) {
  if (threads < 1) {
    throw Error(ErrorKind::usage,
                "the number of threads is " + std::to_string(threads) + "; give 1 or more");
  }
  for (int worker = 1; worker < threads; ++worker) {
    crew_->threads.emplace_back([this, worker] { crew_->serve(worker); });
  }
}

Workers::~Workers() {
  {
    const std::lock_guard lock(crew_->mutex);
    crew_->stopping = true;
  }
  crew_->wake.notify_all();
  for (std::thread& thread : crew_->threads) thread.join();
}

int Workers::threads() const {
  return static_cast<int>(crew_->threads.size()) + 1;
}

void Workers::run(std::size_t units, const std::function<void(std::size_t, int)>& work) {
  if (crew_->threads.empty() || units <= 1) {
    for (std::size_t unit = 0; unit < units; ++unit) work(unit, 0);
    return;
  }
  {
    const std::lock_guard lock(crew_->mutex);
    crew_->units = units;
    crew_->work = &work;
    crew_->next = 0;
    crew_->busy = static_cast<int>(crew_->threads.size());
    crew_->failure = nullptr;
    ++crew_->generation;
  }
  crew_->wake.notify_all();
  crew_->take_units(0);
  std::unique_lock lock(crew_->mutex);
  crew_->done.wait(lock, [&] { return crew_->busy == 0; });
  if (crew_->failure) std::rethrow_exception(std::exchange(crew_->failure, nullptr));
}

namespace {

enum class SlotState : std::uint8_t { free, working, done };

// Every thread does whatever is to be done next: write the oldest finished item, else read the
// next one and work on it, else wait.
class Pipeline {
 public:
  Pipeline(std::size_t slots, const std::function<bool(std::size_t)>& read,
           const std::function<void(std::size_t, int)>& work,
           const std::function<void(std::size_t)>& write)
      : read_(read), work_(work), write_(write), states_(slots, SlotState::free) {}

  void serve(int worker) {
    std::unique_lock lock(mutex_);
    while (!finished()) {
      if (!writing_ && states_[slot(written_)] == SlotState::done) {
        write_oldest(lock);
      } else if (!reading_ && !ended_ && states_[slot(taken_)] == SlotState::free) {
        read_and_work(lock, worker);
      } else {
        changed_.wait(lock);
      }
    }
    changed_.notify_all();
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::size_t slot(std::uint64_t item) const { return item % states_.size(); }
  // Items from last_ on are never written: `last_` is the number of items read, or the failed one.
  bool finished() const { return ended_ && !reading_ && written_ >= last_; }

  void fail(std::uint64_t item) {
    if (!failure_ || item < last_) {
      failure_ = std::current_exception();
      last_ = item;
    }
    ended_ = true;
  }

  void write_oldest(std::unique_lock<std::mutex>& lock) {
    if (written_ >= last_) {  // behind a failure: drop it
      states_[slot(written_++)] = SlotState::free;
      return;
    }
    writing_ = true;
    const std::size_t at = slot(written_);
    lock.unlock();
    try {
      write_(at);
      lock.lock();
    } catch (...) {
      lock.lock();
      fail(written_);
    }
    writing_ = false;
    states_[at] = SlotState::free;
    ++written_;
    changed_.notify_all();
  }

  void read_and_work(std::unique_lock<std::mutex>& lock, int worker) {
    reading_ = true;
    const std::uint64_t item = taken_;
    const std::size_t at = slot(item);
    lock.unlock();
    bool more = false;
    try {
      more = read_(at);
      lock.lock();
    } catch (...) {
      lock.lock();
      fail(item);
    }
    reading_ = false;
    if (!more) {
      if (!ended_) {
        ended_ = true;
        last_ = item;
      }
      changed_.notify_all();
      return;
    }
    ++taken_;
    states_[at] = SlotState::working;
    changed_.notify_all();
    lock.unlock();
    try {
      work_(at, worker);
      lock.lock();
    } catch (...) {
      lock.lock();
      fail(item);
    }
    states_[at] = SlotState::done;
    changed_.notify_all();
  }

  const std::function<bool(std::size_t)>& read_;
  const std::function<void(std::size_t, int)>& work_;
  const std::function<void(std::size_t)>& write_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SlotState> states_;
  std::uint64_t taken_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t last_ = UINT64_MAX;
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;
  std::exception_ptr failure_;
};

}  // namespace

void run_pipeline(int threads, std::size_t slots, const std::function<bool(std::size_t)>& read,
                  const std::function<void(std::size_t, int)>& work,
                  const std::function<void(std::size_t)>& write) {
  if (threads < 1 || slots < 1) {
    throw Error(ErrorKind::usage, "a pipeline needs at least one thread and one slot");
  }
  if (threads == 1) {
    while (read(0)) {
      work(0, 0);
      write(0);
    }
    return;
  }
  Pipeline pipeline(slots, read, work, write);
  std::vector<std::thread> crew;
  for (int worker = 1; worker < threads; ++worker) {
    crew.emplace_back([&pipeline, worker] { pipeline.serve(worker); });
  }
  pipeline.serve(0);
  for (std::thread& thread : crew) thread.join();
  pipeline.rethrow();
}

}  // namespace pnlp

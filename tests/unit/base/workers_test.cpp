#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/base/workers.hpp"

using namespace pnlp;

TEST_CASE("every unit is done once, whatever the number of threads") {
  for (const int threads : {1, 2, 3, 8}) {
    Workers workers(threads);
    CHECK(workers.threads() == threads);
    for (int round = 0; round < 50; ++round) {
      std::vector<int> done(37, 0);
      workers.run(done.size(), [&](std::size_t unit, int worker) {
        CHECK(worker < threads);
        ++done[unit];
      });
      CHECK(done == std::vector<int>(37, 1));
    }
  }
}

TEST_CASE("the first failing unit's exception is rethrown and the crew goes on") {
  Workers workers(3);
  CHECK_THROWS_WITH(workers.run(20,
                                [](std::size_t unit, int) {
                                  if (unit == 5) throw std::runtime_error("five");
                                }),
                    "five");
  std::atomic<int> count{0};
  workers.run(20, [&](std::size_t, int) { ++count; });
  CHECK(count == 20);
}

TEST_CASE("no threads is a usage error") {
  CHECK_THROWS_AS(Workers(0), Error);
  CHECK_THROWS_AS(
      run_pipeline(
          0, 1, [](std::size_t) { return false; }, [](std::size_t, int) {}, [](std::size_t) {}),
      Error);
}

TEST_CASE("a pipeline keeps the order of reading") {
  for (const int threads : {1, 2, 5}) {
    for (const std::size_t slots : {1U, 2U, 7U}) {
      std::vector<int> items(slots);
      std::vector<int> written;
      int next = 0;
      run_pipeline(
          threads, slots,
          [&](std::size_t slot) {
            if (next == 100) return false;
            items[slot] = next++;
            return true;
          },
          [&](std::size_t slot, int) { items[slot] *= 3; },
          [&](std::size_t slot) { written.push_back(items[slot]); });
      REQUIRE(written.size() == 100);
      for (int i = 0; i < 100; ++i) CHECK(written[static_cast<std::size_t>(i)] == 3 * i);
    }
  }
}

TEST_CASE("what was read before a failure is written before the failure is reported") {
  for (const int threads : {1, 2, 4}) {
    for (const int stage : {0, 1, 2}) {
      std::vector<int> items(4);
      std::vector<int> written;
      int next = 0;
      const auto run = [&] {
        run_pipeline(
            threads, items.size(),
            [&](std::size_t slot) {
              if (stage == 0 && next == 10) throw std::runtime_error("read");
              items[slot] = next++;
              return next <= 1000;
            },
            [&](std::size_t slot, int) {
              if (stage == 1 && items[slot] == 10) throw std::runtime_error("work");
            },
            [&](std::size_t slot) {
              if (stage == 2 && items[slot] == 10) throw std::runtime_error("write");
              written.push_back(items[slot]);
            });
      };
      CHECK_THROWS_AS(run(), std::runtime_error);
      CHECK(written == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    }
  }
}

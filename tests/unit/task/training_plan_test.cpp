#include "pnlp/task/training_plan.hpp"

#include <doctest/doctest.h>

#include "task/toy.hpp"

using namespace pnlp;

TEST_CASE("the more records, the fewer epochs, though not in proportion above 16,000") {
  TrainOptions options = toy::options(0);
  options.record_visits = 320e3;
  options.token_visits = 1e12;
  const std::vector<FeatureRecord> few = toy::records(Task::label, 100, 1);
  const RecordSet some = toy::record_set(toy::source(), few);
  const auto epochs = [&](std::size_t records) {
    std::vector<std::uint32_t> numbers(records);
    for (std::size_t i = 0; i < records; ++i)
      numbers[i] = static_cast<std::uint32_t>(i % few.size());
    const RecordSelection chosen(some, std::move(numbers));
    const TrainingSet set(make_config(toy::source(), chosen, options), chosen);
    return epochs_for(options, set);
  };
  CHECK(epochs(100) == 60);
  CHECK(epochs(8000) == 40);
  CHECK(epochs(16000) == 20);
  CHECK(epochs(64000) == 10);
  options.record_visits = 32e3;
  CHECK(epochs(64000) == 5);
  options.record_visits = 1e12;
  options.token_visits = 0;  // long texts
  CHECK(epochs(100) == 5);
  options.epochs = 7;
  CHECK(epochs(100) == 7);
}

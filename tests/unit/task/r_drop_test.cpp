// Training that reads each record twice a step.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>

#include "pnlp/base/held.hpp"
#include "pnlp/model/model_file.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

constexpr std::array kTasks = {Task::label, Task::multilabel, Task::tags, Task::joint};

TrainOptions options(double r_drop) {
  TrainOptions made = toy::options(2);
  made.r_drop = r_drop;
  made.shape.word_ngrams = 2;
  made.shape.ngram_weights = 2048;
  made.weights = WeightFormat::fp32;
  return made;
}

ModelFile trained(Task task, TrainOptions made) {
  if (!has_label(task)) made.shape.word_ngrams = 0;
  return toy::fit(toy::records(task, 60, 1), toy::records(task, 20, 2), made).model;
}

TrainOptions without_noise(double r_drop) {
  TrainOptions made = options(r_drop);
  made.feature_drop = made.dropout = made.ngram_drop = 0;
  return made;
}

// Mean distance: Adam makes much of rounding where a gradient is next to nothing.
double distance(const Held<float>& a, const Held<float>& b) {
  REQUIRE(a.size() == b.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(std::abs(a[i] - b[i]));
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("where nothing is left out, records are read once") {
  for (const Task task : kTasks) {
    CAPTURE(task_name(task));
    const Held<float> once = trained(task, without_noise(0)).weights;
    const Held<float> twice = trained(task, without_noise(5)).weights;
    CHECK(distance(once, twice) == 0);
  }
}

TEST_CASE("both answers are drawn together as the weight says") {
  for (const Task task : kTasks) {
    for (const bool crf : {false, true}) {
      if (crf && !has_tags(task)) continue;
      CAPTURE(task_name(task));
      const auto weights = [&](double r_drop) {
        TrainOptions made = options(r_drop);
        made.crf = crf;
        return trained(task, made).weights;
      };
      const Held<float> some = weights(1);
      CHECK(distance(some, weights(0)) > 1e-4);
      CHECK(distance(some, weights(10)) > 1e-4);
    }
  }
}

TEST_CASE("a loss of each source of the label reads twice, too") {
  const auto weights = [](double r_drop, double separate) {
    TrainOptions made = options(r_drop);
    made.separate_loss = separate;
    return trained(Task::label, made).weights;
  };
  CHECK(distance(weights(1, 0.5), weights(1, 0)) > 1e-4);
  CHECK(distance(weights(1, 0.5), weights(9, 0.5)) > 1e-4);
}

TEST_CASE("the number of threads does not tell, with teachers neither") {
  TrainOptions made = options(2);
  made.ensemble = 1;
  const auto bytes = [&](int threads) {
    made.threads = threads;
    return encode_model(trained(Task::joint, made));
  };
  const auto one = bytes(1);
  CHECK(one == bytes(2));
  CHECK(one == bytes(3));
}

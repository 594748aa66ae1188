// The label's loss of each of its two sources alone.
#include <doctest/doctest.h>

#include <algorithm>

#include "pnlp/model/network.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

// Weights of the named tensor after training.
std::vector<float> trained(Task task, double separate, const char* name, double dropout,
                           double ngram_drop) {
  TrainOptions options = toy::options(1);
  options.shape.word_ngrams = 2;
  options.shape.ngram_weights = 2048;
  options.separate_loss = separate;
  options.dropout = dropout;
  options.ngram_drop = ngram_drop;
  options.clip = 0;  // the norm is of all gradients together
  options.weights = WeightFormat::fp32;
  const ModelFile model =
      toy::fit(toy::records(task, 60, 1), toy::records(task, 20, 2), options).model;
  const Network network(model.config);
  const auto& parameters = network.layout().parameters();
  const auto found = std::ranges::find(parameters, name, &Parameter::name);
  REQUIRE(found != parameters.end());
  const auto begin = model.weights.begin() + static_cast<std::ptrdiff_t>(found->offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(found->size)};
}

}  // namespace

TEST_CASE("with a loss of its own, neither source sees what the other does") {
  for (const Task task : {Task::label, Task::multilabel}) {
    const auto table = [&](double separate, double dropout) {
      return trained(task, separate, "ngrams.table", dropout, 0);
    };
    CHECK(table(1, 0) == table(1, 0.3));
    CHECK(table(0.5, 0) != table(0.5, 0.3));
    CHECK(table(0, 0) != table(0, 0.3));
    const auto head = [&](double separate, double ngram_drop) {
      return trained(task, separate, "label", 0, ngram_drop);
    };
    CHECK(head(1, 0) == head(1, 0.3));
    CHECK(head(0.5, 0) != head(0.5, 0.3));
    CHECK(table(0.5, 0) != table(1, 0));
  }
}

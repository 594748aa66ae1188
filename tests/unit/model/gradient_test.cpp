// Gradients of the packed network in fp32 against central differences of the reference in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "model/small_model.hpp"
#include "nn/packing.hpp"
#include "nn/reference.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/nn/arithmetic.hpp"
#include "pnlp/nn/encoder.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/loss.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

constexpr double kTagScale = 0.7;

struct Problem {
  ModelConfig config;
  std::vector<Text> texts;
  std::vector<Targets> labels;         // a text's; empty: no label, no loss
  std::vector<std::vector<int>> tags;  // a token's; -1: no loss
  std::vector<double> weights;         // a text's
  double smoothing = 0;
  TrainNoise noise;
};

Problem make_problem(Task task, const Sizes& sizes, const std::vector<std::size_t>& lengths) {
  Problem problem;
  problem.config = small_config(task, sizes);
  problem.texts = make_texts(lengths, problem.config.table_rows(), 4, 17);
  Random random(18);
  for (const Text& text : problem.texts) {
    problem.labels.push_back({{random.below(sizes.labels), 1.0}});
    problem.weights.push_back(1.0);
    problem.tags.emplace_back();
    for (std::size_t t = 0; t < text.size(); ++t) {
      problem.tags.back().push_back(static_cast<int>(random.below(1 + 2 * sizes.slots)));
    }
  }
  return problem;
}

// The loss by the book, as a function of the arena.
double exact_loss(const Problem& problem, const ParameterLayout& layout,
                  const std::vector<double>& arena, const PackedBatch& batch) {
  const std::size_t c = problem.config.shape.bottleneck;
  std::map<std::size_t, std::vector<float>> masks;  // by branch
  const auto mask_of = [&](std::size_t branch) -> const std::vector<float>& {
    std::vector<float>& mask = masks[branch];
    if (mask.empty()) {
      mask.assign(batch.tokens() * c, 1.0F);
      apply_dropout(problem.noise.dropout.at(branch), mask.data(), mask.size());
    }
    return mask;
  };
  std::vector<Text> shortened;
  for (const Text& text : problem.texts) shortened.emplace_back((text.size() + kPool - 1) / kPool);
  const PackedBatch pools = pack(shortened, problem.config.shape.segment);
  const Reference<double> reference(problem.config, layout, arena);
  double loss = 0;
  for (std::size_t b = 0; b < problem.texts.size(); ++b) {
    const Mask mask = [&](std::size_t branch, std::size_t token, std::size_t channel) {
      const PackedBatch& of = branch < kPoolBranch ? batch : pools;
      const auto at = static_cast<std::size_t>(of.sequence_offsets[b]) + token;
      return static_cast<double>(mask_of(
          branch % kPoolBranch)[static_cast<std::size_t>(of.token_order[at]) * c + channel]);
    };
    const auto output =
        reference.forward(problem.texts[b], static_cast<double>(problem.noise.input_scale), mask);
    if (problem.config.task == Task::multilabel) {
      loss += problem.weights[b] *
              exact_sigmoid_loss(output.label, problem.labels[b], problem.smoothing);
    } else if (has_label(problem.config.task)) {
      loss += problem.weights[b] *
              exact_cross_entropy(output.label, problem.labels[b], problem.smoothing);
    }
    for (std::size_t t = 0; has_tags(problem.config.task) && t < problem.texts[b].size(); ++t) {
      if (problem.tags[b][t] < 0) continue;
      const Targets target{{static_cast<std::size_t>(problem.tags[b][t]), 1.0}};
      loss += kTagScale *
              exact_cross_entropy(rows_of(output.tags, t, 1).values, target, problem.smoothing);
    }
  }
  return loss;
}

// Gradients of logits, by the library's losses. Returns the loss.
double logit_gradients(const Problem& problem, const PackedBatch& batch,
                       const NetworkMemory& memory, std::vector<float>& dlabel,
                       std::vector<float>& dtags) {
  const std::size_t k = problem.config.labels.size();
  const std::size_t tags = problem.config.tags();
  const auto smoothing = static_cast<float>(problem.smoothing);
  dlabel.assign(memory.label_logits.size(), 0.0F);
  dtags.assign(memory.tag_logits.size(), 0.0F);
  double loss = 0;
  for (std::size_t b = 0; b < problem.texts.size(); ++b) {
    if (has_label(problem.config.task)) {
      std::vector<std::int32_t> labels;
      std::vector<float> weights;
      for (const auto& [label, weight] : problem.labels[b]) {
        labels.push_back(static_cast<std::int32_t>(label));
        weights.push_back(static_cast<float>(weight));
      }
      const auto& function =
          problem.config.task == Task::multilabel ? sigmoid_cross_entropy : cross_entropy;
      loss += function(memory.label_logits.data() + b * k, k, labels.data(), weights.data(),
                       labels.size(), smoothing, static_cast<float>(problem.weights[b]),
                       dlabel.data() + b * k);
    }
    for (std::size_t t = 0; has_tags(problem.config.task) && t < problem.texts[b].size(); ++t) {
      const std::int32_t tag = problem.tags[b][t];
      if (tag < 0) continue;
      constexpr float kOne = 1.0F;
      const auto at = static_cast<std::size_t>(
          batch.token_order[static_cast<std::size_t>(batch.sequence_offsets[b]) + t]);
      loss += cross_entropy(memory.tag_logits.data() + at * tags, tags, &tag, &kOne, 1, smoothing,
                            static_cast<float>(kTagScale), dtags.data() + at * tags);
    }
  }
  return loss;
}

struct Gradients {
  double loss = 0;
  std::vector<float> values;  // as the arena
};

// By the library, in the arithmetic of the scope.
Gradients gradients_of(const Problem& problem, const Network& network,
                       const std::vector<float>& weights, const PackedBatch& batch) {
  NetworkMemory memory;
  network.forward_train(weights.data(), batch, problem.noise, memory);
  std::vector<float> dlabel;
  std::vector<float> dtags;
  Gradients made;
  made.loss = logit_gradients(problem, batch, memory, dlabel, dtags);
  made.values.assign(network.layout().size(), 0.0F);
  network.backward(weights.data(), batch, problem.noise, {dlabel.data(), dlabel.data()},
                   dtags.data(), memory, made.values.data());
  const auto& parameters = network.layout().parameters();
  const auto table = std::ranges::find(parameters, "table", &Parameter::name);
  REQUIRE(table != parameters.end());
  for (std::size_t slice = 0; slice < slices(network.bottleneck()); ++slice) {
    scatter_rows(network.bottleneck(), batch, memory.dprojected.data(), problem.noise.input_scale,
                 slice, made.values.data() + table->offset);
  }
  return made;
}

// Checks the loss and, tensor by tensor, every component of its gradient.
// The tolerance is relative to the tensor's largest component; it is the error of the library's
// GELU (3e-5 of a unit), which adds up over tokens: with an exact GELU 3e-4 holds throughout.
void check_gradients(const Problem& problem, double tolerance = 1e-3) {
  const Network network(problem.config);
  const std::vector<float> weights = weights_for(network, 23);
  const PackedBatch batch = pack(problem.texts, problem.config.shape.segment);
  const auto [loss, gradients] = gradients_of(problem, network, weights, batch);
  const auto& parameters = network.layout().parameters();

  std::vector<double> arena(weights.begin(), weights.end());
  const double expected_loss = exact_loss(problem, network.layout(), arena, batch);
  CHECK(loss == doctest::Approx(expected_loss).epsilon(1e-5));
  double largest_of_all = 0;
  for (const float gradient : gradients) {
    largest_of_all = std::max(largest_of_all, std::abs(static_cast<double>(gradient)));
  }
  for (const Parameter& parameter : parameters) {
    double largest = 0;
    double worst = 0;
    for (std::size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
      constexpr double kStep = 1e-5;
      const double weight = arena[i];
      arena[i] = weight + kStep;
      const double above = exact_loss(problem, network.layout(), arena, batch);
      arena[i] = weight - kStep;
      const double below = exact_loss(problem, network.layout(), arena, batch);
      arena[i] = weight;
      const double expected = (above - below) / (2 * kStep);
      largest = std::max(largest, std::abs(expected));
      worst = std::max(worst, std::abs(static_cast<double>(gradients[i]) - expected));
    }
    CAPTURE(parameter.name);
    CAPTURE(largest);
    // The second term: without dropout the gradient of token_out.bias is zero, since the same
    // number added to all channels of a token does not pass the next normalisation.
    CHECK(worst <= tolerance * largest + 2e-6 * largest_of_all);
  }
}

const std::vector<std::size_t> kLengths = {4, 2, 0, 1, 7, 4};

}  // namespace

TEST_CASE("gradients of a label's loss") {
  Problem problem = make_problem(Task::label, {}, kLengths);
  check_gradients(problem);
  SUBCASE("with soft targets, class weights and smoothing") {
    problem.labels[0] = {{0, 0.25}, {2, 0.75}};
    problem.labels[1] = {{1, 0.5}};
    problem.weights = {2.0, 0.5, 1.0, 3.0, 0.1, 1.0};
    problem.smoothing = 0.1;
    check_gradients(problem);
  }
}

TEST_CASE("gradients of several labels' losses") {
  Problem problem = make_problem(Task::multilabel, {}, kLengths);
  problem.labels[0].clear();
  problem.labels[1] = {{0, 1.0}, {1, 1.0}, {2, 1.0}};
  check_gradients(problem);
  SUBCASE("with soft targets, class weights and smoothing") {
    problem.labels[3] = {{0, 0.25}, {2, 0.75}};
    problem.weights = {2.0, 0.5, 1.0, 3.0, 0.1, 1.0};
    problem.smoothing = 0.2;
    check_gradients(problem);
  }
}

TEST_CASE("gradients of tags' losses") {
  Problem problem = make_problem(Task::tags, {}, kLengths);
  check_gradients(problem);
  SUBCASE("with tokens that have no target, and smoothing") {
    problem.tags[0] = {-1, 2, -1, 0};
    problem.tags[3] = {-1};
    problem.smoothing = 0.1;
    check_gradients(problem);
  }
}

TEST_CASE("gradients of the joint loss") {
  check_gradients(make_problem(Task::joint, {}, kLengths));
}

TEST_CASE("gradients under dropout of branches and of features") {
  Problem problem = make_problem(Task::joint, {}, kLengths);
  problem.noise.input_scale = 1.25F;
  check_gradients(problem);
  problem.noise.dropout = {0x123456789abcdefULL, 0.4F};
  check_gradients(problem);
}

TEST_CASE("gradients for other shapes") {
  check_gradients(make_problem(Task::joint, {.window = 0}, kLengths));
  check_gradients(make_problem(Task::joint, {.window = 3, .layers = 1}, kLengths));
  check_gradients(make_problem(Task::joint, {.plain_rows = 0, .segment = 9}, kLengths));
  check_gradients(make_problem(Task::joint, {.rows = 4, .layers = 0}, kLengths));
  Problem none = make_problem(Task::joint, {}, kLengths);
  none.config.shape.encoder = "none";
  check_gradients(none);
}

TEST_CASE("gradients of every encoder") {
  for (const std::string& encoder : encoder_names()) {
    CAPTURE(encoder);
    Problem problem = make_problem(Task::joint, {}, kLengths);
    problem.config.shape.encoder = encoder;
    check_gradients(problem);
    problem.noise.dropout = {0x123456789abcdefULL, 0.4F};
    check_gradients(problem);
  }
}

TEST_CASE("gradients in bf16 are those in fp32 but for rounding, with every encoder") {
  if (!has_bf16()) return;
  for (const std::string& encoder : encoder_names()) {
    CAPTURE(encoder);
    // Odd numbers of channels and hidden units, whose last ones have no neighbour.
    Problem problem = make_problem(Task::joint, {.channels = 37, .hidden = 21}, kLengths);
    problem.config.shape.encoder = encoder;
    problem.noise.dropout = {0x123456789abcdefULL, 0.4F};
    const Network network(problem.config);
    const std::vector<float> weights = weights_for(network, 23);
    const PackedBatch batch = pack(problem.texts, problem.config.shape.segment);
    const Gradients exact = gradients_of(problem, network, weights, batch);
    const ArithmeticScope scope(Arithmetic::bf16);
    const Gradients rounded = gradients_of(problem, network, weights, batch);
    CHECK(rounded.loss == doctest::Approx(exact.loss).epsilon(0.01));
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < exact.values.size(); ++i) {
      const auto expected = static_cast<double>(exact.values[i]);
      difference += std::pow(static_cast<double>(rounded.values[i]) - expected, 2);
      size += expected * expected;
    }
    const double apart = std::sqrt(difference / size);
    CHECK(apart < 0.02);
    // Without products there is nothing to round.
    CHECK((apart > 0) == (encoder != "none" || problem.config.shape.window > 0));
  }
}

TEST_CASE("gradients over blocks of many columns and rows") {
  // 120 columns a segment, so that a block holds 4 segments and the group 6; more than 128 tokens.
  Sizes sizes{.rows = 2,
              .plain_rows = 0,
              .window = 0,
              .channels = 120,
              .hidden = 1,
              .layers = 1,
              .segment = 2,
              .labels = 2};
  check_gradients(make_problem(Task::label, sizes, {2, 2, 2, 2, 2, 2, 1}));
  sizes.channels = 3;
  sizes.window = 1;
  check_gradients(make_problem(Task::label, sizes, std::vector<std::size_t>(70, 2)), 3e-3);
}

TEST_CASE("backward adds to what the gradients hold") {
  const Problem problem = make_problem(Task::joint, {}, kLengths);
  const Network network(problem.config);
  const std::vector<float> weights = weights_for(network, 23);
  const PackedBatch batch = pack(problem.texts, 4);
  NetworkMemory memory;
  network.forward_train(weights.data(), batch, {}, memory);
  std::vector<float> dlabel;
  std::vector<float> dtags;
  logit_gradients(problem, batch, memory, dlabel, dtags);
  std::vector<float> once(network.layout().size(), 0.0F);
  const LabelGradients dlabels{dlabel.data(), dlabel.data()};
  network.backward(weights.data(), batch, {}, dlabels, dtags.data(), memory, once.data());
  std::vector<float> more(network.layout().size(), 1.0F);
  network.forward_train(weights.data(), batch, {}, memory);  // backward uses up what it left
  network.backward(weights.data(), batch, {}, dlabels, dtags.data(), memory, more.data());
  for (std::size_t i = 0; i < once.size(); ++i) {
    REQUIRE(more[i] == doctest::Approx(once[i] + 1.0F).epsilon(1e-4));
  }
}

#include "pnlp/nn/parameters.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "nn/packing.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/nn/encoder.hpp"

using namespace pnlp;

namespace {

// What an encoder of these sizes makes of a text of five tokens, with the size of its tensors
// before it; weights are drawn by their tensors' names.
std::vector<float> made_by(const std::string& name, const EncoderShape& shape) {
  ParameterLayout layout;
  const auto encoder = make_encoder(name, shape, layout);
  std::vector<float> weights(layout.size());
  layout.initialize(weights.data(), 1);
  const PackedBatch batch = test::pack(test::make_texts({5}, 8, 2, 1), shape.segment);
  std::vector<float> x(5 * shape.channels);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto row = static_cast<std::size_t>(batch.token_order[i]) * shape.channels;
    for (std::size_t c = 0; c < shape.channels; ++c)
      x[row + c] = static_cast<float>(i * i + c) / 8.0F;
  }
  const auto memory = encoder->make_memory();
  encoder->forward(weights.data(), batch, {}, false, x.data(), *memory);
  std::vector<float> made = {static_cast<float>(layout.size())};
  for (const std::int32_t token : batch.token_order) {
    const auto row = static_cast<std::size_t>(token) * shape.channels;
    made.insert(made.end(), x.data() + row, x.data() + row + shape.channels);
  }
  return made;
}

bool differ(const std::vector<float>& a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::abs(a[i] - b[i]) > 1e-4F) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("tensors follow one another; vectors are not decayed") {
  ParameterLayout layout;
  CHECK(layout.add("a", {3, 4}, Init::one) == 0);
  CHECK(layout.add("b", {5}, Init::zero) == 12);
  CHECK(layout.add("c", {2, 1, 2}, Init::normal, 1.0) == 17);
  CHECK(layout.size() == 21);
  REQUIRE(layout.parameters().size() == 3);
  CHECK(layout.parameters()[1].name == "b");
  CHECK(layout.parameters()[1].offset == 12);
  CHECK(layout.parameters()[2].size == 4);
  CHECK(layout.parameters()[0].decay);
  CHECK_FALSE(layout.parameters()[1].decay);
  CHECK(layout.parameters()[2].decay);
}

TEST_CASE("each tensor starts by its rule, as a function of seed and name alone") {
  ParameterLayout layout;
  layout.add("ones", {7}, Init::one);
  layout.add("zeros", {7}, Init::zero);
  layout.add("normal", {200, 100}, Init::normal, 0.25);
  std::vector<float> arena(layout.size(), 9.0F);
  layout.initialize(arena.data(), 5);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(arena[i] == 1.0F);
    CHECK(arena[7 + i] == 0.0F);
  }
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 14; i < arena.size(); ++i) {
    sum += static_cast<double>(arena[i]);
    squares += static_cast<double>(arena[i]) * static_cast<double>(arena[i]);
  }
  CHECK(std::abs(sum / 20000) < 4 * 0.25 / std::sqrt(20000.0));
  CHECK(std::sqrt(squares / 20000) == doctest::Approx(0.25).epsilon(0.02));

  ParameterLayout other;
  other.add("normal", {200, 100}, Init::normal, 0.25);
  std::vector<float> alone(other.size());
  other.initialize(alone.data(), 5);
  CHECK(std::equal(alone.begin(), alone.end(), arena.begin() + 14));
  other.initialize(alone.data(), 6);
  CHECK_FALSE(std::equal(alone.begin(), alone.end(), arena.begin() + 14));
  ParameterLayout renamed;
  renamed.add("gaussian", {200, 100}, Init::normal, 0.25);
  renamed.initialize(alone.data(), 5);
  CHECK_FALSE(std::equal(alone.begin(), alone.end(), arena.begin() + 14));
}

TEST_CASE("encoders are found by name") {
  const auto names = encoder_names();
  CHECK_FALSE(names.empty());
  for (const std::string& name : names) {
    ParameterLayout layout;
    const auto encoder = make_encoder(name, {4, 3, 1, 2}, layout);
    CHECK(encoder->make_memory() != nullptr);
    CHECK(encoder->flops(1) >= 0);
  }
  ParameterLayout layout;
  CHECK_THROWS_WITH(make_encoder("Mixer", {4, 3, 1, 2}, layout),
                    doctest::Contains("unknown encoder 'Mixer'; there are: mixer, "));
  CHECK(layout.size() == 0);
}

TEST_CASE("encoders make use of the sizes that they say they do") {
  for (const std::string& name : encoder_names()) {
    CAPTURE(name);
    const EncoderUses uses = encoder_uses(name);
    const std::vector<float> made = made_by(name, {4, 4, 2, 2});
    CHECK(uses.hidden == differ(made, made_by(name, {4, 6, 2, 2})));
    CHECK(uses.layers == differ(made, made_by(name, {4, 4, 1, 2})));
    CHECK(uses.segment == differ(made, made_by(name, {4, 4, 2, 3})));
  }
  CHECK_THROWS_WITH(encoder_uses("Mixer"), doctest::Contains("unknown encoder 'Mixer'"));
}

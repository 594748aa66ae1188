#include "pnlp/nn/ngram_head.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

constexpr std::size_t kOutputs = 4;  // so three channels
constexpr float kScale = 1.5F;

// Three texts: of three rows out of four n-grams, of none, of one row.
PackedBatch make_batch() {
  PackedBatch batch;
  batch.sequence_offsets = {0, 0, 0, 0};
  batch.ngram_offsets = {0, 3, 3, 4};
  batch.ngram_rows = {5, 63, 0, 5};
  batch.ngram_counts = {4, 0, 1};
  return batch;
}

std::vector<float> random_weights(std::size_t size) {
  std::vector<float> weights(size);
  Random random(3);
  for (float& weight : weights) weight = static_cast<float>(random.normal());
  return weights;
}

// By the header's formula: tensors are the mapping, then the table.
std::vector<double> plain_logits(const NgramHead& head, const PackedBatch& batch,
                                 const std::vector<double>& w) {
  const std::size_t channels = NgramHead::channels(kOutputs);
  std::vector<double> logits(batch.sequences() * kOutputs, 0.0);
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    for (auto i = batch.ngram_offsets[b]; i < batch.ngram_offsets[b + 1]; ++i) {
      const auto row = static_cast<std::size_t>(batch.ngram_rows[static_cast<std::size_t>(i)]);
      const double share = static_cast<double>(kScale) / std::sqrt(batch.ngram_counts[b]);
      for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t k = 0; k < kOutputs; ++k) {
          logits[b * kOutputs + k] +=
              share * w[head.table() + row * channels + c] * w[c * kOutputs + k];
        }
      }
    }
  }
  return logits;
}

}  // namespace

TEST_CASE("the table of word n-grams has a column for each label but one, and whole blocks") {
  CHECK(NgramHead::channels(2) == 1);
  CHECK(NgramHead::channels(4) == 3);
  CHECK(NgramHead::channels(1) == 1);
  CHECK(NgramHead::channels(100) == 16);
  CHECK(NgramHead::rows(700000, 2) == 700032);
  CHECK(NgramHead::rows(192, 4) == 64);
  CHECK(NgramHead::rows(1, 4) == 64);
  ParameterLayout layout;
  const NgramHead head(300, kOutputs, layout);
  CHECK(head.table() == 3 * kOutputs);
  CHECK(head.table_size() == 128UL * 3);
  CHECK(layout.parameters().back().shape == std::vector<std::size_t>{6, 64});
}

TEST_CASE("logits of word n-grams, and their gradients, by the formula") {
  ParameterLayout layout;
  const NgramHead head(1, kOutputs, layout);
  const PackedBatch batch = make_batch();
  const std::vector<float> w = random_weights(layout.size());
  std::vector<double> exact(w.begin(), w.end());
  NgramMemory memory;
  std::vector<float> logits(batch.sequences() * kOutputs, 1.0F);  // added to
  head.forward(w.data(), batch, kScale, logits.data(), memory);
  const std::vector<double> expected = plain_logits(head, batch, exact);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    CHECK(logits[i] == doctest::Approx(1.0 + expected[i]).epsilon(1e-5));
  }

  const std::vector<float> dlogits = random_weights(logits.size());
  std::vector<float> gradients(layout.size(), 0.0F);
  head.backward(w.data(), batch, dlogits.data(), memory, gradients.data());
  head.scatter(batch, kScale, memory, gradients.data() + head.table());
  const auto loss = [&] {
    const std::vector<double> values = plain_logits(head, batch, exact);
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[i] * static_cast<double>(dlogits[i]);
    return sum;
  };
  for (std::size_t i = 0; i < exact.size(); ++i) {
    constexpr double kStep = 1e-5;
    const double weight = exact[i];
    exact[i] = weight + kStep;
    const double above = loss();
    exact[i] = weight - kStep;
    const double below = loss();
    exact[i] = weight;
    CAPTURE(i);
    CHECK(std::abs(static_cast<double>(gradients[i]) - (above - below) / (2 * kStep)) < 1e-4);
  }
}

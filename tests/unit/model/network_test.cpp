#include "pnlp/model/network.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "model/small_model.hpp"
#include "nn/packing.hpp"
#include "nn/reference.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/nn/encoder.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

constexpr std::array kTasks = {Task::label, Task::multilabel, Task::tags, Task::joint};

std::vector<Text> texts_for(const ModelConfig& config, const std::vector<std::size_t>& lengths) {
  return make_texts(lengths, config.table_rows(), 5, 7);
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = a.size() == b.size() ? 0 : 1e9;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest;
}

// Largest difference between the network's logits of a batch and the reference's of each text.
template <typename Real>
double difference(const ModelConfig& config, const std::vector<std::size_t>& lengths) {
  const Network network(config);
  const std::vector<float> weights = weights_for(network, 3);
  const std::vector<Text> texts = texts_for(config, lengths);
  const PackedBatch batch = pack(texts, config.shape.segment);
  NetworkMemory memory;
  network.forward(weights.data(), batch, memory);

  const Reference<Real> reference(config, network.layout(),
                                  std::vector<Real>(weights.begin(), weights.end()));
  const std::size_t k = config.labels.size();
  const std::size_t tags = config.tags();
  CHECK(memory.label_logits.size() == texts.size() * k);
  CHECK(memory.tag_logits.size() == batch.tokens() * tags);
  double worst = 0;
  for (std::size_t b = 0; b < texts.size(); ++b) {
    const auto expected = reference.forward(texts[b]);
    for (std::size_t i = 0; i < k; ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(memory.label_logits[b * k + i]) -
                                       static_cast<double>(expected.label[i])));
    }
    for (std::size_t t = 0; t < texts[b].size(); ++t) {
      const auto packed = static_cast<std::size_t>(
          batch.token_order[static_cast<std::size_t>(batch.sequence_offsets[b]) + t]);
      for (std::size_t i = 0; i < tags; ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(memory.tag_logits[packed * tags + i]) -
                                         static_cast<double>(expected.tags(t, i))));
      }
    }
  }
  return worst;
}

ModelConfig paper_config(std::uint32_t m, std::uint32_t w, std::uint32_t b, std::uint32_t layers) {
  ModelConfig config;
  config.task = Task::joint;
  config.shape.feature_size = m;
  config.shape.window = w;
  config.shape.bottleneck = b;
  config.shape.layers = layers;
  config.shape.channel_rows = 0;  // as in the paper
  config.channels = {{"minhash", 64, config.shape.feature_size}};
  for (int i = 0; i < 113; ++i) config.labels.push_back("intent" + std::to_string(i));
  for (int i = 0; i < 75; ++i) config.slots.push_back("slot" + std::to_string(i));
  return config;
}

}  // namespace

TEST_CASE("full-length sequences: the logits are those of the padded textbook formulation") {
  for (const Task task : kTasks) {
    for (const std::uint32_t window : {0U, 1U, 2U}) {
      const Sizes sizes{.rows = 32, .window = window, .channels = 48, .hidden = 40, .segment = 8};
      CAPTURE(task_name(task));
      CAPTURE(window);
      CHECK(difference<double>(small_config(task, sizes), {8}) < 1e-4);
      CHECK(difference<double>(small_config(task, sizes), {8, 8, 8, 8, 8}) < 1e-4);
    }
  }
}

TEST_CASE("the reference is the same in float") {
  const Sizes sizes{.rows = 32, .channels = 16, .hidden = 16, .segment = 8};
  CHECK(difference<float>(small_config(Task::joint, sizes), {8, 3}) < 1e-4);
}

TEST_CASE("short, long, single, empty and mixed sequences") {
  const std::vector<std::vector<std::size_t>> batches = {
      {1},    {0}, {3},  {7, 8},          {1, 1, 1},
      {0, 0}, {9}, {16}, {23, 8, 15, 16}, {5, 0, 12, 1, 8, 8, 0, 3, 5, 40, 2, 1, 0}};
  for (const Task task : kTasks) {
    for (const std::uint32_t window : {0U, 1U, 3U}) {
      const Sizes sizes{.rows = 32, .window = window, .channels = 24, .hidden = 20, .segment = 8};
      for (const auto& lengths : batches) {
        CAPTURE(task_name(task));
        CAPTURE(window);
        CAPTURE(lengths.size());
        CHECK(difference<double>(small_config(task, sizes), lengths) < 1e-4);
      }
    }
  }
}

TEST_CASE("odd shapes: one channel, one hidden unit, one position, wide windows, no plain rows") {
  const std::vector<std::size_t> lengths = {4, 1, 0, 9, 4};
  CHECK(difference<double>(small_config(Task::joint, {.channels = 1, .hidden = 3}), lengths) <
        1e-4);
  CHECK(difference<double>(small_config(Task::joint, {.hidden = 1}), lengths) < 1e-4);
  CHECK(difference<double>(small_config(Task::joint, {.segment = 1}), lengths) < 1e-4);
  CHECK(difference<double>(small_config(Task::joint, {.window = 16}), lengths) < 1e-4);
  CHECK(difference<double>(small_config(Task::joint, {.plain_rows = 0}), lengths) < 1e-4);
  CHECK(difference<double>(small_config(Task::joint, {.layers = 0}), lengths) < 1e-4);
  CHECK(difference<double>(small_config(Task::joint, {.rows = 1, .plain_rows = 1}), lengths) <
        1e-4);
  CHECK(difference<double>(small_config(Task::multilabel, {.labels = 1}), lengths) < 1e-4);
  // Blocks of columns wider than 512, and more rows than one block of channel mixing.
  CHECK(difference<double>(small_config(Task::tags, {.channels = 600, .hidden = 4}), lengths) <
        2e-4);
  CHECK(difference<double>(small_config(Task::joint, {}), std::vector<std::size_t>(200, 3)) < 1e-4);
}

TEST_CASE("without an encoder a token knows its window only") {
  ModelConfig config = small_config(Task::joint, {});
  config.shape.encoder = "none";
  CHECK(difference<double>(config, {4, 1, 0, 9}) < 1e-5);
  CHECK(Network(config).flops(7) == 2.0 * 6 * 3 + 2.0 * 6 * 5 * 7);
}

TEST_CASE("a batch without sequences gives no logits") {
  const ModelConfig config = small_config(Task::joint, {});
  const Network network(config);
  const std::vector<float> weights = weights_for(network, 3);
  NetworkMemory memory;
  network.forward(weights.data(), pack({}, 4), memory);
  CHECK(memory.label_logits.empty());
  CHECK(memory.tag_logits.empty());
}

TEST_CASE("a memory that served another batch changes nothing") {
  const ModelConfig config = small_config(Task::joint, {});
  const Network network(config);
  const std::vector<float> weights = weights_for(network, 3);
  const PackedBatch large = pack(texts_for(config, {9, 4, 4, 2, 0, 11}), 4);
  const PackedBatch small = pack(texts_for(config, {3, 2}), 4);
  NetworkMemory fresh;
  network.forward(weights.data(), small, fresh);
  NetworkMemory used;
  network.forward_train(weights.data(), large, {}, used);
  network.forward(weights.data(), small, used);
  CHECK(used.label_logits == fresh.label_logits);
  CHECK(used.tag_logits == fresh.tag_logits);
}

TEST_CASE("training without noise sees the logits of prediction") {
  const ModelConfig config = small_config(Task::joint, {});
  const Network network(config);
  const std::vector<float> weights = weights_for(network, 3);
  const PackedBatch batch = pack(texts_for(config, {9, 4, 4, 2, 0, 1}), 4);
  NetworkMemory predicting;
  NetworkMemory training;
  network.forward(weights.data(), batch, predicting);
  network.forward_train(weights.data(), batch, {}, training);
  // Products of training are oneDNN's, those of prediction our own.
  CHECK(largest_difference(training.label_logits, predicting.label_logits) < 1e-5);
  CHECK(largest_difference(training.tag_logits, predicting.tag_logits) < 1e-5);
}

TEST_CASE("projected words may come from outside") {
  const ModelConfig config = small_config(Task::joint, {});
  const Network network(config);
  const std::vector<float> weights = weights_for(network, 3);
  const PackedBatch batch = pack(texts_for(config, {9, 4, 0, 1}), 4);
  NetworkMemory whole;
  network.forward(weights.data(), batch, whole);
  NetworkMemory given;
  given.projected = whole.projected;
  network.forward_projected(weights.data(), batch, given);
  CHECK(given.label_logits == whole.label_logits);
  CHECK(given.tag_logits == whole.tag_logits);
}

// Whether the logits of every text, alone and among the others, have the same bits.
void check_independence(const ModelConfig& config, const std::vector<std::size_t>& lengths) {
  const Network network(config);
  const std::vector<float> weights = weights_for(network, 3);
  const std::vector<Text> texts = texts_for(config, lengths);
  const std::size_t labels = config.labels.size();
  const std::size_t tags = config.tags();
  const PackedBatch all = pack(texts, config.shape.segment);
  NetworkMemory together;
  network.forward(weights.data(), all, together);
  NetworkMemory alone;
  for (std::size_t b = 0; b < texts.size(); ++b) {
    const PackedBatch one = pack({texts[b]}, config.shape.segment);
    network.forward(weights.data(), one, alone);
    CAPTURE(texts[b].size());
    REQUIRE(std::memcmp(alone.label_logits.data(), together.label_logits.data() + b * labels,
                        labels * sizeof(float)) == 0);
    for (std::size_t t = 0; t < texts[b].size(); ++t) {
      const auto here = static_cast<std::size_t>(one.token_order[t]) * tags;
      const auto there =
          static_cast<std::size_t>(
              all.token_order[static_cast<std::size_t>(all.sequence_offsets[b]) + t]) *
          tags;
      REQUIRE(std::memcmp(alone.tag_logits.data() + here, together.tag_logits.data() + there,
                          tags * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("logits have the same bits whatever texts share the batch") {
  for (const std::string& encoder : encoder_names()) {
    for (const std::uint32_t hidden : {64U, 512U}) {
      CAPTURE(encoder);
      CAPTURE(hidden);
      ModelConfig config =
          small_config(Task::joint, {.rows = 64, .channels = 64, .hidden = hidden, .segment = 16});
      config.shape.encoder = encoder;
      if (!Network(config).encoder().is_independent()) continue;
      std::vector<std::size_t> lengths;
      for (std::size_t i = 0; i < 150; ++i) lengths.push_back(i * 7 % 40 % 19);
      check_independence(config, lengths);
    }
  }
}

TEST_CASE("every encoder's logits are those of the reference") {
  const std::vector<std::size_t> mixed = {5, 0, 12, 1, 8, 8, 0, 3, 5, 40, 2, 1, 0};
  for (const std::string& encoder : encoder_names()) {
    CAPTURE(encoder);
    const auto far = [&](const Sizes& sizes, const std::vector<std::size_t>& lengths) {
      ModelConfig config = small_config(Task::joint, sizes);
      config.shape.encoder = encoder;
      return difference<double>(config, lengths);
    };
    const Sizes sizes{.rows = 32, .channels = 24, .hidden = 20, .segment = 8};
    CHECK(far(sizes, mixed) < 5e-4);
    CHECK(far(sizes, {1}) < 1e-4);
    CHECK(far(sizes, {0}) < 1e-4);
    CHECK(far(sizes, {0, 0}) < 1e-4);
    CHECK(far(sizes, {23}) < 2e-4);
    CHECK(far(sizes, {2, 150, 3}) < 5e-4);
    CHECK(far({.channels = 1, .hidden = 3}, mixed) < 1e-4);
    CHECK(far({.channels = 3, .hidden = 1}, mixed) < 1e-4);
    CHECK(far({.segment = 1}, mixed) < 1e-4);
    CHECK(far({.layers = 0}, mixed) < 1e-4);
    CHECK(far({.channels = 8, .layers = 3, .segment = 64}, std::vector<std::size_t>(150, 3)) <
          2e-4);
  }
}

TEST_CASE("every encoder's form in 8 bits is near it, whatever texts share the batch") {
  for (const std::string& encoder : encoder_names()) {
    CAPTURE(encoder);
    ModelConfig config =
        small_config(Task::joint, {.rows = 64, .channels = 32, .hidden = 32, .segment = 4});
    config.shape.encoder = encoder;
    const Network network(config);
    std::vector<float> weights(network.layout().size());
    network.layout().initialize(weights.data(), 5);
    Table8 table = network.table8_shape();
    quantize_table(weights.data() + network.dense_size(), table);
    const Network8 eight(network, weights.data(), table);
    const std::vector<Text> texts = texts_for(config, {3, 0, 17, 4, 1, 9, 4});
    const PackedBatch all = pack(texts, 4);
    NetworkMemory exact;
    network.forward(weights.data(), all, exact);
    NetworkMemory together;
    together.projected = exact.projected;
    network.forward_projected(weights.data(), all, together, &eight);
    CHECK(largest_difference(together.label_logits, exact.label_logits) < 0.1);
    CHECK(largest_difference(together.tag_logits, exact.tag_logits) < 0.1);
    CHECK(together.tag_logits != exact.tag_logits);
    for (std::size_t b = 0; b < texts.size(); ++b) {
      const PackedBatch one = pack({texts[b]}, 4);
      NetworkMemory alone;
      network.forward(weights.data(), one, alone);
      network.forward_projected(weights.data(), one, alone, &eight);
      CHECK(std::equal(alone.label_logits.begin(), alone.label_logits.end(),
                       together.label_logits.begin() + static_cast<std::ptrdiff_t>(b * 3)));
    }
  }
}

TEST_CASE("every encoder trains on the logits that it predicts, whatever its memory served") {
  for (const std::string& encoder : encoder_names()) {
    CAPTURE(encoder);
    ModelConfig config = small_config(Task::joint, {});
    config.shape.encoder = encoder;
    const Network network(config);
    const std::vector<float> weights = weights_for(network, 3);
    const PackedBatch large = pack(texts_for(config, {9, 4, 4, 2, 0, 11}), 4);
    const PackedBatch small = pack(texts_for(config, {3, 1, 6}), 4);
    NetworkMemory fresh;
    network.forward(weights.data(), small, fresh);
    NetworkMemory used;
    network.forward_train(weights.data(), large, {}, used);
    network.forward_train(weights.data(), small, {}, used);
    CHECK(largest_difference(used.label_logits, fresh.label_logits) < 1e-5);
    CHECK(largest_difference(used.tag_logits, fresh.tag_logits) < 1e-5);
    network.forward(weights.data(), large, used);
    network.forward(weights.data(), small, used);
    CHECK(used.label_logits == fresh.label_logits);
    CHECK(used.tag_logits == fresh.tag_logits);
  }
}

TEST_CASE("sizes of the named models in the paper's form, with 113 intents and 75 slots") {
  // base: table 1024 * 3 * 256; a block 2 * 64 * 256 + 64 + 256 for tokens, 2 * 256 * 256 + 512 for
  // channels, 4 * 256 for two norms; bottleneck bias and last norm 3 * 256; query, label and tag
  // heads 256 + 257 * 113 + 257 * 151.
  const std::size_t block = 2 * 64 * 256 + 64 + 256 + 2 * 256 * 256 + 512 + 4 * 256;
  const std::size_t heads = 256 + 257 * 113 + 257 * 151;
  CHECK(block == 165696);
  CHECK(heads == 68104);
  CHECK(Network(paper_config(1024, 1, 256, 2)).layout().size() ==
        786432 + 2 * block + 3 * 256 + heads);  // 1.19 million
  CHECK(Network(paper_config(1024, 0, 256, 2)).layout().size() ==
        262144 + 2 * block + 3 * 256 + heads);
  CHECK(Network(paper_config(2048, 1, 256, 4)).layout().size() ==
        2048 * 3 * 256 + 4 * block + 3 * 256 + heads);
  // xsmall: 64 channels.
  CHECK(Network(paper_config(1024, 0, 64, 2)).layout().size() ==
        65536 + 2 * (33088 + 2 * 64 * 256 + 256 + 64 + 4 * 64) + 3 * 64 + 64 + 65 * 264);  // 216k
}

TEST_CASE("every tensor has its place: no overlap, no gap, unique names") {
  for (const Task task : kTasks) {
    const Network network(small_config(task, {}));
    std::size_t at = 0;
    std::vector<std::string> names;
    for (const Parameter& parameter : network.layout().parameters()) {
      CHECK(parameter.offset == at);
      std::size_t size = 1;
      for (const std::size_t extent : parameter.shape) size *= extent;
      CHECK(parameter.size == size);
      CHECK(parameter.decay == (parameter.shape.size() > 1));
      at += size;
      names.push_back(parameter.name);
    }
    CHECK(at == network.layout().size());
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
    CHECK(std::ranges::count(names, "label") == (has_label(task) ? 1 : 0));
    CHECK(std::ranges::count(names, "tags") == (has_tags(task) ? 1 : 0));
  }
}

TEST_CASE("operations of a forward pass") {
  // A layer: token mixing 2 * 2 * L * H * C and channel mixing the same; heads 2 * C * K.
  const Network joint(small_config(Task::joint, {}));
  CHECK(joint.flops(3) == 2 * 8.0 * 3 * 5 * 6 + 2 * 6 * 3 + 2.0 * 6 * 5 * 3);
  CHECK(Network(small_config(Task::tags, {})).flops(3) == 2 * 8.0 * 3 * 5 * 6 + 2.0 * 6 * 5 * 3);
  CHECK(joint.flops(0) == 2.0 * 6 * 3);
}

TEST_CASE("a configuration that makes no sense builds no network") {
  ModelConfig config = small_config(Task::joint, {});
  config.shape.hidden = 0;
  CHECK_THROWS_WITH(Network{config}, doctest::Contains("hidden is 0; give 1 to"));
  config = small_config(Task::joint, {});
  config.shape.encoder = "oracle";
  CHECK_THROWS_WITH(Network{config},
                    doctest::Contains("unknown encoder 'oracle'; there are: mixer"));
}

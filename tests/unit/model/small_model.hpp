// Networks small enough for the reference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/noise.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/model/config.hpp"
#include "pnlp/model/network.hpp"

namespace pnlp::test {

struct Sizes {
  std::uint32_t rows = 16, plain_rows = 8, window = 1, channels = 6, hidden = 5, layers = 2,
                segment = 4;
  std::size_t labels = 3, slots = 2;
};

inline ModelConfig small_config(Task task, const Sizes& sizes) {
  ModelConfig config;
  config.task = task;
  config.shape.feature_size = sizes.rows;
  config.shape.channel_rows = sizes.plain_rows;
  config.shape.window = sizes.window;
  config.shape.bottleneck = sizes.channels;
  config.shape.hidden = sizes.hidden;
  config.shape.layers = sizes.layers;
  config.shape.segment = sizes.segment;
  config.channels.push_back({"minhash", 4, sizes.rows});
  if (sizes.plain_rows > 0) config.channels.push_back({"word", 1, sizes.plain_rows});
  for (std::size_t i = 0; has_label(task) && i < sizes.labels; ++i) {
    config.labels.push_back("label" + std::to_string(i));
  }
  for (std::size_t i = 0; has_tags(task) && i < sizes.slots; ++i) {
    config.slots.push_back("slot" + std::to_string(i));
  }
  return config;
}

// Weights with no zeros and no ones among them, so that every tensor matters.
inline std::vector<float> weights_for(const Network& network, std::uint64_t seed) {
  std::vector<float> arena(network.layout().size());
  Random random(seed);
  network.layout().initialize(arena.data(), seed);
  for (float& weight : arena) weight += static_cast<float>(0.25 * random.normal());
  return arena;
}

}  // namespace pnlp::test

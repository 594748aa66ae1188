#include "pnlp/task/presets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

Shape paper_shape(std::uint32_t feature_size, std::uint32_t window, std::uint32_t bottleneck,
                  std::uint32_t layers) {
  Shape shape;
  shape.feature_size = feature_size;
  shape.window = window;
  shape.bottleneck = bottleneck;
  shape.layers = layers;
  return shape;
}

Shape megabyte_shape() {
  Shape shape = paper_shape(1024, 0, 64, 2);
  shape.encoder = "conv-mixer";
  return shape;
}

// What a long text is about is told by its words: many rows, few channels, no mixing; and next to
// nothing of n-grams, whose many values would drown them.
Shape document_shape() {
  Shape shape = paper_shape(1, 0, 16, 0);
  shape.encoder = "none";
  shape.channel_rows = 8192;
  return shape;
}

Recipe megabyte_recipe() {
  Recipe recipe;
  recipe.ensemble = 2;
  return recipe;
}

Recipe document_recipe() {
  Recipe recipe;
  recipe.learning_rate = 1e-2;
  recipe.feature_drop = 0.8;
  recipe.weight_decay = 0.1;
  recipe.record_visits = 220e3;
  recipe.token_visits = 40e6;
  return recipe;
}

const std::array<Preset, 7>& all() {
  static const std::array<Preset, 7> made = {{
      {"megabyte", megabyte_shape(), megabyte_recipe()},
      {"document", document_shape(), document_recipe()},
      {"xsmall", paper_shape(1024, 0, 64, 2), {}},
      {"small", paper_shape(1024, 0, 256, 2), {}},
      {"base", paper_shape(1024, 1, 256, 2), {}},
      {"large", paper_shape(2048, 1, 256, 4), {}},
      {"xlarge", paper_shape(2048, 1, 512, 4), {}},
  }};
  return made;
}

}  // namespace

std::span<const Preset> presets() {
  return all();
}

const Preset& find_preset(std::string_view name) {
  const auto found = std::ranges::find(all(), name, &Preset::name);
  if (found != all().end()) return *found;
  std::vector<std::string_view> names;
  names.reserve(all().size());
  for (const Preset& preset : all()) names.push_back(preset.name);
  throw Error(ErrorKind::usage,
              fmt::format("unknown preset '{}'; there are: {}", name, fmt::join(names, ", ")));
}

const Preset& preset_for(const RecordSet& records) {
  FeatureRecord record;
  bool labels = false;
  bool slots = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records.read_gold(i, record);
    labels = labels || record.label_form != LabelForm::none;
    slots = slots || !record.spans.empty();
  }
  const auto tokens = static_cast<double>(records.features().tokens());
  const bool is_long = tokens > kDocumentTokens * static_cast<double>(records.size());
  return find_preset(labels && !slots && is_long ? "document" : "megabyte");
}

}  // namespace pnlp

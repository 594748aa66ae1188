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
  Shape shape = paper_shape(512, 0, 64, 2);
  shape.encoder = "qrnn";
  shape.hidden = 128;
  shape.word_ngrams = 2;
  shape.ngram_weights = 56'000;
  return shape;
}

// Labels are told by n-grams, of letters too, as much as by the network: half of the rows will do,
// and n-grams get what is saved.
Shape sentence_shape() {
  Shape shape = megabyte_shape();
  shape.channel_rows = 1024;
  shape.ngram_weights = 400'000;
  return shape;
}

// What a long text is about is told by its words and phrases: many rows, few channels, no mixing;
// and next to nothing of n-grams of letters, whose many values would drown them.
Shape document_shape() {
  Shape shape = paper_shape(1, 0, 8, 0);
  shape.encoder = "none";
  shape.channel_rows = 4096;
  shape.word_ngrams = 2;
  shape.ngram_weights = 650'000;
  return shape;
}

Recipe paper_recipe() {
  Recipe recipe;
  recipe.r_drop = 2;
  return recipe;
}

Recipe megabyte_recipe() {
  Recipe recipe;
  recipe.dropout = 0.2;
  recipe.ngram_drop = 0.3;
  recipe.r_drop = 2;
  return recipe;
}

Recipe document_recipe() {
  Recipe recipe;
  recipe.learning_rate = 1e-2;
  recipe.feature_drop = 0.7;
  recipe.ngram_drop = 0.3;
  recipe.weight_decay = 0.1;
  recipe.record_visits = 110e3;
  recipe.token_visits = 20e6;
  return recipe;
}

// What n-grams know and what the network knows is learned apart, and not for certain.
Recipe learned_apart(Recipe recipe) {
  recipe.separate_loss = 1;
  recipe.label_smoothing = 0.1;
  return recipe;
}

const std::array<Preset, 9>& all() {
  static const std::array<Preset, 9> made = {{
      {"megabyte", megabyte_shape(), megabyte_recipe()},
      {"sentence", sentence_shape(), learned_apart(megabyte_recipe()), true},
      {"document", document_shape(), document_recipe()},
      {"few-documents", document_shape(), learned_apart(document_recipe()), true},
      {"xsmall", paper_shape(1024, 0, 64, 2), paper_recipe()},
      {"small", paper_shape(1024, 0, 256, 2), paper_recipe()},
      {"base", paper_shape(1024, 1, 256, 2), paper_recipe()},
      {"large", paper_shape(2048, 1, 256, 4), paper_recipe()},
      {"xlarge", paper_shape(2048, 1, 512, 4), paper_recipe()},
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

std::uint32_t batch_for(std::size_t records) {
  constexpr std::size_t kSteps = 32;
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(records / kSteps, 16, 128));
}

bool are_few(std::size_t records) {
  return records < 4000;
}

LearnedFields learned_fields(const RecordSet& records, std::optional<Task> task) {
  if (task) {
    return {
        .labels = has_label(*task), .several = *task == Task::multilabel, .slots = has_tags(*task)};
  }
  LearnedFields found;
  FeatureRecord record;
  for (std::size_t i = 0; i < records.size() && !(found.labels && found.slots); ++i) {
    records.read_gold(i, record);
    found.labels = found.labels || record.label_form != LabelForm::none;
    found.several = found.several || record.label_form == LabelForm::multiple;
    found.slots = found.slots || !record.spans.empty() || !record.tag_weights.empty();
  }
  return found;
}

// Losses apart and smoothed are for one label of many: of several, they hide the rare ones.
const Preset& preset_for(const RecordSet& records, LearnedFields learned) {
  const auto tokens = static_cast<double>(records.features().tokens());
  const bool is_long = tokens > kDocumentTokens * static_cast<double>(records.size());
  const bool few = are_few(records.size());
  if (learned.labels && !learned.slots && is_long && !(learned.several && few))
    return find_preset(few ? "few-documents" : "document");
  const bool apart = learned.labels && !learned.several && (!learned.slots || few);
  return find_preset(apart ? "sentence" : "megabyte");
}

}  // namespace pnlp

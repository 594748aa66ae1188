#include "pnlp/task/initial_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/label_space.hpp"
#include "pnlp/task/model_source.hpp"

namespace pnlp {
namespace {

// What the columns of the label head, or of the tag head, stand for.
std::vector<std::string> column_names(const ModelConfig& config, bool tags) {
  if (!tags) return config.labels;
  const LabelSpace space(config);
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < config.tags(); ++i)
    names.push_back(space.tag(static_cast<std::int32_t>(i)));
  return names;
}

void copy_columns(const Parameter& from, const std::vector<std::string>& from_names,
                  std::span<const float> source, const Parameter& to,
                  const std::vector<std::string>& to_names, std::span<float> weights) {
  for (std::size_t column = 0; column < to_names.size(); ++column) {
    const auto found = std::ranges::find(from_names, to_names[column]);
    if (found == from_names.end()) continue;
    const auto old = static_cast<std::size_t>(found - from_names.begin());
    for (std::size_t row = 0; row < to.size / to_names.size(); ++row) {
      weights[to.offset + row * to_names.size() + column] =
          source[from.offset + row * from_names.size() + old];
    }
  }
}

}  // namespace

void check_features(const ModelFile& model, const FeatureSource& source, std::string_view who) {
  const FeatureSource own = source_of(model);
  check_channels(model.config, own);
  const std::string difference = own.difference(source);
  if (difference.empty()) return;
  throw Error(ErrorKind::data,
              fmt::format("{} does not read the features of these records: {}; make them with its "
                          "own tokenizer and projection",
                          who, difference));
}

void start_from(const ModelFile& init, const ModelConfig& config, const ParameterLayout& layout,
                std::span<float> weights) {
  const Network old(init.config);
  const std::vector<float> source = float_weights(init);
  for (const Parameter& to : layout.parameters()) {
    for (const Parameter& from : old.layout().parameters()) {
      if (from.name != to.name) continue;
      const bool tags = to.name.starts_with("tags");
      if (tags || to.name.starts_with("label")) {
        copy_columns(from, column_names(init.config, tags), source, to,
                     column_names(config, tags), weights);
      } else {
        std::ranges::copy(std::span(source).subspan(from.offset, to.size),
                          weights.begin() + static_cast<std::ptrdiff_t>(to.offset));
      }
    }
  }
}

}  // namespace pnlp

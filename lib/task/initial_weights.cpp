#include "pnlp/task/initial_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/label_space.hpp"
#include "pnlp/task/model_source.hpp"

namespace pnlp {
namespace {

// What the rows and the columns of a tensor stand for; empty: places that all models have in
// common.
struct Names {
  std::vector<std::string> rows, columns;
};

std::optional<Names> names_of(std::string_view tensor, const ModelConfig& config) {
  const LabelSpace space(config);
  std::vector<std::string> tags, free_tags;
  for (std::uint32_t i = 0; i < config.tags(); ++i) {
    tags.push_back(space.tag(static_cast<std::int32_t>(i)));
    if (i == 0 || i % 2 == 1) free_tags.push_back(tags.back());
  }
  if (tensor.starts_with("label")) return Names{{}, config.labels};
  if (tensor.starts_with("tags") || tensor == "crf.end") return Names{{}, tags};
  if (tensor == "crf.start") return Names{{}, free_tags};
  if (tensor == "crf.next") return Names{tags, free_tags};
  if (tensor == "crf.inside") return Names{{}, config.slots};
  return std::nullopt;
}

// For each name in `to`, its place in `from`; none for a new name.
std::vector<std::optional<std::size_t>> places(const std::vector<std::string>& from,
                                               const std::vector<std::string>& to) {
  std::vector<std::optional<std::size_t>> found;
  for (const std::string& name : to) {
    const auto at = std::ranges::find(from, name);
    found.emplace_back();
    if (at != from.end()) found.back() = static_cast<std::size_t>(at - from.begin());
  }
  return found;
}

void copy_named(const Parameter& from, const Names& from_names, std::span<const float> source,
                const Parameter& to, const Names& to_names, std::span<float> weights) {
  const auto columns = places(from_names.columns, to_names.columns);
  const auto rows = places(from_names.rows, to_names.rows);
  for (std::size_t row = 0; row < to.size / columns.size(); ++row) {
    const std::optional<std::size_t> old_row = rows.empty() ? row : rows[row];
    if (!old_row) continue;
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (!columns[column]) continue;
      weights[to.offset + row * columns.size() + column] =
          source[from.offset + *old_row * from_names.columns.size() + *columns[column]];
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
      const std::optional<Names> names = names_of(to.name, config);
      if (names) {
        copy_named(from, *names_of(from.name, init.config), source, to, *names, weights);
      } else {
        std::ranges::copy(std::span(source).subspan(from.offset, to.size),
                          weights.begin() + static_cast<std::ptrdiff_t>(to.offset));
      }
    }
  }
}

}  // namespace pnlp

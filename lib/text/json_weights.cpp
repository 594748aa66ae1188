#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "pnlp/text/bio.hpp"
#include "pnlp/text/draft.hpp"
#include "pnlp/text/json_walk.hpp"
#include "pnlp/text/quoted.hpp"

namespace pnlp::json_walk {
namespace {

float read_probability(Value& value, std::string_view what, std::string_view name) {
  if (type_of(value) != json_type::number) {
    refuse("a {}'s probability must be a number, not {}", what, type_name(type_of(value)));
  }
  const std::string_view token = scalar(value);
  double number = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  const auto narrow = static_cast<float>(number);
  if (error != std::errc() || !(narrow >= 0) || !std::isfinite(narrow)) {
    refuse("the probability of {} {} is {}: it must be finite and not negative", what,
           in_quotes(name), token);
  }
  return narrow;
}

}  // namespace

void read_label_weights(Value& value, std::string_view field, std::vector<LabelWeight>& labels) {
  double sum = 0;
  for_fields(value, [&](std::string_view name, Value weight) {
    const float probability = read_probability(weight, "label", name);
    sum += static_cast<double>(probability);
    add_label(labels, name, probability);
  });
  if (!(sum > 0)) refuse("{} gives no label a probability above 0", field);
}

TagWeights read_tag_weights(Value& value, std::string_view field, std::size_t token) {
  TagWeights weights;
  double sum = 0;
  for_fields(value, [&](std::string_view name, Value weight) {
    parse_tag(name);
    weights.push_back({std::string(name), read_probability(weight, "tag", name)});
    sum += static_cast<double>(weights.back().weight);
  });
  if (!weights.empty() && !(sum > 0))
    refuse("{} gives token {} no tag a probability above 0", field, token);
  std::vector<std::string_view> names;
  names.reserve(weights.size());
  for (const LabelWeight& tag : weights) names.push_back(tag.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) refuse("tag {} is named twice", in_quotes(*twice));
  return weights;
}

}  // namespace pnlp::json_walk

#include "pnlp/feature/record_set.hpp"

#include <numeric>
#include <utility>

namespace pnlp {

RecordSet::RecordSet(std::uint32_t width, std::span<const FeatureRecord> records)
    : RecordSet(width) {
  for (const FeatureRecord& record : records) add(record);
}

void RecordSet::add(const FeatureRecord& record) {
  features_.add(record);
  tokens_.insert(tokens_.end(), record.tokens.begin(), record.tokens.end());
  forms_.push_back(record.label_form);
  for (const LabelWeight& label : record.labels) {
    labels_.push_back({.name = number(label.name), .weight = label.weight});
  }
  label_offsets_.push_back(labels_.size());
  has_spans_.push_back(record.has_spans);
  for (const Span& span : record.spans) {
    slots_.push_back({.bytes = {.begin = span.start, .end = span.end}, .name = number(span.label)});
  }
  slot_offsets_.push_back(slots_.size());
  has_tag_weights_.push_back(record.has_tag_weights);
  for (const TagWeights& token : record.tag_weights) {
    for (const LabelWeight& tag : token) {
      tag_weights_.push_back({.name = number(tag.name), .weight = tag.weight});
    }
    tag_offsets_.push_back(tag_weights_.size());
  }
  tag_tokens_.push_back(tag_offsets_.size() - 1);
}

std::uint32_t RecordSet::number(std::string_view name) {
  const auto [found, fresh] =
      numbers_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (fresh) names_.emplace_back(name);
  return found->second;
}

void RecordSet::read(std::size_t index, FeatureRecord& out) const {
  read_gold(index, out);
  out.values.clear();
  out.values.reserve(out.tokens.size() * features_.width());
  for (const std::uint32_t word : features_.record(index)) {
    const std::span<const std::uint16_t> values = features_.word(word);
    out.values.insert(out.values.end(), values.begin(), values.end());
  }
}

void RecordSet::read_gold(std::size_t index, FeatureRecord& out) const {
  out.id.clear();
  const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(features_.first_token(index));
  out.tokens.assign(first, first + static_cast<std::ptrdiff_t>(features_.record(index).size()));
  out.values.clear();
  out.label_form = forms_[index];
  out.labels.clear();
  for (std::uint64_t i = label_offsets_[index]; i < label_offsets_[index + 1]; ++i) {
    out.labels.push_back({names_[labels_[i].name], labels_[i].weight});
  }
  out.has_spans = has_spans_[index];
  out.spans.clear();
  for (std::uint64_t i = slot_offsets_[index]; i < slot_offsets_[index + 1]; ++i) {
    out.spans.push_back({slots_[i].bytes.begin, slots_[i].bytes.end, names_[slots_[i].name]});
  }
  out.has_tag_weights = has_tag_weights_[index];
  out.tag_weights.clear();
  for (std::uint64_t token = tag_tokens_[index]; token < tag_tokens_[index + 1]; ++token) {
    TagWeights& weights = out.tag_weights.emplace_back();
    for (std::uint64_t i = tag_offsets_[token]; i < tag_offsets_[token + 1]; ++i) {
      weights.push_back({names_[tag_weights_[i].name], tag_weights_[i].weight});
    }
  }
}

RecordSelection::RecordSelection(const RecordSet& set) : set_(&set), numbers_(set.size()) {
  std::iota(numbers_.begin(), numbers_.end(), 0U);
}

RecordSelection::RecordSelection(const RecordSet& set, std::vector<std::uint32_t> numbers)
    : set_(&set), numbers_(std::move(numbers)) {}

}  // namespace pnlp

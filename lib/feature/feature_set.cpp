#include "pnlp/feature/feature_set.hpp"

#include <fmt/format.h>

#include "pnlp/base/error.hpp"

namespace pnlp {

std::size_t FeatureSet::add(const FeatureRecord& record) {
  const std::size_t width = words_.width();
  if (record.values.size() != record.tokens.size() * width) {
    throw Error(ErrorKind::internal,
                fmt::format("a record of {} tokens has {} values; {} a token were expected",
                            record.tokens.size(), record.values.size(), width));
  }
  const std::span<const std::uint16_t> values = record.values;
  for (std::size_t at = 0; at < values.size(); at += width) {
    tokens_.push_back(words_.add(values.subspan(at, width)));
  }
  offsets_.push_back(tokens_.size());
  return records() - 1;
}

void FeatureSet::clear() {
  words_.clear();
  clear_records();
}

void FeatureSet::clear_records() {
  tokens_.clear();
  offsets_.assign(1, 0);
}

}  // namespace pnlp

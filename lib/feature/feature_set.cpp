#include "pnlp/feature/feature_set.hpp"

#include <fmt/format.h>

#include <utility>

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

void FeatureSet::leave_out(std::uint32_t first, std::uint32_t count) {
  RowTable narrower(width() - count);
  std::vector<std::uint32_t> number_of(words());
  std::vector<std::uint16_t> kept;
  for (std::uint32_t old = 0; old < words(); ++old) {
    const std::span<const std::uint16_t> row = words_.row(old);
    kept.assign(row.begin(), row.begin() + first);
    kept.insert(kept.end(), row.begin() + first + count, row.end());
    number_of[old] = narrower.add(kept);
  }
  for (std::uint32_t& token : tokens_) token = number_of[token];
  words_ = std::move(narrower);
}

}  // namespace pnlp

#include "pnlp/feature/vectors_channel.hpp"

#include <algorithm>
#include <cstdlib>

namespace pnlp {
namespace {

constexpr std::string_view kBoundaryMark = "\xe2\x96\x81";  // U+2581
constexpr std::string_view kContinuationMark = "##";
constexpr int kPartsOfNumber = kFactorOne / 32;  // 256ths in one part of a vector

// 256ths of sum / count, halves away from zero.
int mean_parts(std::int32_t sum, std::int64_t count) {
  const std::int64_t twice = 2 * std::int64_t{kPartsOfNumber} * std::abs(std::int64_t{sum});
  const auto parts = static_cast<int>((twice + count) / (2 * count));
  return sum < 0 ? -parts : parts;
}

}  // namespace

VectorsChannel::VectorsChannel(const ProjectionSpec& spec)
    : vectors_(spec.vectors), lowercase_(spec.lowercase), sums_(spec.hashes) {}

void VectorsChannel::fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                                 std::span<std::uint16_t> out) {
  std::ranges::fill(sums_, 0);
  std::int64_t count = 0;
  for (const ProjectionUnit& unit : units) {
    if (unit.text.empty()) continue;
    add_vector(unit.text, unit.continuation);
    ++count;
  }
  if (count == 0) {
    add_vector(word, false);
    count = 1;
  }
  for (std::size_t i = 0; i < sums_.size(); ++i) out[i] = number_value(mean_parts(sums_[i], count));
}

void VectorsChannel::add_vector(std::string_view text, bool continuation) {
  if (lowercase_) text = lower_(text);
  // A unit of `chars` is a word between two marks.
  if (text.size() >= 2 * kBoundaryMark.size() && text.starts_with(kBoundaryMark) &&
      text.ends_with(kBoundaryMark)) {
    text.remove_prefix(kBoundaryMark.size());
    text.remove_suffix(kBoundaryMark.size());
  }
  key_.assign(continuation ? kContinuationMark : kBoundaryMark).append(text);
  const std::int8_t* vector = vectors_->find(key_);
  if (vector == nullptr) vector = vectors_->find(text);
  if (vector == nullptr) return;
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += vector[i];
}

}  // namespace pnlp

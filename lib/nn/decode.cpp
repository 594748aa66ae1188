#include "pnlp/nn/decode.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace pnlp {
namespace {

// Logits that are not finite must not outweigh a forbidden tag: they count as far out, NaN as low.
double bounded(float logit) {
  constexpr double kFar = 1e40;
  const auto value = static_cast<double>(logit);
  return value > -kFar ? std::min(value, kFar) : -kFar;
}

constexpr double kNever = -1e300;

}  // namespace

double BioDecoder::decode(const float* const* rows, std::size_t length, std::size_t tags,
                          std::span<const std::uint8_t> slots, std::int32_t* out) {
  if (length == 0) return 0;
  const auto forbidden = [&](std::size_t k) {
    return !slots.empty() && k != 0 && slots[(k - 1) / 2] == 0;
  };
  score_.resize(tags);
  next_.resize(tags);
  from_.resize(length * tags);
  for (std::size_t k = 0; k < tags; ++k) {
    const bool continues = k != 0 && k % 2 == 0;
    score_[k] = continues || forbidden(k) ? kNever : bounded(rows[0][k]);
  }
  for (std::size_t at = 1; at < length; ++at) {
    const auto best =
        static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
    for (std::size_t k = 0; k < tags; ++k) {
      std::size_t previous = best;
      if (k != 0 && k % 2 == 0) previous = score_[k - 1] >= score_[k] ? k - 1 : k;
      next_[k] = forbidden(k) ? kNever : score_[previous] + bounded(rows[at][k]);
      from_[at * tags + k] = static_cast<std::int32_t>(previous);
    }
    std::swap(score_, next_);
  }
  const auto last = std::max_element(score_.begin(), score_.end());
  const double best = *last;
  auto tag = static_cast<std::int32_t>(last - score_.begin());
  for (std::size_t at = length; at-- > 0;) {
    out[at] = tag;
    if (at > 0) tag = from_[at * tags + static_cast<std::size_t>(tag)];
  }
  return best;
}

std::size_t JointDecoder::decode(std::span<const float> label_logits, const float* const* rows,
                                 std::size_t length, std::size_t tags,
                                 std::span<const std::uint8_t> label_slots, std::int32_t* out) {
  const std::size_t slots = (tags - 1) / 2;
  const auto fits = [&](std::size_t label) {
    return std::all_of(out, out + length, [&](std::int32_t tag) {
      return tag == 0 || label_slots[label * slots + static_cast<std::size_t>(tag - 1) / 2] != 0;
    });
  };
  const double free = decoder_.decode(rows, length, tags, {}, out);
  const auto first = static_cast<std::size_t>(
      std::max_element(label_logits.begin(), label_logits.end()) - label_logits.begin());
  if (fits(first)) return first;
  order_.resize(label_logits.size());
  std::iota(order_.begin(), order_.end(), 0U);
  const std::size_t tried = std::min(kMostLabels, order_.size());
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(tried),
                    order_.end(), [&](auto a, auto b) {
                      const double left = bounded(label_logits[a]);
                      const double right = bounded(label_logits[b]);
                      return left != right ? left > right : a < b;
                    });
  // Logits do in place of log-probabilities: their difference is the same for all labels.
  std::size_t label = first;
  double best = -std::numeric_limits<double>::infinity();
  tags_.resize(length);
  for (const std::uint32_t candidate : std::span(order_).first(tried)) {
    const double chance = bounded(label_logits[candidate]);
    if (chance + free <= best) break;
    const double score =
        chance + decoder_.decode(rows, length, tags, label_slots.subspan(candidate * slots, slots),
                                 tags_.data());
    if (score <= best) continue;
    best = score;
    label = candidate;
    std::copy(tags_.begin(), tags_.end(), out);
  }
  return label;
}

}  // namespace pnlp

#include "pnlp/nn/decode.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace pnlp {
namespace {

// Logits that are not finite must not outweigh a forbidden tag: they count as far out, NaN as low.
double bounded(float logit) {
  constexpr double kMost = 1e40;
  const auto value = static_cast<double>(logit);
  return value > -kMost ? std::min(value, kMost) : -kMost;
}

constexpr double kNever = -1e300;
constexpr double kFar = -1e200;  // less is never

}  // namespace

Transitions::Transitions(const CrfWeights& weights, std::size_t tags)
    : CrfWeights(weights), least(tags), most(tags) {
  const std::size_t free = (tags + 1) / 2;
  for (std::size_t tag = 0; tag < tags; ++tag) {
    const auto [low, high] = std::ranges::minmax(std::span(next + tag * free, free));
    least[tag] = low;
    most[tag] = high;
  }
}

// From score_, of the sequences that end in each tag, to those that are one token longer.
void BioDecoder::step(std::size_t tags, std::span<const std::uint8_t> slots, const Transitions* crf,
                      const float* row, std::int32_t* from) {
  const std::size_t free = (tags + 1) / 2;
  const std::size_t count = free - 1;
  std::ranges::fill(next_, -std::numeric_limits<double>::infinity());
  const auto arrive = [&](std::size_t tag, std::size_t previous, double score) {
    if (!(score > next_[tag])) return;
    next_[tag] = score;
    from[tag] = static_cast<std::int32_t>(previous);
  };
  if (crf == nullptr) {
    const auto best =
        static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
    for (std::size_t f = 0; f < free; ++f) arrive(free_tag(f), best, score_[best]);
  } else {
    // Every free tag is reached with `reached` at least: what cannot do better leads nowhere.
    double reached = -std::numeric_limits<double>::infinity();
    for (std::size_t previous = 0; previous < tags; ++previous) {
      if (score_[previous] <= kFar) continue;
      reached = std::max(reached, score_[previous] + static_cast<double>(crf->least[previous]));
    }
    for (std::size_t previous = 0; previous < tags; ++previous) {
      if (score_[previous] <= kFar) continue;
      if (score_[previous] + static_cast<double>(crf->most[previous]) < reached) continue;
      for (std::size_t f = 0; f < free; ++f) {
        arrive(free_tag(f), previous,
               score_[previous] + static_cast<double>(crf->next[previous * free + f]));
      }
    }
  }
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t tag = 2 * k + 2;
    for (const std::size_t previous : {tag - 1, tag}) {
      const std::size_t index = (previous == tag ? count : 0) + k;
      arrive(tag, previous,
             score_[previous] + (crf == nullptr ? 0.0 : static_cast<double>(crf->inside[index])));
    }
  }
  for (std::size_t k = 0; k < tags; ++k) {
    const bool forbidden = !slots.empty() && k != 0 && slots[(k - 1) / 2] == 0;
    next_[k] = forbidden ? kNever : next_[k] + bounded(row[k]);
  }
  std::swap(score_, next_);
}

double BioDecoder::decode(const float* const* rows, std::size_t length, std::size_t tags,
                          std::span<const std::uint8_t> slots, const Transitions* crf,
                          std::int32_t* out) {
  if (length == 0) return 0;
  score_.resize(tags);
  next_.resize(tags);
  from_.resize(length * tags);
  for (std::size_t k = 0; k < tags; ++k) {
    const bool continues = k != 0 && k % 2 == 0;
    const bool forbidden = !slots.empty() && k != 0 && slots[(k - 1) / 2] == 0;
    score_[k] = continues || forbidden ? kNever : bounded(rows[0][k]);
    if (crf != nullptr && !continues) score_[k] += static_cast<double>(crf->start[(k + 1) / 2]);
  }
  for (std::size_t at = 1; at < length; ++at)
    step(tags, slots, crf, rows[at], from_.data() + at * tags);
  if (crf != nullptr) {
    for (std::size_t k = 0; k < tags; ++k) score_[k] += static_cast<double>(crf->end[k]);
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
                                 std::span<const std::uint8_t> label_slots, const Transitions* crf,
                                 std::int32_t* out) {
  const std::size_t slots = (tags - 1) / 2;
  const auto fits = [&](std::size_t label) {
    return std::all_of(out, out + length, [&](std::int32_t tag) {
      return tag == 0 || label_slots[label * slots + static_cast<std::size_t>(tag - 1) / 2] != 0;
    });
  };
  const double free = decoder_.decode(rows, length, tags, {}, crf, out);
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
                                 crf, tags_.data());
    if (score <= best) continue;
    best = score;
    label = candidate;
    std::copy(tags_.begin(), tags_.end(), out);
  }
  return label;
}

}  // namespace pnlp

#include "pnlp/nn/decode.hpp"

#include <algorithm>

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

void BioDecoder::decode(const float* const* rows, std::size_t length, std::size_t tags,
                        std::int32_t* out) {
  if (length == 0) return;
  score_.resize(tags);
  next_.resize(tags);
  from_.resize(length * tags);
  for (std::size_t k = 0; k < tags; ++k) {
    const bool continues = k != 0 && k % 2 == 0;
    score_[k] = continues ? kNever : bounded(rows[0][k]);
  }
  for (std::size_t at = 1; at < length; ++at) {
    const auto best =
        static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
    for (std::size_t k = 0; k < tags; ++k) {
      std::size_t previous = best;
      if (k != 0 && k % 2 == 0) previous = score_[k - 1] >= score_[k] ? k - 1 : k;
      next_[k] = score_[previous] + bounded(rows[at][k]);
      from_[at * tags + k] = static_cast<std::int32_t>(previous);
    }
    std::swap(score_, next_);
  }
  auto tag =
      static_cast<std::int32_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
  for (std::size_t at = length; at-- > 0;) {
    out[at] = tag;
    if (at > 0) tag = from_[at * tags + static_cast<std::size_t>(tag)];
  }
}

}  // namespace pnlp

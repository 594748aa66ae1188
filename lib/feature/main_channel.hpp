// The channel that a fingerprint begins with: what the kinds of projections differ in.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/feature/projection.hpp"

namespace pnlp {

// Not thread-safe: one per thread.
class MainChannel {
 public:
  virtual ~MainChannel() = default;
  // One word's values. `out.size()` == spec.hashes.
  virtual void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                           std::span<std::uint16_t> out) = 0;
};

// A number as a value: `parts` 256ths, at most kMaxFactor of them either way.
constexpr std::uint16_t number_value(int parts) {
  return static_cast<std::uint16_t>(static_cast<std::int16_t>(parts));
}
constexpr std::uint16_t sign_value(int sign) {
  return number_value(sign * kFactorOne);
}

}  // namespace pnlp

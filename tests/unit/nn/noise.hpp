// Arbitrary but fixed numbers for tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pnlp/base/random.hpp"

namespace pnlp::test {

// Standard normal numbers times `scale`.
inline std::vector<float> normals(Random& random, std::size_t n, double scale = 1.0) {
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(random.normal() * scale);
  return values;
}

inline std::vector<float> noise(std::size_t n, std::uint64_t seed, double scale = 1.0) {
  Random random(seed);
  return normals(random, n, scale);
}

// An integer in [least, most], small ones as likely as large ones.
inline std::size_t log_uniform(Random& random, std::size_t least, std::size_t most) {
  std::size_t bound = least;
  while (bound < most && random.below(4) != 0) bound *= 2;
  return least + random.below(std::min(bound, most) - least + 1);
}

}  // namespace pnlp::test

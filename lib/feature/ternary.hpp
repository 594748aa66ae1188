// The ternary sequence projection of PRADO and pQRNN (Kaliamoorthi et al., 2019 and 2021): numbers
// out of {-1, 0, 1}, two bits each of a wide hash of the lower-cased word. Units do not matter.
#pragma once

#include <cstdint>
#include <vector>

#include "pnlp/feature/main_channel.hpp"
#include "pnlp/text/lower_case.hpp"

namespace pnlp {

class Ternary : public MainChannel {
 public:
  // `spec` must have been checked.
  explicit Ternary(const ProjectionSpec& spec);
  void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                   std::span<std::uint16_t> out) override;

 private:
  std::vector<std::uint64_t> seeds_;  // of the blocks of 32 numbers
  LowerCase lower_;
};

}  // namespace pnlp

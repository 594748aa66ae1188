// The projection `vectors`: of a word, the mean of the static vectors of its units.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/feature/main_channel.hpp"
#include "pnlp/feature/static_vectors.hpp"
#include "pnlp/text/lower_case.hpp"

namespace pnlp {

class VectorsChannel : public MainChannel {
 public:
  // `spec` must have been checked.
  explicit VectorsChannel(const ProjectionSpec& spec);

  // A unit is looked up as vocabularies write it (U+2581 before what begins a word, ## before a
  // continuation), then without a mark; one that has no vector counts as zeros. A word without
  // units that hold text is looked up itself.
  void fingerprint(std::string_view word, std::span<const ProjectionUnit> units,
                   std::span<std::uint16_t> out) override;

 private:
  void add_vector(std::string_view text, bool continuation);

  std::shared_ptr<const StaticVectors> vectors_;
  bool lowercase_;
  LowerCase lower_;
  std::string key_;
  std::vector<std::int32_t> sums_;
};

}  // namespace pnlp

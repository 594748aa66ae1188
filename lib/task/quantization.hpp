// A model in 8 bits, made from one in fp32, and what is lost.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/model/model_file.hpp"
#include "pnlp/task/evaluation.hpp"

namespace pnlp {

// With a self-test of the same inputs, whose outputs are its own. Errors: usage (it is in 8 bits
// already), data (the model does not pass its self-test).
ModelFile quantize(const ModelFile& model);

struct QuantizationCost {
  struct Metric {
    std::string name;
    double before = 0, after = 0;  // from 0 to 1
  };
  std::vector<Metric> metrics;  // of accuracy, exact, exact-spans, span-f1 those that are measured
  std::uint64_t records = 0;
  std::uint64_t equal = 0;    // whose label or labels, and spans, are the same in both
  std::uint64_t skipped = 0;  // malformed records
  std::string first_failure;

  double equal_share() const {
    return records == 0 ? 1.0 : static_cast<double>(equal) / static_cast<double>(records);
  }
};
// Both models by the same gold records. Errors as evaluate_model().
QuantizationCost quantization_cost(const std::shared_ptr<const ModelFile>& before,
                                   const std::shared_ptr<const ModelFile>& after,
                                   const std::vector<std::string>& gold,
                                   const EvaluateOptions& options, int threads);

}  // namespace pnlp

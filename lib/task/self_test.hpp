// A model carries a few inputs with the outputs they had when it was trained; who opens it can see
// whether this program, on this machine, still gets the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pnlp/feature/record_set.hpp"
#include "pnlp/task/inference.hpp"

namespace pnlp {

// From the first few of `records` that have tokens; at most 16 tokens of each.
std::string make_self_test(const std::shared_ptr<const SharedModel>& model,
                           const RecordSelection& records);

// The inputs of a self-test. Error(data) if it is damaged.
std::vector<FeatureRecord> self_test_records(const ModelConfig& config, std::string_view self_test);

// Error(data) if an output differs by more than 1e-2 (of a model in 8 bits 0.5), or the self-test
// is damaged. Empty: nothing to test.
void check_self_test(const std::shared_ptr<const SharedModel>& model, std::string_view self_test);

}  // namespace pnlp

// What the dev set says of the weights at the end of an epoch.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pnlp/base/workers.hpp"
#include "pnlp/feature/record_set.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/metrics.hpp"

namespace pnlp {

class DevPass {
 public:
  // Keeps views of `weights` and `records`: the weights may change from call to call.
  DevPass(const ModelConfig& config, std::span<const float> weights, const RecordSelection& records,
          Workers& workers);

  // Every metric that the records tell something about, by name.
  std::vector<std::pair<std::string, double>> run();

  // The names of these metrics, without a look at the network.
  std::vector<std::string_view> tells() const;

  // The temperature that makes the dev labels most likely (Guo et al. 2017); 1 without labels.
  float calibrate();

 private:
  struct Part {
    std::unique_ptr<Inference> inference;
    std::vector<FeatureRecord> records;
  };
  // The records from `first`, a unit of them or what is left, in `part`'s memory.
  std::span<const FeatureRecord> read(std::size_t first, Part& part) const;

  const RecordSelection& records_;
  Workers& workers_;
  std::shared_ptr<const SharedModel> model_;
  std::vector<Part> parts_;  // by worker
};

}  // namespace pnlp

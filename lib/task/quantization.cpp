#include "pnlp/task/quantization.hpp"

#include "pnlp/base/error.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/self_test.hpp"

namespace pnlp {
namespace {

// What two predictions must share to count as equal.
std::string decisions(const Prediction& prediction) {
  std::string text = prediction.label.value_or("") + '\0';
  for (const LabelWeight& label : prediction.labels) text += label.name + '\0';
  for (const Span& span : prediction.spans) {
    text += '\0' + std::to_string(span.start) + ' ' + std::to_string(span.end) + ' ' + span.label;
  }
  return text;
}

}  // namespace

ModelFile quantize(const ModelFile& model) {
  check_self_test(std::make_shared<SharedModel>(model), model.self_test);
  ModelFile quantized = quantize_model(model);
  if (!model.self_test.empty()) {
    const auto shared = std::make_shared<SharedModel>(quantized);
    const RecordSet inputs(model.config.fingerprint_width(),
                           self_test_records(model.config, model.self_test));
    quantized.self_test = make_self_test(shared, RecordSelection(inputs));
  }
  return quantized;
}

QuantizationCost quantization_cost(const std::shared_ptr<const ModelFile>& before,
                                   const std::shared_ptr<const ModelFile>& after,
                                   const std::vector<std::string>& gold,
                                   const EvaluateOptions& options, int threads) {
  QuantizationCost cost;
  std::vector<std::string> expected;
  ModelEvaluation how;
  how.threads = threads;
  how.each = [&](const Prediction& prediction) { expected.push_back(decisions(prediction)); };
  const EvaluateResult first = evaluate_model(before, gold, options, how);
  how.each = [&](const Prediction& prediction) {
    if (cost.records < expected.size() && expected[cost.records] == decisions(prediction))
      ++cost.equal;
    ++cost.records;
  };
  const EvaluateResult second = evaluate_model(after, gold, options, how);
  if (cost.records != expected.size()) {
    throw Error(ErrorKind::data, "the records of --dev changed while they were read");
  }
  for (const char* name : {"accuracy", "exact", "exact-spans", "span-f1"}) {
    if (!first.evaluation.has(name)) continue;
    cost.metrics.push_back({name, first.evaluation.metric(name), second.evaluation.metric(name)});
  }
  cost.skipped = first.skipped;
  cost.first_failure = first.first_failure;
  return cost;
}

}  // namespace pnlp

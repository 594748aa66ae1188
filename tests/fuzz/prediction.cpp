// A line of predictions, as `pnlp eval` reads it back: refused, or a prediction that keeps its
// promises.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pnlp/base/error.hpp"
#include "pnlp/task/evaluation_outcome.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  try {
    const pnlp::Predicted predicted = pnlp::parse_prediction(line, "prediction", {"fuzz", 1});
    if (!predicted.tells_label && !predicted.tells_spans) std::abort();
    std::uint32_t end = 0;
    for (const pnlp::Span& span : predicted.spans) {
      if (span.start < end || span.end <= span.start) std::abort();
      end = span.end;
    }
    for (const pnlp::LabelWeight& label : predicted.scores) {
      if (!(label.weight >= 0 && label.weight <= 1)) std::abort();
    }
  } catch (const pnlp::Error&) {
  }
  return 0;
}

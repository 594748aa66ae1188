#include "pnlp/task/self_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/io/bytes.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kRecords = 3;
constexpr std::size_t kTokens = 16;
constexpr float kTolerance = 1e-2F;  // of a logit; instruction sets differ by less than 1e-4
// With activations in 8 bits such a difference may turn a rounding, and that one others: a step of
// 1/255 here and there. A tenth was seen.
constexpr float kTolerance8 = 0.5F;

std::vector<FeatureRecord> read_records(ByteReader& in, const ModelConfig& config) {
  const std::size_t width = config.fingerprint_width();
  std::vector<FeatureRecord> records(in.count(kRecords));
  for (FeatureRecord& record : records) {
    record.tokens.resize(in.count(kTokens));
    ByteReader values(in.raw(2 * width * record.tokens.size()), "self-test");
    record.values.resize(record.tokens.size() * width);
    for (std::uint16_t& value : record.values) value = values.u16();
  }
  return records;
}

}  // namespace

std::string make_self_test(const std::shared_ptr<const SharedModel>& model,
                           const RecordSelection& records) {
  const std::size_t width = model->config.fingerprint_width();
  std::vector<FeatureRecord> chosen;
  FeatureRecord record;
  for (std::size_t i = 0; i < records.size() && chosen.size() < kRecords; ++i) {
    records.read(i, record);
    if (record.tokens.empty()) continue;
    FeatureRecord& copy = chosen.emplace_back();
    copy.tokens.resize(std::min(kTokens, record.tokens.size()));
    copy.values.assign(
        record.values.begin(),
        record.values.begin() + static_cast<std::ptrdiff_t>(copy.tokens.size() * width));
  }
  Inference inference(model);
  std::vector<float> logits;
  inference.logits(chosen, logits);
  ByteWriter out;
  out.varint(chosen.size());
  for (const FeatureRecord& each : chosen) {
    out.varint(each.tokens.size());
    for (const std::uint16_t value : each.values) out.u16(value);
  }
  out.varint(logits.size());
  for (const float logit : logits) out.f32(logit);
  return out.take();
}

std::vector<FeatureRecord> self_test_records(const ModelConfig& config,
                                             std::string_view self_test) {
  ByteReader in(self_test, "self-test");
  return read_records(in, config);
}

void check_self_test(const std::shared_ptr<const SharedModel>& model, std::string_view self_test) {
  if (self_test.empty()) return;
  ByteReader in(self_test, "self-test");
  const std::vector<FeatureRecord> records = read_records(in, model->config);
  Inference inference(model);
  std::vector<float> logits;
  inference.logits(records, logits);
  if (in.count(logits.size()) != logits.size()) {
    throw Error(ErrorKind::data, "the model's self-test has another number of outputs");
  }
  const float tolerance = model->eight ? kTolerance8 : kTolerance;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float expected = in.f32();
    if (std::abs(expected - logits[i]) <= tolerance) continue;  // false for NaN
    throw Error(ErrorKind::data,
                fmt::format("the model's self-test failed: output {} is {}, but was {} when the "
                            "model was trained; this program or this processor does not compute "
                            "what the model needs",
                            i + 1, logits[i], expected));
  }
  in.finish();
}

}  // namespace pnlp

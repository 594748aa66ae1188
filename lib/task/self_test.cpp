#include "pnlp/task/self_test.hpp"

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

}  // namespace

std::string make_self_test(const std::shared_ptr<const SharedModel>& model,
                           std::span<const FeatureRecord> records) {
  const std::size_t width = model->config.fingerprint_width();
  std::vector<FeatureRecord> chosen;
  for (const FeatureRecord& record : records) {
    if (chosen.size() == kRecords) break;
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
  for (const FeatureRecord& record : chosen) {
    out.varint(record.tokens.size());
    for (const std::uint16_t value : record.values) out.u16(value);
  }
  out.varint(logits.size());
  for (const float logit : logits) out.f32(logit);
  return out.take();
}

void check_self_test(const std::shared_ptr<const SharedModel>& model, std::string_view self_test) {
  if (self_test.empty()) return;
  const std::size_t width = model->config.fingerprint_width();
  ByteReader in(self_test, "self-test");
  std::vector<FeatureRecord> records(in.count(kRecords));
  for (FeatureRecord& record : records) {
    record.tokens.resize(in.count(kTokens));
    record.values.resize(record.tokens.size() * width);
    for (std::uint16_t& value : record.values) value = in.u16();
  }
  Inference inference(model);
  std::vector<float> logits;
  inference.logits(records, logits);
  bool same = in.count(logits.size()) == logits.size();
  for (std::size_t i = 0; same && i < logits.size(); ++i) {
    same = std::abs(in.f32() - logits[i]) <= kTolerance;  // false for NaN
  }
  if (!same) {
    throw Error(ErrorKind::data,
                "the model's self-test failed: this program does not compute what the model "
                "computed when it was "
                "trained");
  }
  in.finish();
}

}  // namespace pnlp

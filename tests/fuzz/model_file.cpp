// A model from any bytes: refused with an Error, or it survives its own bytes and predicts. An even
// first byte: the rest is the file. An odd one: the rest is the file's content, which gets a right
// magic, version and checksum.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/predictor.hpp"

namespace {

using namespace pnlp;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string sealed(std::uint32_t version, std::string_view content) {
  ByteWriter out;
  out.raw("PNLPMODL");
  out.u32(version);
  out.raw(content);
  out.u64(hash64(out.bytes()));
  return out.take();
}

void use(std::shared_ptr<const ModelFile> model) {
  const std::uint32_t width = model->config.fingerprint_width();
  const std::size_t labels = model->config.labels.size();
  const Task task = model->config.task;
  PredictOptions options;
  options.all_scores = true;
  try {
    Predictor predictor(std::move(model), options);
    FeatureRecord record;
    record.tokens = {{0, 1}, {2, 3}};
    record.values.resize(2 * width);
    Prediction prediction;
    predictor.predict({&record, 1}, {&prediction, 1});
    require(prediction.tags.size() == (has_tags(task) ? 2 : 0));
    require(prediction.scores.size() == (has_label(task) ? labels : 0));
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::data);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Odd: what stands between version and checksum; of version 5 when the next bit is set.
  const std::string bytes =
      data[0] % 2 == 0 ? std::string(rest) : sealed(data[0] % 4 == 3 ? 5 : 1, rest);
  try {
    auto model = std::make_shared<const ModelFile>(decode_model(bytes, "fuzz"));
    const std::string again = encode_model(*model);
    require(encode_model(decode_model(again, "again")) == again);
    use(std::move(model));
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::data);
    require(std::string_view(error.what()).starts_with("fuzz"));
  }
  return 0;
}

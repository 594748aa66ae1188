// The model file (.pnlp), man page pnlp-model(5): one self-contained file with configuration,
// weights, what made the features, how it was trained, and a self-test. Checksum over all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/held.hpp"
#include "pnlp/model/config.hpp"
#include "pnlp/nn/eight_bit.hpp"

namespace pnlp {

enum class WeightFormat : std::uint8_t {
  fp32 = 0,
  int8 = 1,          // stored in 8 bits, computed with in fp32
  int8_products = 2  // computed with in 8 bits, too
};

struct ModelFile {
  ModelConfig config;
  // The arena of Network, in its order; of int8_products the dense part only, and then the feature
  // table is `table`.
  Held<float> weights;
  Table8 table;
  WeightFormat weight_format = WeightFormat::fp32;
  // What task/model_source makes of the features' source; the model floor does not look inside.
  std::string feature_source;
  HeldText vocabulary;    // of the tokenizer, ready to be used; or empty
  std::string training;   // JSON object: seed, data digest, options, metrics, version
  std::string self_test;  // inputs and their outputs, made and checked by task/predictor
};

// Weights pass through the file's format: what decode gives is what encode stored. Errors: data
// (weights that are not finite).
std::string encode_model(const ModelFile& model);
// What can be used as it stands in `bytes` is, and keeps them. Errors: data: magic, version, cut,
// checksum, sizes, an encoder that this version does not know; the message says which.
ModelFile decode_model(const HeldText& bytes, const std::string& name);

// What to add to a message about a model that this version does not understand: which version wrote
// it, by ModelFile::training. Empty if that does not say.
std::string writer_hint(std::string_view training);

// The model with products in 8 bits; its self-test is to be made anew. Error(usage) if it has them
// already.
ModelFile quantize_model(const ModelFile& model);
// The whole arena, whatever the format.
std::vector<float> float_weights(const ModelFile& model);

void save_model(const ModelFile& model, const std::string& path);
// The file stays mapped as long as the model, or a copy of it, lives.
ModelFile load_model(const std::string& path);
bool is_model_file(std::string_view first_bytes);

// What the file holds of weights, for `pnlp info`.
struct TensorInfo {
  std::string name;
  std::vector<std::uint64_t> shape;
};
std::vector<TensorInfo> list_tensors(const ModelConfig& config);

}  // namespace pnlp

#include "pnlp/model/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/zstd.hpp"
#include "pnlp/model/network.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kMagic = "PNLPMODL";
constexpr std::uint32_t kVersion = 2;  // written; versions from 1 on are read
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint64_t kMaxText = 64ULL << 20;

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::data, Place{name, 0}, what);
}

// Rows of a tensor share a scale; vectors (gains, biases) stay in fp32.
std::size_t row_length(const Parameter& parameter) {
  return parameter.shape.back();
}
bool is_matrix(const Parameter& parameter) {
  return parameter.shape.size() > 1;
}

void write_fp32(ByteWriter& out, std::span<const float> values) {
  for (const float value : values) out.f32(value);
}

// q = round(w / scale), scale = largest magnitude of the row / 127, to 17 significant bits. So the
// product of scale and quantized weight is exact, and weights that were quantized before are stored
// as they are. Rounded up, but for weights at the end of the range, where 127 scales are too many.
float row_scale(float largest) {
  constexpr std::uint32_t kDropped = (1U << 7) - 1;
  const auto bits = std::bit_cast<std::uint32_t>(largest / 127.0F);
  const auto above = std::bit_cast<float>((bits + kDropped) & ~kDropped);
  return std::isfinite(127.0F * above) ? above : std::bit_cast<float>(bits & ~kDropped);
}

void write_int8(ByteWriter& out, std::span<const float> values, std::size_t row) {
  for (std::size_t at = 0; at < values.size(); at += row) {
    const std::span<const float> weights = values.subspan(at, row);
    float largest = 0;
    for (const float weight : weights) largest = std::max(largest, std::abs(weight));
    const float scale = row_scale(largest);
    out.f32(scale);
    for (const float weight : weights) {
      const float quantized = scale > 0 ? std::nearbyint(weight / scale) : 0.0F;
      out.u8(static_cast<std::uint8_t>(static_cast<std::int8_t>(quantized)));
    }
  }
}

void read_int8(ByteReader& in, std::span<float> values, std::size_t row) {
  for (std::size_t at = 0; at < values.size(); at += row) {
    const float scale = in.f32();
    const std::string_view quantized = in.raw(row);
    for (std::size_t i = 0; i < row; ++i) {
      values[at + i] = scale * static_cast<float>(static_cast<std::int8_t>(quantized[i]));
    }
  }
}

// Bytes that the weights take, computed before memory is taken for them.
std::uint64_t stored_size(const ParameterLayout& layout, WeightFormat format) {
  std::uint64_t bytes = 0;
  for (const Parameter& parameter : layout.parameters()) {
    const bool small = format == WeightFormat::int8 && is_matrix(parameter);
    bytes +=
        small ? parameter.size + 4 * (parameter.size / row_length(parameter)) : 4 * parameter.size;
  }
  return bytes;
}

void check_finite(const std::vector<float>& weights, const std::string& name) {
  const auto finite = [](float weight) { return std::isfinite(weight); };
  if (!std::ranges::all_of(weights, finite))
    refuse(name, "the model has weights that are not finite");
}

}  // namespace

std::string encode_model(const ModelFile& model) {
  const Network network(model.config);
  const ParameterLayout& layout = network.layout();
  if (model.weights.size() != layout.size()) {
    throw Error(ErrorKind::internal, fmt::format("a model of {} weights was given {}",
                                                 layout.size(), model.weights.size()));
  }
  check_finite(model.weights, "the new model");
  ByteWriter out;
  out.raw(kMagic);
  out.u32(kVersion);
  out.string(encode_config(model.config));
  out.string(model.feature_source);
  out.string(compress(model.training));
  out.string(model.self_test);
  out.u8(static_cast<std::uint8_t>(model.weight_format));
  const std::span<const float> weights(model.weights);
  for (const Parameter& parameter : layout.parameters()) {
    const std::span<const float> values = weights.subspan(parameter.offset, parameter.size);
    if (model.weight_format == WeightFormat::int8 && is_matrix(parameter)) {
      write_int8(out, values, row_length(parameter));
    } else {
      write_fp32(out, values);
    }
  }
  out.u64(hash64(out.bytes()));
  return out.take();
}

ModelFile decode_model(std::string_view bytes, const std::string& name) {
  if (!is_model_file(bytes)) refuse(name, "not a pnlp model (its first bytes are not PNLPMODL)");
  ByteReader head(bytes.substr(kMagic.size()), name);
  const std::uint32_t version = head.u32();
  if (version > kVersion) {
    refuse(name, fmt::format("model format {}, but this pnlp reads up to {}; use a newer pnlp",
                             version, kVersion));
  }
  if (version == 0) refuse(name, "model format 0 does not exist; the file is damaged");
  if (bytes.size() < kMagic.size() + 4 + kChecksumBytes) refuse(name, "the model is cut short");
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader tail(bytes.substr(body.size()), name);
  if (tail.u64() != hash64(body)) {
    refuse(
        name,
        "the model's checksum is wrong: the file is damaged or cut short; copy or train it again");
  }
  ByteReader in(body.substr(kMagic.size() + 4), name);
  ModelFile model;
  const std::string_view config = in.string();
  model.feature_source = in.string();
  const std::string_view training = in.string();
  std::optional<Network> network;
  try {
    model.config = decode_config(config);
    model.training = decompress(training, kMaxText);
    network.emplace(model.config);
  } catch (const Error& error) {
    refuse(name, error.what());
  }
  model.self_test = in.string();
  const std::uint8_t format = in.u8();
  if (format > static_cast<std::uint8_t>(WeightFormat::int8))
    refuse(name, fmt::format("weight format {}", format));
  model.weight_format = static_cast<WeightFormat>(format);
  const std::uint64_t size = stored_size(network->layout(), model.weight_format);
  if (in.left() != size) {
    refuse(name, fmt::format("the weights take {} bytes where the configuration asks for {}",
                             in.left(), size));
  }
  model.weights.resize(network->layout().size());
  const std::span<float> weights(model.weights);
  for (const Parameter& parameter : network->layout().parameters()) {
    const std::span<float> values = weights.subspan(parameter.offset, parameter.size);
    if (model.weight_format == WeightFormat::int8 && is_matrix(parameter)) {
      read_int8(in, values, row_length(parameter));
    } else {
      for (float& value : values) value = in.f32();
    }
  }
  in.finish();
  check_finite(model.weights, name);
  return model;
}

void save_model(const ModelFile& model, const std::string& path) {
  OutputFile file(path);
  file.write(encode_model(model));
  file.commit();
}

ModelFile load_model(const std::string& path) {
  const Mapping mapping(path);
  return decode_model(mapping.text(), path);
}

bool is_model_file(std::string_view first_bytes) {
  return first_bytes.starts_with(kMagic);
}

std::vector<TensorInfo> list_tensors(const ModelConfig& config) {
  const Network network(config);
  std::vector<TensorInfo> tensors;
  for (const Parameter& parameter : network.layout().parameters()) {
    tensors.push_back({parameter.name, {parameter.shape.begin(), parameter.shape.end()}});
  }
  return tensors;
}

}  // namespace pnlp

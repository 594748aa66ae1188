#include "pnlp/model/model_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/io/zstd.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/nn/encoder.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kMagic = "PNLPMODL";
// Versions from 1 to kVersion are read; what is written is the least that has what is needed.
constexpr std::uint32_t kPlainVersion = 2;
constexpr std::uint32_t kProductsVersion = 3;
constexpr std::uint32_t kPartsVersion = 4;  // channels of numbers, a CRF, word n-grams
// A vocabulary, and mixing in 8 bits by ranges that follow from the weights.
constexpr std::uint32_t kVersion = 5;
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

void write_int8(ByteWriter& out, std::span<const float> values, std::size_t row) {
  for (std::size_t at = 0; at < values.size(); at += row) {
    const std::span<const float> weights = values.subspan(at, row);
    float largest = 0;
    for (const float weight : weights) largest = std::max(largest, std::abs(weight));
    const float scale = int8_scale(largest);
    out.f32(scale);
    for (const float weight : weights)
      out.u8(static_cast<std::uint8_t>(quantize_weight(weight, scale)));
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

// With a scale for each output: first all scales, then the weights.
void write_outputs(ByteWriter& out, std::span<const float> values, const Parameter& parameter) {
  const std::size_t columns = row_length(parameter);
  const std::size_t rows = values.size() / columns;
  const bool by_row = parameter.outputs == Outputs::rows;
  std::vector<float> scales(by_row ? rows : columns);
  const auto scale_of = [&](std::size_t i) -> float& {
    return scales[by_row ? i / columns : i % columns];
  };
  for (std::size_t i = 0; i < values.size(); ++i)
    scale_of(i) = std::max(scale_of(i), std::abs(values[i]));
  for (float& scale : scales) out.f32(scale = int8_scale(scale));
  for (std::size_t i = 0; i < values.size(); ++i)
    out.u8(static_cast<std::uint8_t>(quantize_weight(values[i], scale_of(i))));
}

void read_outputs(ByteReader& in, std::span<float> values, const Parameter& parameter) {
  const std::size_t columns = row_length(parameter);
  const bool by_row = parameter.outputs == Outputs::rows;
  std::vector<float> scales(by_row ? values.size() / columns : columns);
  in.f32s(scales);
  const std::string_view quantized = in.raw(values.size());
  for (std::size_t at = 0; at < values.size(); at += columns) {
    for (std::size_t i = 0; i < columns; ++i) {
      values[at + i] = scales[by_row ? at / columns : i] *
                       static_cast<float>(static_cast<std::int8_t>(quantized[at + i]));
    }
  }
}

void write_table(ByteWriter& out, const Table8& table) {
  write_fp32(out, table.scales);
  out.raw({reinterpret_cast<const char*>(table.weights.data()), table.weights.size()});
}

void read_table(ByteReader& in, const HeldText& bytes, Table8& table) {
  table.scales.resize(table.width + table.channels);
  in.f32s(table.scales);
  const std::string_view weights = in.raw(table.size());
  table.weights =
      bytes.with(std::span(reinterpret_cast<const std::int8_t*>(weights.data()), weights.size()));
}

bool is_table(const Parameter& parameter, const Network& network) {
  return parameter.offset == network.table();
}

// Bytes that the weights take, computed before memory is taken for them.
std::uint64_t stored_size(const Network& network, WeightFormat format) {
  std::uint64_t bytes = 0;
  for (const Parameter& parameter : network.layout().parameters()) {
    if (format == WeightFormat::fp32 || !is_matrix(parameter)) {
      bytes += 4 * parameter.size;
    } else if (format == WeightFormat::int8) {
      bytes += parameter.size + 4 * (parameter.size / row_length(parameter));
    } else if (is_table(parameter, network)) {
      const BottleneckShape& shape = network.bottleneck();
      bytes += parameter.size + 4 * (shape.width() + shape.channels);
    } else {
      const std::size_t rows = parameter.size / row_length(parameter);
      bytes +=
          parameter.size + 4 * (parameter.outputs == Outputs::rows ? rows : row_length(parameter));
    }
  }
  return bytes;
}

void check_finite(std::span<const float> weights, const std::string& name) {
  constexpr std::uint32_t kExponent = 0x7f800000U;  // all ones: infinite, or no number
  std::uint32_t found = 0;
  for (const float weight : weights) {
    found |=
        static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(weight) & kExponent) == kExponent);
  }
  if (found != 0) refuse(name, "the model has weights that are not finite");
}

// The encoder's name is believed before all else: what follows may be of a later version's kind.
void check_encoder(std::string_view config, std::string_view training) {
  ByteReader in(config, "model configuration");
  in.u8();
  const std::string encoder(in.string());
  const std::vector<std::string> known = encoder_names();
  if (std::ranges::count(known, encoder) != 0) return;
  throw Error(ErrorKind::data, fmt::format("unknown encoder '{}'; this version knows {}{}", encoder,
                                           fmt::join(known, ", "), writer_hint(training)));
}

// All weights in fp32 stand in the file as in the arena: they are used there if they are aligned.
Held<float> read_fp32(ByteReader& in, const HeldText& bytes, std::size_t size) {
  const std::string_view stored = in.raw(4 * size);
  const bool aligned = reinterpret_cast<std::uintptr_t>(stored.data()) % alignof(float) == 0;
  if (aligned && std::endian::native == std::endian::little)
    return bytes.with(std::span(reinterpret_cast<const float*>(stored.data()), size));
  std::vector<float> weights(size);
  ByteReader(stored, "weights").f32s(weights);
  return weights;
}

void read_weights(ByteReader& in, const HeldText& bytes, const Network& network, ModelFile& model) {
  if (model.weight_format == WeightFormat::fp32) {
    model.weights = read_fp32(in, bytes, network.layout().size());
    return;
  }
  const bool products = model.weight_format == WeightFormat::int8_products;
  std::vector<float> arena(products ? network.table() : network.layout().size());
  const std::span<float> weights(arena);
  for (const Parameter& parameter : network.layout().parameters()) {
    if (products && is_table(parameter, network)) {
      model.table = network.table8_shape();
      read_table(in, bytes, model.table);
      continue;
    }
    const std::span<float> values = weights.subspan(parameter.offset, parameter.size);
    if (!is_matrix(parameter)) {
      in.f32s(values);
    } else if (products) {
      read_outputs(in, values, parameter);
    } else {
      read_int8(in, values, row_length(parameter));
    }
  }
  model.weights = std::move(arena);
}

bool has_numbers(const ModelConfig& config) {
  return std::ranges::any_of(config.channels, &ChannelRows::numbers);
}

// Older programs read what they can.
std::uint32_t least_version(const ModelFile& model) {
  const bool products = model.weight_format == WeightFormat::int8_products;
  const bool mixing8 = products && encoder_uses(model.config.shape.encoder).mixing8;
  if (!model.vocabulary.empty() || mixing8) return kVersion;
  if (has_numbers(model.config) || model.config.crf || model.config.has_ngrams())
    return kPartsVersion;
  return products ? kProductsVersion : kPlainVersion;
}

// So that weights in fp32, which follow after one byte, are aligned.
void write_self_test(ByteWriter& out, const ModelFile& model) {
  ByteWriter length;
  length.varint(model.self_test.size());
  const std::size_t weights = out.size() + length.size() + model.self_test.size() + 1;
  const bool fp32 = model.weight_format == WeightFormat::fp32;
  out.padded_string(model.self_test, fp32 ? (~weights + 1) % alignof(float) : 0);
}

}  // namespace

std::string encode_model(const ModelFile& model) {
  const Network network(model.config);
  const ParameterLayout& layout = network.layout();
  const bool products = model.weight_format == WeightFormat::int8_products;
  const std::size_t size = products ? network.table() : layout.size();
  if (model.weights.size() != size) {
    throw Error(ErrorKind::internal,
                fmt::format("a model of {} weights was given {}", size, model.weights.size()));
  }
  check_finite(model.weights, "the new model");
  ByteWriter out;
  out.raw(kMagic);
  out.u32(least_version(model));
  out.string(encode_config(model.config));
  out.string(model.feature_source);
  if (least_version(model) == kVersion) out.string(model.vocabulary.text());
  out.string(compress(model.training));
  write_self_test(out, model);
  out.u8(static_cast<std::uint8_t>(model.weight_format));
  const std::span<const float> weights(model.weights);
  for (const Parameter& parameter : layout.parameters()) {
    if (products && is_table(parameter, network)) {
      write_table(out, model.table);
      continue;
    }
    const std::span<const float> values = weights.subspan(parameter.offset, parameter.size);
    if (products && is_matrix(parameter)) {
      write_outputs(out, values, parameter);
    } else if (model.weight_format == WeightFormat::int8 && is_matrix(parameter)) {
      write_int8(out, values, row_length(parameter));
    } else {
      write_fp32(out, values);
    }
  }
  out.u64(hash64(out.bytes()));
  return out.take();
}

ModelFile decode_model(const HeldText& held, const std::string& name) {
  const std::string_view bytes = held.text();
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
  if (version >= kVersion) model.vocabulary = held.with(in.string());
  const std::string_view training = in.string();
  std::optional<Network> network;
  try {
    model.training = decompress(training, kMaxText);
    check_encoder(config, model.training);
    model.config = decode_config(config);
    network.emplace(model.config);
  } catch (const Error& error) {
    refuse(name, error.what());
  }
  if (version < kPartsVersion && has_numbers(model.config)) {
    refuse(name,
           fmt::format("model format {} has no channels of numbers; the file is damaged", version));
  }
  model.self_test = in.string();
  const std::uint8_t format = in.u8();
  if (model.config.crf && version < kPartsVersion)
    refuse(name, fmt::format("a CRF in a model of format {}; the file is damaged", version));
  if (model.config.has_ngrams() && version < kPartsVersion)
    refuse(name, fmt::format("word n-grams in a model of format {}; the file is damaged", version));
  const auto most = version < kProductsVersion ? WeightFormat::int8 : WeightFormat::int8_products;
  if (format > static_cast<std::uint8_t>(most))
    refuse(name, fmt::format("weight format {}", format));
  model.weight_format = static_cast<WeightFormat>(format);
  const std::uint64_t size = stored_size(*network, model.weight_format);
  if (in.left() != size) {
    refuse(name, fmt::format("the weights take {} bytes where the configuration asks for {}",
                             in.left(), size));
  }
  read_weights(in, held, *network, model);
  in.finish();
  check_finite(model.weights, name);
  check_finite(model.table.scales, name);
  return model;
}

std::string writer_hint(std::string_view training) {
  constexpr std::size_t kLongest = 32;
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '+' || c == '~';
  };
  try {
    const JsonValue json = parse_json(training);
    const JsonValue* version = json.find("version");
    if (version == nullptr || version->string.empty() || version->string.size() > kLongest ||
        !std::ranges::all_of(version->string, is_plain)) {
      return {};
    }
    return fmt::format("; the model was written by pnlp {}: use that version or a later one",
                       version->string);
  } catch (const Error&) {
    return {};  // whatever it is, it says nothing
  }
}

ModelFile quantize_model(const ModelFile& model) {
  if (model.weight_format == WeightFormat::int8_products)
    throw Error(ErrorKind::usage, "the model's products are in 8 bits already");
  const Network network(model.config);
  ModelFile quantized = model;
  quantized.weight_format = WeightFormat::int8_products;
  quantized.table = network.table8_shape();
  quantize_table(model.weights.data() + network.table(), quantized.table);
  quantized.weights = std::vector<float>(
      model.weights.begin(), model.weights.begin() + static_cast<std::ptrdiff_t>(network.table()));
  quantized.self_test.clear();
  // What the file says of the dense weights.
  return decode_model(encode_model(quantized), "the quantized model");
}

std::vector<float> float_weights(const ModelFile& model) {
  std::vector<float> weights = model.weights.copy();
  if (model.weight_format != WeightFormat::int8_products) return weights;
  const Table8& table = model.table;
  const std::size_t windowed = table.windowed_rows * table.width;
  for (std::size_t i = 0; i < table.weights.size(); ++i) {
    const std::size_t column =
        i < windowed ? i % table.width : table.width + (i - windowed) % table.channels;
    weights.push_back(table.scales[column] * static_cast<float>(table.weights[i]));
  }
  return weights;
}

void save_model(const ModelFile& model, const std::string& path) {
  OutputFile file(path);
  file.write(encode_model(model));
  file.commit();
}

ModelFile load_model(const std::string& path) {
  const auto mapping = std::make_shared<const Mapping>(path);
  return decode_model({mapping->text(), mapping}, path);
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

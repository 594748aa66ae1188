#include "pnlp/model/model_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "damage.hpp"
#include "edited.hpp"
#include "memory_file.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/zstd.hpp"
#include "pnlp/model/network.hpp"

using namespace pnlp;

namespace {

ModelFile tiny_model(WeightFormat format = WeightFormat::fp32) {
  ModelFile model;
  model.config.task = Task::joint;
  model.config.shape.feature_size = 4;
  model.config.shape.channel_rows = 2;
  model.config.shape.window = 0;
  model.config.shape.bottleneck = 3;
  model.config.shape.hidden = 2;
  model.config.shape.layers = 1;
  model.config.shape.segment = 2;
  model.config.channels = {{"minhash", 2, 4}, {"word", 1, 2}};
  model.config.labels = {"no", "yes"};
  model.config.slots = {"what"};
  model.config.temperature = 1.5F;
  model.weight_format = format;
  model.feature_source = "made of features";
  model.training = R"({"seed":1})";
  model.self_test = "in and out";
  std::vector<float> weights(Network(model.config).layout().size());
  Random random(1);
  for (float& weight : weights) weight = static_cast<float>(random.normal());
  model.weights = std::move(weights);
  return model;
}

std::string complaint(const std::string& bytes) {
  try {
    static_cast<void>(decode_model(bytes, "m.pnlp"));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    const std::string message = error.what();
    CHECK(message.starts_with("m.pnlp"));
    return message.substr(std::min<std::size_t>(message.size(), 8));
  }
  return "accepted";
}

// A file of these parts with a right checksum.
struct Parts {
  std::uint32_t version = 2;
  std::string config = encode_config(tiny_model().config);
  std::string source = "made of features";
  std::string training = compress("{}");
  std::string self_test;
  std::uint8_t format = 0;
  std::string weights = std::string(4 * tiny_model().weights.size(), '\0');

  std::string sealed() const {
    ByteWriter out;
    out.raw("PNLPMODL");
    out.u32(version);
    out.string(config);
    out.string(source);
    out.string(training);
    out.string(self_test);
    out.u8(format);
    out.raw(weights);
    out.u64(hash64(out.bytes()));
    return out.take();
  }
};

std::string complaint_of(const std::function<void(Parts&)>& change) {
  Parts parts;
  change(parts);
  return complaint(parts.sealed());
}

std::size_t peak_memory() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

TEST_CASE("an fp32 model survives its file bit for bit") {
  const ModelFile model = tiny_model();
  const std::string bytes = encode_model(model);
  const ModelFile back = decode_model(bytes, "m.pnlp");
  CHECK(back.config == model.config);
  CHECK(back.weights == model.weights);
  CHECK(back.weight_format == WeightFormat::fp32);
  CHECK(back.feature_source == model.feature_source);
  CHECK(back.training == model.training);
  CHECK(back.self_test == model.self_test);
  CHECK(encode_model(back) == bytes);
}

TEST_CASE(
    "int8 weights are within half a step, vectors are exact, and a second pass changes nothing") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    ModelFile model = tiny_model(WeightFormat::int8);
    Random random(seed);
    const double scale = std::pow(10.0, random.normal() * 4);
    edit(model.weights, [&](std::vector<float>& weights) {
      for (float& weight : weights) weight = static_cast<float>(random.normal() * scale);
    });
    const ModelFile once = decode_model(encode_model(model), "m.pnlp");
    const Network network(model.config);
    for (const Parameter& tensor : network.layout().parameters()) {
      CAPTURE(tensor.name);
      const bool vector = tensor.shape.size() == 1;
      const std::size_t row = tensor.shape.back();
      for (std::size_t at = 0; at < tensor.size; at += row) {
        const auto in = std::span(model.weights).subspan(tensor.offset + at, row);
        const auto out = std::span(once.weights).subspan(tensor.offset + at, row);
        float largest = 0;
        for (const float weight : in) largest = std::max(largest, std::abs(weight));
        const float half_step = vector ? 0 : largest / 127 / 2 * 1.0001F;
        for (std::size_t i = 0; i < row; ++i) CHECK(std::abs(in[i] - out[i]) <= half_step);
      }
    }
    const ModelFile twice = decode_model(encode_model(once), "m.pnlp");
    CHECK(twice.weights == once.weights);
    CHECK(encode_model(once) == encode_model(twice));
    CHECK(encode_model(once) == encode_model(model));
  }
}

TEST_CASE("int8 rows of zeros, and of numbers at the ends of the range") {
  ModelFile model = tiny_model(WeightFormat::int8);
  edit(model.weights, [](std::vector<float>& weights) { std::ranges::fill(weights, 0.0F); });
  CHECK(decode_model(encode_model(model), "m.pnlp").weights == model.weights);
  for (const float extreme :
       {1e-45F, 190e-45F, 23000e-45F, 1e-38F, 3.4e38F, std::numeric_limits<float>::max()}) {
    CAPTURE(extreme);
    edit(model.weights, [&](std::vector<float>& weights) {
      for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = i % 2 == 0 ? extreme : -extreme;
    });
    const ModelFile once = decode_model(encode_model(model), "m.pnlp");
    for (std::size_t i = 0; i < model.weights.size(); ++i) {
      CHECK(once.weights[i] * model.weights[i] >= 0);  // no sign is turned
      CHECK(std::abs(once.weights[i]) / 1.01F <= extreme);
    }
    CHECK(decode_model(encode_model(once), "m.pnlp").weights == once.weights);
  }
}

TEST_CASE("int8 files are smaller") {
  const std::size_t large = encode_model(tiny_model()).size();
  const std::size_t small = encode_model(tiny_model(WeightFormat::int8)).size();
  std::size_t difference = 0;
  for (const TensorInfo& tensor : list_tensors(tiny_model().config)) {
    if (tensor.shape.size() != 2) continue;
    difference += 3 * tensor.shape[0] * tensor.shape[1] - 4 * tensor.shape[0];
  }
  // Weights in fp32 are aligned.
  CHECK(large - small >= difference);
  CHECK(large - small < difference + 4);
}

TEST_CASE(
    "a model with products in 8 bits survives its file, and is near the one it was made from") {
  const ModelFile model = tiny_model();
  const ModelFile small = quantize_model(model);
  CHECK(small.weight_format == WeightFormat::int8_products);
  CHECK(small.self_test.empty());
  CHECK(small.config == model.config);
  const std::string bytes = encode_model(small);
  CHECK(bytes.at(8) == 5);  // the version
  ModelFile other = model;
  other.config.shape.encoder = "none";
  other.weights = std::vector<float>(Network(other.config).layout().size());
  CHECK(encode_model(quantize_model(other)).at(8) == 3);  // nothing is mixed
  const ModelFile back = decode_model(bytes, "m.pnlp");
  CHECK(back.weights == small.weights);
  CHECK(back.table.scales == small.table.scales);
  CHECK(back.table.weights == small.table.weights);
  CHECK(encode_model(back) == bytes);
  const std::vector<float> floats = float_weights(back);
  REQUIRE(floats.size() == model.weights.size());
  const Network network(model.config);
  for (const Parameter& parameter : network.layout().parameters()) {
    for (std::size_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
      if (parameter.shape.size() == 1) CHECK(floats[i] == model.weights[i]);
      CHECK(std::abs(floats[i] - model.weights[i]) < 3.5 / 127 / 2);
    }
  }
  CHECK_THROWS_AS(static_cast<void>(quantize_model(small)), Error);
}

TEST_CASE("a model of numbers survives its file, which older programs refuse by its version") {
  ModelFile model = tiny_model();
  model.config.channels[0] = {"simhash", 4, 4, true};
  const std::string bytes = encode_model(model);
  CHECK(bytes.at(8) == 4);
  const ModelFile back = decode_model(bytes, "m.pnlp");
  CHECK(back.config == model.config);
  CHECK(encode_model(back) == bytes);
  CHECK(encode_model(quantize_model(model)).at(8) == 5);
  CHECK(encode_model(tiny_model()).at(8) == 2);
  CHECK(complaint_of([&](Parts& parts) { parts.config = encode_config(model.config); }) ==
        "model format 2 has no channels of numbers; the file is damaged");
  CHECK(complaint_of([&](Parts& parts) {
          parts.config = encode_config(model.config);
          parts.version = 4;
        }) == "accepted");
}

TEST_CASE("a CRF makes a later version, and survives its file in all formats") {
  ModelFile model = tiny_model();
  model.config.task = Task::joint;
  model.config.labels = {"a", "b"};
  model.config.slots = {"x", "y"};
  model.config.crf = true;
  const Network network(model.config);
  std::vector<float> weights(network.layout().size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 13) - 6;
  model.weights = std::move(weights);
  model.self_test.clear();
  const CrfWeights crf = *network.crf(model.weights.data());
  for (const WeightFormat format : {WeightFormat::fp32, WeightFormat::int8}) {
    model.weight_format = format;
    const std::string bytes = encode_model(model);
    CHECK(bytes.at(8) == 4);  // the version
    const ModelFile back = decode_model(bytes, "m.pnlp");
    CHECK(back.config == model.config);
    const CrfWeights read = *network.crf(back.weights.data());
    for (std::size_t i = 0; i < 15; ++i) CHECK(std::abs(read.next[i] - crf.next[i]) < 0.03);
    for (std::size_t i = 0; i < 5; ++i) CHECK(read.end[i] == crf.end[i]);
  }
  const std::string products = encode_model(quantize_model(model));
  CHECK(products.at(8) == 5);
  const ModelFile small = decode_model(products, "m.pnlp");
  const CrfWeights read = *network.crf(small.weights.data());
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(read.inside[i] - crf.inside[i]) < 0.03);
  // What an older version cannot say is not believed of it.
  CHECK(complaint_of([&](Parts& parts) {
          parts.version = 3;
          parts.config = encode_config(model.config);
        }) == "a CRF in a model of format 3; the file is damaged");
}

TEST_CASE("a ready vocabulary makes a later version, and is used where it stands") {
  ModelFile model = tiny_model();
  model.vocabulary = "words and where they are";
  for (const bool products : {false, true}) {
    if (products) model = quantize_model(model);
    const HeldText bytes = encode_model(model);
    CHECK(bytes.text().at(8) == 5);  // the version
    const ModelFile back = decode_model(bytes, "m.pnlp");
    CHECK(back.vocabulary == model.vocabulary);
    CHECK(back.vocabulary.text().data() > bytes.text().data());
    CHECK(back.vocabulary.text().data() < bytes.text().data() + bytes.size());
    CHECK(encode_model(back) == bytes);
  }
}

TEST_CASE("large tables of weights are used where they stand in the file") {
  // Whatever stands before them: fp32 is aligned.
  for (std::size_t size = 0; size < 9; ++size) {
    CAPTURE(size);
    ModelFile model = tiny_model();
    model.feature_source = std::string(size, 'x');
    model.self_test = std::string(120 + size, 'y');  // 127 is the longest with one byte before it
    const HeldText bytes = encode_model(model);
    const ModelFile back = decode_model(bytes, "m.pnlp");
    CHECK(back.weights == model.weights);
    CHECK(back.self_test == model.self_test);
    const char* weights = reinterpret_cast<const char*>(back.weights.data());
    CHECK((weights > bytes.text().data() && weights < bytes.text().data() + bytes.size()));
    // An older file, by one byte off.
    Parts parts;
    parts.source = std::string(size, 'x');
    parts.weights =
        bytes.text().substr(bytes.size() - 8 - 4 * model.weights.size(), 4 * model.weights.size());
    const std::string old = parts.sealed();
    CHECK(decode_model(old, "m.pnlp").weights == model.weights);
  }
  const HeldText small = encode_model(quantize_model(tiny_model()));
  const ModelFile back = decode_model(small, "m.pnlp");
  const char* table = reinterpret_cast<const char*>(back.table.weights.data());
  CHECK((table > small.text().data() && table < small.text().data() + small.size()));
}

TEST_CASE("a model cut anywhere, or with any bit flipped, is refused") {
  ModelFile ready = tiny_model();
  ready.vocabulary = "words and where they are";
  for (const std::string& good :
       {encode_model(tiny_model()), encode_model(tiny_model(WeightFormat::int8)),
        encode_model(quantize_model(tiny_model())), encode_model(ready)}) {
    CHECK(complaint(good) == "accepted");
    for_each_damage(good, [](std::string_view damaged, std::size_t at) {
      CAPTURE(damaged.size());
      CAPTURE(at);
      CHECK(complaint(std::string(damaged)) != "accepted");
    });
  }
}

TEST_CASE("the message says what is wrong with a file") {
  const std::string good = encode_model(tiny_model());
  CHECK(complaint("") == "not a pnlp model (its first bytes are not PNLPMODL)");
  CHECK(complaint("PK and so on, for more bytes than a magic has").starts_with("not a pnlp model"));
  CHECK(complaint(good.substr(0, good.size() - 1)) ==
        "the model's checksum is wrong: the file is damaged or cut short; copy or train it again");
  CHECK(complaint(good.substr(0, 14)) == "the model is cut short");
  CHECK(complaint_of([](Parts& parts) { parts.version = 6; }) ==
        "model format 6, but this pnlp reads up to 5; use a newer pnlp");
  CHECK(complaint_of([](Parts& parts) { parts.version = 0; }) ==
        "model format 0 does not exist; the file is damaged");
  // A later version is told from a damaged file before anything else is believed.
  std::string later = good;
  later[8] = 9;
  CHECK(complaint(later).starts_with("model format 9, but this pnlp reads up to 5"));
}

TEST_CASE("an unknown encoder is named, with the version that wrote the model") {
  Parts parts;
  ModelConfig later = tiny_model().config;
  later.shape.encoder = "oracle";
  // What a later version's encoder needs may follow.
  parts.config = encode_config(later) + "and more";
  parts.training = compress(R"({"version":"9.8.7-rc1","seed":1})");
  const std::string unknown = "unknown encoder 'oracle'; this version knows mixer, ";
  const std::string message = complaint(parts.sealed());
  CHECK(message.starts_with(unknown));
  CHECK(message.ends_with(
      "; the model was written by pnlp 9.8.7-rc1: use that version or a later one"));
  for (const char* training :
       {"", "{", "{}", R"({"version":7})", R"({"version":""})", "[]", R"({"version":"\u001b[2J"})",
        R"({"version":"000000000000000000000000000000000"})"}) {
    CAPTURE(training);
    parts.training = compress(training);
    CHECK(complaint(parts.sealed()).starts_with(unknown));
    CHECK(complaint(parts.sealed()).find("written by") == std::string::npos);
  }
}

TEST_CASE("parts that make no sense are refused, although the checksum is right") {
  CHECK(complaint_of([](Parts&) {}) == "accepted");
  CHECK(complaint_of([](Parts& parts) { parts.format = 2; }) == "weight format 2");
  CHECK(complaint_of([](Parts& parts) {
          parts.version = 3;
          parts.format = 3;
        }) == "weight format 3");
  CHECK(complaint_of([](Parts& parts) {
          parts.version = 3;
          parts.format = 2;
        }).starts_with("the weights take"));
  CHECK(
      complaint_of([](Parts& parts) { parts.weights.pop_back(); }).starts_with("the weights take"));
  CHECK(
      complaint_of([](Parts& parts) { parts.weights += "more"; }).starts_with("the weights take"));
  CHECK(complaint_of([](Parts& parts) { parts.format = 1; }).starts_with("the weights take"));
  CHECK(complaint_of([](Parts& parts) {
          parts.training = "not zstd";
        }).starts_with("compressed data is damaged"));
  CHECK(complaint_of([](Parts& parts) {
          parts.config.clear();
        }).starts_with("model configuration is cut"));
  CHECK(complaint_of([](Parts& parts) {
          parts.config += "\1x";
        }).starts_with("model configuration is damaged"));
  CHECK(complaint_of([](Parts& parts) {
          ByteWriter nan;
          nan.f32(std::numeric_limits<float>::quiet_NaN());
          parts.weights.replace(0, 4, nan.bytes());
        }) == "the model has weights that are not finite");
}

TEST_CASE("sizes in a file take no memory before they are checked") {
  Parts parts;
  ModelConfig config = tiny_model().config;
  // 64 channels of 65536 rows, twice 16 neighbours, 4096 wide: half a terabyte of weights.
  config.shape.window = 16;
  config.shape.bottleneck = 4096;
  config.channels.assign(64, {"wide", 1, 65536});
  parts.config = encode_config(config);
  const std::size_t before = peak_memory();
  CHECK(complaint(parts.sealed()).starts_with("the weights take"));
  // A string of nearly 2^64 bytes.
  ByteWriter out;
  out.raw("PNLPMODL");
  out.u32(1);
  out.varint(std::numeric_limits<std::uint64_t>::max());
  out.u64(hash64(out.bytes()));
  CHECK(complaint(out.bytes()).find("cut") != std::string::npos);
  CHECK(peak_memory() - before < (64U << 20));
}

TEST_CASE("what cannot be stored is not written") {
  ModelFile model = tiny_model();
  edit(model.weights,
       [](std::vector<float>& weights) { weights[0] = std::numeric_limits<float>::infinity(); });
  CHECK_THROWS_WITH_AS(static_cast<void>(encode_model(model)),
                       "the new model: the model has weights that are not finite", Error);
  edit(model.weights, [](std::vector<float>& weights) { weights.pop_back(); });
  CHECK_THROWS_WITH_AS(static_cast<void>(encode_model(model)), doctest::Contains("was given"),
                       Error);
}

TEST_CASE("a saved model opens again, and a failed save leaves the old file") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("pnlp_model" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "m.pnlp").string();
  const auto litter = [&] {
    return std::distance(std::filesystem::directory_iterator(folder), {}) - 1;
  };
  save_model(tiny_model(), path);
  CHECK(load_model(path).weights == tiny_model().weights);
  CHECK(litter() == 0);
  const std::string old = read_file(path);
  ModelFile broken = tiny_model();
  edit(broken.weights,
       [](std::vector<float>& weights) { weights[3] = std::numeric_limits<float>::quiet_NaN(); });
  CHECK_THROWS_AS(save_model(broken, path), Error);
  CHECK(read_file(path) == old);
  CHECK(litter() == 0);
  ModelFile other = tiny_model();
  edit(other.weights, [](std::vector<float>& weights) { weights[3] = 5; });
  save_model(other, path);
  CHECK(load_model(path).weights[3] == 5);
  CHECK(litter() == 0);
  // Errors name the file.
  std::ofstream(path, std::ios::binary | std::ios::trunc) << old.substr(0, old.size() / 2);
  CHECK_THROWS_WITH_AS(static_cast<void>(load_model(path)),
                       doctest::Contains((path + ": the model's checksum is wrong").c_str()),
                       Error);
  std::filesystem::remove(path);
  CHECK_THROWS_WITH_AS(static_cast<void>(load_model(path)), doctest::Contains(path.c_str()), Error);
  CHECK_THROWS_AS(save_model(tiny_model(), "/dev/full"), Error);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a model is known by its first bytes") {
  CHECK(is_model_file(encode_model(tiny_model()).substr(0, 8)));
  CHECK_FALSE(is_model_file("PNLPMOD"));
  CHECK_FALSE(is_model_file("PNLPCKP1"));
  CHECK_FALSE(is_model_file(""));
}

TEST_CASE("the tensors of a model") {
  const ModelConfig config = tiny_model().config;
  std::uint64_t sum = 0;
  bool table = false;
  for (const TensorInfo& tensor : list_tensors(config)) {
    std::uint64_t size = 1;
    for (const std::uint64_t extent : tensor.shape) size *= extent;
    sum += size;
    if (tensor.name == "table") {
      table = true;
      CHECK(tensor.shape == std::vector<std::uint64_t>{6, 3});
    }
  }
  CHECK(table);
  CHECK(sum == tiny_model().weights.size());
}

#include "pnlp/model/config.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

ModelConfig joint_config() {
  ModelConfig config;
  config.task = Task::joint;
  config.shape = Shape{};
  config.max_tokens = 321;
  config.channels = {{"minhash", 64, 1024}, {"word", 1, 2048}, {"stem", 2, 0}};
  config.labels = {"set alarm", "", "früh\n"};
  config.slots = {"time"};
  config.temperature = 1.25F;
  config.threshold = 0.0F;
  return config;
}

std::string refusal(const std::function<void()>& action, ErrorKind kind) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "accepted";
}

std::string complaint(const std::function<void(ModelConfig&)>& change) {
  ModelConfig config = joint_config();
  change(config);
  const std::string message = refusal([&] { check_config(config); }, ErrorKind::usage);
  if (message == "accepted") return message;
  // What may not be made may not be read either.
  const std::string bytes = encode_config(config);
  CHECK(refusal([&] { static_cast<void>(decode_config(bytes)); }, ErrorKind::data) != "accepted");
  return message;
}

}  // namespace

TEST_CASE("tasks have names") {
  for (const Task task : {Task::label, Task::multilabel, Task::tags, Task::joint}) {
    CHECK(task_from_name(task_name(task)) == task);
  }
  CHECK(task_name(Task::multilabel) == "multilabel");
  CHECK(has_label(Task::joint));
  CHECK(has_tags(Task::joint));
  CHECK_FALSE(has_label(Task::tags));
  CHECK_FALSE(has_tags(Task::multilabel));
  CHECK(refusal([] { static_cast<void>(task_from_name("")); }, ErrorKind::usage) ==
        "unknown task ''; there are: label, multilabel, tags, joint");
}

TEST_CASE("what follows from a configuration") {
  ModelConfig config = joint_config();
  CHECK(config.tags() == 3);
  CHECK(config.table_rows() == 3072);
  CHECK(config.windowed_rows() == 1024);
  CHECK(config.fingerprint_width() == 67);
  config.slots.emplace_back("place");
  CHECK(config.tags() == 5);
  config.task = Task::label;
  CHECK(config.tags() == 0);
  config.channels.clear();
  CHECK(config.table_rows() == 0);
  CHECK(config.windowed_rows() == 0);
}

TEST_CASE("a configuration survives its bytes") {
  ModelConfig config = joint_config();
  CHECK(decode_config(encode_config(config)) == config);
  config.task = Task::multilabel;
  config.labels = {std::string("a\0b", 3)};
  config.slots.clear();
  config.shape = {"none", 65536, 65536, 16, 4096, 16384, 0, 8192};
  config.max_tokens = std::numeric_limits<std::uint32_t>::max();
  config.threshold = 1.0F;
  config.temperature = 1e-30F;
  CHECK(decode_config(encode_config(config)) == config);
  config.task = Task::tags;
  config.labels.clear();
  config.slots = {"b", "a", "c"};
  config.shape = {"mixer", 1, 0, 0, 1, 1, 64, 1};
  config.max_tokens = 1;
  CHECK(decode_config(encode_config(config)) == config);
}

TEST_CASE("pairs of labels and slots survive, bit by bit") {
  ModelConfig config = joint_config();
  const std::size_t pairs = config.labels.size() * config.slots.size();
  for (std::size_t i = 0; i < pairs; ++i) config.label_slots.push_back(i % 3 == 1 ? 1 : 0);
  const std::string bytes = encode_config(config);
  CHECK(bytes.size() == encode_config(joint_config()).size() + (pairs + 7) / 8);
  CHECK(decode_config(bytes) == config);
  CHECK(refusal([&] { static_cast<void>(decode_config(bytes.substr(0, bytes.size() - 1))); },
                ErrorKind::data) != "accepted");
  config.label_slots.pop_back();
  CHECK(refusal([&] { check_config(config); }, ErrorKind::usage) ==
        "2 pairs of labels and slots for 3 labels and 1 slots");
}

TEST_CASE("each size out of its range is refused with the range") {
  CHECK(complaint([](ModelConfig&) {}) == "accepted");
  CHECK(complaint([](ModelConfig& c) { c.shape.feature_size = 0; }) ==
        "feature size is 0; give 1 to 65536");
  CHECK(complaint([](ModelConfig& c) { c.shape.feature_size = 65537; }) ==
        "feature size is 65537; give 1 to 65536");
  CHECK(complaint([](ModelConfig& c) { c.shape.channel_rows = 65537; }) ==
        "channel rows is 65537; give 0 to 65536");
  CHECK(complaint([](ModelConfig& c) { c.shape.window = 17; }) == "window is 17; give 0 to 16");
  CHECK(complaint([](ModelConfig& c) { c.shape.bottleneck = 0; }) ==
        "bottleneck is 0; give 1 to 4096");
  CHECK(complaint([](ModelConfig& c) { c.shape.hidden = 16385; }) ==
        "hidden is 16385; give 1 to 16384");
  CHECK(complaint([](ModelConfig& c) { c.shape.layers = 65; }) == "layers is 65; give 0 to 64");
  CHECK(complaint([](ModelConfig& c) { c.shape.segment = 0; }) == "segment is 0; give 1 to 8192");
  CHECK(complaint([](ModelConfig& c) { c.max_tokens = 0; }) ==
        "the length limit is 0 tokens; give 1 or more");
}

TEST_CASE("a channel of numbers has as many rows as values, any number up to 4096") {
  ModelConfig config = joint_config();
  const std::string hashed = encode_config(config);
  config.channels[0] = {"vectors", 300, 300, true};
  CHECK(decode_config(encode_config(config)) == config);
  config.channels[0].rows = 0;
  CHECK(decode_config(encode_config(config)) == config);
  config.channels[0] = {"minhash", 64, 1024};
  CHECK(encode_config(config) == hashed);
  CHECK(complaint([](ModelConfig& c) {
          c.channels[0] = {"vectors", 300, 512, true};
        }) == "channel 'vectors' has 512 rows for 300 numbers; give as many, or 0");
  CHECK(complaint([](ModelConfig& c) {
          c.channels[0] = {"vectors", 4097, 4097, true};
        }) == "channel 'vectors' has 4097 numbers a token; 4096 at most");
}

TEST_CASE("other things that make no model are refused with a reason") {
  CHECK(complaint([](ModelConfig& c) {
          c.shape.encoder = "oracle";
        }).starts_with("unknown encoder 'oracle'; there are: mixer"));
  CHECK(complaint([](ModelConfig& c) { c.channels.resize(65); }) ==
        "more than 64 channels of features");
  CHECK(complaint([](ModelConfig& c) { c.channels[1].rows = 1000; }) ==
        "channel 'word' has 1000 rows; give a power of two up to 65536, or 0");
  CHECK(complaint([](ModelConfig& c) { c.channels[1].rows = 131072; }) ==
        "channel 'word' has 131072 rows; give a power of two up to 65536, or 0");
  CHECK(complaint([](ModelConfig& c) { c.channels[2].values = 65537; }) ==
        "channel 'stem' has 65537 values a token; 65536 at most");
  CHECK(complaint([](ModelConfig& c) { c.channels[0].rows = c.channels[1].rows = 0; }) ==
        "the model has no feature rows; give a feature size or channel rows");
  CHECK(complaint([](ModelConfig& c) { c.channels.clear(); }) ==
        "the model has no feature rows; give a feature size or channel rows");
  CHECK(complaint([](ModelConfig& c) { c.labels = {"only"}; }) ==
        "there are 1 different labels; a model needs at least 2");
  CHECK(complaint([](ModelConfig& c) {
          c.task = Task::multilabel;
          c.labels.clear();
        }) == "there are 0 different labels; a model needs at least 1");
  CHECK(complaint([](ModelConfig& c) { c.slots.clear(); }) ==
        "there is not a single slot to learn");
  CHECK(complaint([](ModelConfig& c) { c.labels.resize((1 << 20) + 1); }) ==
        "1048577 labels or slots; 1048576 at most");
  CHECK(complaint([](ModelConfig& c) { c.temperature = 0; }) ==
        "the temperature is 0; it must be above 0");
  CHECK(complaint([](ModelConfig& c) { c.temperature = HUGE_VALF; }) ==
        "the temperature is inf; it must be above 0");
  CHECK(complaint([](ModelConfig& c) { c.temperature = std::nanf(""); }) ==
        "the temperature is nan; it must be above 0");
  CHECK(complaint([](ModelConfig& c) { c.threshold = 1.5F; }) ==
        "the threshold is 1.5; it must be from 0 to 1");
  CHECK(complaint([](ModelConfig& c) { c.threshold = std::nanf(""); }) ==
        "the threshold is nan; it must be from 0 to 1");
}

TEST_CASE("word n-grams are told only where there are some, and bounded") {
  ModelConfig config = joint_config();
  const std::string without = encode_config(config);
  config.shape.ngram_weights = 77;
  CHECK(encode_config(config) == without);
  config.shape.word_ngrams = 2;
  CHECK(decode_config(encode_config(config)) == config);
  config.crf = true;
  CHECK(decode_config(encode_config(config)) == config);
  CHECK(complaint([](ModelConfig& c) { c.shape.word_ngrams = 9; }) ==
        "length of word n-grams is 9; give 0 to 8");
  CHECK(complaint([](ModelConfig& c) {
          c.shape.word_ngrams = 8;
          c.shape.ngram_weights = 0;
        }) == "number of weights for word n-grams is 0; give 1 to 16777216");
  config.task = Task::tags;
  CHECK(
      refusal([&] { check_config(config); }, ErrorKind::usage) ==
      "word n-grams tell labels, and the task tags has none; leave them out with --word-ngrams 0");
}

TEST_CASE("damaged bytes are refused as data, with what does not fit") {
  const std::string whole = encode_config(joint_config());
  const auto message = [](const std::string& bytes) {
    return refusal([&] { static_cast<void>(decode_config(bytes)); }, ErrorKind::data);
  };
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    CAPTURE(size);
    REQUIRE(message(whole.substr(0, size)).starts_with("model configuration"));
  }
  // Without its last byte it is a configuration of the first models, which knew no pairs.
  CHECK(decode_config(whole.substr(0, whole.size() - 1)) == joint_config());
  CHECK(message(whole + "x") == "model configuration: a CRF of kind 120");
  CHECK(message(whole + std::string("\1\0\3", 3)) ==
        "model configuration: word n-grams of no words");
  CHECK(message(whole + "\1\2\3x").find("1 bytes too many") != std::string::npos);
  std::string task = whole;
  task[0] = 4;
  CHECK(message(task) == "model configuration: task 4");
  std::string encoder = whole;
  encoder[2] = 'M';
  CHECK(message(encoder).starts_with("model configuration: unknown encoder 'Mixer'; there are: "));
  // A count of names that no file of this size can hold takes no memory.
  std::string names = whole.substr(0, whole.find("\x03\x09set alarm"));
  names += "\xff\xff\x3f";
  CHECK(message(names).find("a count of 1048575 before offset") != std::string::npos);
}

TEST_CASE("hostile bytes are refused, or are a configuration") {
  Random random(19);
  const std::string whole = encode_config(joint_config());
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole;
    for (std::uint64_t i = random.below(4); i < 4; ++i) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    try {
      const ModelConfig config = decode_config(bytes);
      check_config(config);
      REQUIRE(decode_config(encode_config(config)) == config);
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::data);
    }
  }
}

TEST_CASE("a CRF is the last word of a configuration, and only for slots") {
  ModelConfig config = joint_config();
  const std::string without = encode_config(config);
  config.crf = true;
  const std::string with = encode_config(config);
  CHECK(with == without + '\1');
  CHECK(decode_config(with) == config);
  CHECK_FALSE(decode_config(without).crf);
  CHECK_FALSE(decode_config(without + '\0').crf);
  CHECK(refusal([&] { static_cast<void>(decode_config(without + '\2')); }, ErrorKind::data) ==
        "model configuration: a CRF of kind 2");
  CHECK(complaint([](ModelConfig& label) {
          label.task = Task::label;
          label.slots.clear();
          label.crf = true;
        }) == "a CRF is for slots, and the task label has none");
}

#include "pnlp/model/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "pnlp/base/error.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/nn/encoder.hpp"
#include "pnlp/nn/ngram_head.hpp"

namespace pnlp {
namespace {

constexpr std::array<std::string_view, 4> kTasks = {"label", "multilabel", "tags", "joint"};

// Names and limits of the sizes; what a file may ask for is bounded by them, too.
struct Size {
  const char* name;
  std::uint32_t Shape::*member;
  std::uint32_t least, most;
};
constexpr std::array kSizes = {
    Size{"feature size", &Shape::feature_size, 1, 65536},
    Size{"channel rows", &Shape::channel_rows, 0, 65536},
    Size{"window", &Shape::window, 0, 16},
    Size{"bottleneck", &Shape::bottleneck, 1, 4096},
    Size{"hidden", &Shape::hidden, 1, 16384},
    Size{"layers", &Shape::layers, 0, 64},
    Size{"segment", &Shape::segment, 1, 8192},
};
// Those that only some files hold, after all else.
constexpr std::array kNgramSizes = {
    Size{"length of word n-grams", &Shape::word_ngrams, 0, 8},
    Size{"number of weights for word n-grams", &Shape::ngram_weights, 1, 1U << 24},
};
constexpr std::uint64_t kMaxNames = 1U << 20;
constexpr std::uint32_t kMaxNumbers = 4096;       // of a channel: what kMaxFactor allows
constexpr std::uint32_t kNumbersFlag = 1U << 20;  // added to a channel's rows in the file

void write_names(ByteWriter& out, const std::vector<std::string>& names) {
  out.varint(names.size());
  for (const std::string& name : names) out.string(name);
}

std::vector<std::string> read_names(ByteReader& in) {
  // A name takes a byte at least, so that no more memory is taken than there are bytes.
  std::vector<std::string> names(in.count(std::min<std::uint64_t>(kMaxNames, in.left())));
  for (std::string& name : names) name = in.string();
  return names;
}

// One bit a pair, lowest first, filled up to whole bytes; nothing if the list is empty.
void write_bits(ByteWriter& out, const std::vector<std::uint8_t>& flags) {
  for (std::size_t at = 0; at < flags.size(); at += 8) {
    unsigned byte = 0;
    for (std::size_t i = at; i < std::min(at + 8, flags.size()); ++i) {
      byte |= (flags[i] != 0 ? 1U : 0U) << (i - at);
    }
    out.u8(static_cast<std::uint8_t>(byte));
  }
}

std::vector<std::uint8_t> read_bits(ByteReader& in, std::uint64_t count) {
  const std::string_view bytes = in.raw((count + 7) / 8);
  std::vector<std::uint8_t> flags(count);
  for (std::size_t i = 0; i < count; ++i) {
    flags[i] = static_cast<std::uint8_t>((static_cast<unsigned char>(bytes[i / 8]) >> (i % 8)) & 1);
  }
  return flags;
}

}  // namespace

std::string_view task_name(Task task) {
  return kTasks.at(static_cast<std::size_t>(task));
}

Task task_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kTasks.size(); ++i) {
    if (kTasks[i] == name) return static_cast<Task>(i);
  }
  throw Error(ErrorKind::usage,
              fmt::format("unknown task '{}'; there are: {}", name, fmt::join(kTasks, ", ")));
}

std::uint32_t ModelConfig::fingerprint_width() const {
  std::uint32_t width = 0;
  for (const ChannelRows& channel : channels) width += channel.values;
  return width;
}

std::uint32_t ModelConfig::table_rows() const {
  std::uint32_t rows = 0;
  for (const ChannelRows& channel : channels) rows += channel.rows;
  return rows;
}

std::uint32_t ModelConfig::windowed_rows() const {
  return channels.empty() ? 0 : channels.front().rows;
}

std::uint32_t ModelConfig::ngram_rows() const {
  return static_cast<std::uint32_t>(NgramHead::rows(shape.ngram_weights, labels.size()));
}

void check_config(const ModelConfig& config) {
  const auto fail = [](const std::string& what) { throw Error(ErrorKind::usage, what); };
  const std::vector<std::string> encoders = encoder_names();
  if (!std::ranges::count(encoders, config.shape.encoder)) {
    fail(fmt::format("unknown encoder '{}'; there are: {}", config.shape.encoder,
                     fmt::join(encoders, ", ")));
  }
  const auto check_size = [&](const Size& size) {
    const std::uint32_t value = config.shape.*size.member;
    if (value < size.least || value > size.most) {
      fail(fmt::format("{} is {}; give {} to {}", size.name, value, size.least, size.most));
    }
  };
  std::ranges::for_each(kSizes, check_size);
  std::ranges::for_each(kNgramSizes, check_size);
  if (config.shape.word_ngrams != 0 && !has_label(config.task)) {
    fail(
        fmt::format("word n-grams tell labels, and the task {} has none; leave them out with "
                    "--word-ngrams 0",
                    task_name(config.task)));
  }
  if (config.max_tokens == 0) fail("the length limit is 0 tokens; give 1 or more");
  if (config.channels.size() > 64) fail("more than 64 channels of features");
  for (const ChannelRows& channel : config.channels) {
    if (channel.numbers) {
      if (channel.rows != 0 && channel.rows != channel.values) {
        fail(fmt::format("channel '{}' has {} rows for {} numbers; give as many, or 0",
                         channel.name, channel.rows, channel.values));
      }
      if (channel.values > kMaxNumbers) {
        fail(fmt::format("channel '{}' has {} numbers a token; {} at most", channel.name,
                         channel.values, kMaxNumbers));
      }
    } else if (channel.rows != 0 && (!std::has_single_bit(channel.rows) || channel.rows > 65536)) {
      fail(fmt::format("channel '{}' has {} rows; give a power of two up to 65536, or 0",
                       channel.name, channel.rows));
    }
    if (channel.values > 65536) {
      fail(fmt::format("channel '{}' has {} values a token; 65536 at most", channel.name,
                       channel.values));
    }
  }
  if (config.table_rows() == 0)
    fail("the model has no feature rows; give a feature size or channel rows");
  for (const auto* names : {&config.labels, &config.slots}) {
    if (names->size() > kMaxNames)
      fail(fmt::format("{} labels or slots; {} at most", names->size(), kMaxNames));
  }
  if (has_label(config.task) &&
      config.labels.size() < (config.task == Task::multilabel ? 1U : 2U)) {
    fail(fmt::format("there are {} different labels; a model needs at least {}",
                     config.labels.size(), config.task == Task::multilabel ? 1 : 2));
  }
  if (has_tags(config.task) && config.slots.empty()) fail("there is not a single slot to learn");
  if (!config.label_slots.empty() &&
      (config.task != Task::joint ||
       config.label_slots.size() != config.labels.size() * config.slots.size())) {
    fail(fmt::format("{} pairs of labels and slots for {} labels and {} slots",
                     config.label_slots.size(), config.labels.size(), config.slots.size()));
  }
  if (config.crf && !has_tags(config.task))
    fail(fmt::format("a CRF is for slots, and the task {} has none", task_name(config.task)));
  if (!(config.temperature > 0) || !std::isfinite(config.temperature))
    fail(fmt::format("the temperature is {}; it must be above 0", config.temperature));
  if (!(config.threshold >= 0 && config.threshold <= 1))
    fail(fmt::format("the threshold is {}; it must be from 0 to 1", config.threshold));
}

std::string encode_config(const ModelConfig& config) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(config.task));
  out.string(config.shape.encoder);
  for (const Size& size : kSizes) out.varint(config.shape.*size.member);
  out.varint(config.max_tokens);
  out.varint(config.channels.size());
  for (const ChannelRows& channel : config.channels) {
    out.string(channel.name);
    out.varint(channel.values);
    out.varint(channel.rows + (channel.numbers ? kNumbersFlag : 0));
  }
  write_names(out, config.labels);
  write_names(out, config.slots);
  out.f32(config.temperature);
  out.f32(config.threshold);
  out.u8(config.label_slots.empty() ? 0 : 1);
  write_bits(out, config.label_slots);
  if (config.crf || config.has_ngrams()) out.u8(config.crf ? 1 : 0);
  if (config.has_ngrams()) {
    for (const Size& size : kNgramSizes) out.varint(config.shape.*size.member);
  }
  return out.take();
}

ModelConfig decode_config(std::string_view bytes) {
  ByteReader in(bytes, "model configuration");
  ModelConfig config;
  const std::uint8_t task = in.u8();
  if (task >= kTasks.size())
    throw Error(ErrorKind::data, fmt::format("model configuration: task {}", task));
  config.task = static_cast<Task>(task);
  config.shape.encoder = in.string();
  for (const Size& size : kSizes) {
    config.shape.*size.member = static_cast<std::uint32_t>(in.count(size.most));
  }
  config.max_tokens = static_cast<std::uint32_t>(in.count(UINT32_MAX));
  config.channels.resize(in.count(64));
  for (ChannelRows& channel : config.channels) {
    channel.name = in.string();
    channel.values = static_cast<std::uint32_t>(in.count(65536));
    channel.rows = static_cast<std::uint32_t>(in.count(kNumbersFlag + kMaxNumbers));
    channel.numbers = (channel.rows & kNumbersFlag) != 0;
    channel.rows &= ~kNumbersFlag;
  }
  config.labels = read_names(in);
  config.slots = read_names(in);
  config.temperature = in.f32();
  config.threshold = in.f32();
  // Models of earlier versions of pnlp end here.
  if (in.left() != 0 && in.u8() != 0) {
    config.label_slots = read_bits(in, config.labels.size() * config.slots.size());
  }
  // So do those without a CRF and without word n-grams, and then those without word n-grams.
  if (in.left() != 0) {
    const std::uint8_t crf = in.u8();
    if (crf > 1)
      throw Error(ErrorKind::data, fmt::format("model configuration: a CRF of kind {}", crf));
    config.crf = crf == 1;
  }
  if (in.left() != 0) {
    for (const Size& size : kNgramSizes)
      config.shape.*size.member = static_cast<std::uint32_t>(in.count(size.most));
    if (config.shape.word_ngrams == 0)
      throw Error(ErrorKind::data, "model configuration: word n-grams of no words");
  }
  in.finish();
  try {
    check_config(config);
  } catch (const Error& error) {
    throw Error(ErrorKind::data, fmt::format("model configuration: {}", error.what()));
  }
  return config;
}

}  // namespace pnlp

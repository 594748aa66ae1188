// Small problems that a small network learns in a moment: requests whose words tell label and
// slots.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/task/predictor.hpp"
#include "pnlp/task/trainer.hpp"
#include "pnlp/text/tokenizer.hpp"

namespace toy {

using namespace pnlp;

inline ProjectionSpec spec(std::uint32_t hashes = 8) {
  ProjectionSpec spec;
  spec.hashes = hashes;
  spec.channels = {"word"};
  return spec;
}

inline Featurizer featurizer(std::uint32_t hashes = 8) {
  return Featurizer(open_tokenizer("chars"), spec(hashes));
}

inline const FeatureSource& source() {
  static const FeatureSource made = featurizer().source();
  return made;
}

inline FeatureRecord features(const std::string& text) {
  static Featurizer maker = featurizer();
  Record record;
  record.text = text;
  FeatureRecord out;
  maker.featurize(record, out);
  return out;
}

// A request under construction.
struct Request {
  std::string text;
  std::vector<Span> spans;
  std::vector<std::string> topics;

  void say(std::string_view words, const char* slot = nullptr) {
    if (!text.empty()) text += ' ';
    const auto start = static_cast<std::uint32_t>(text.size());
    text += words;
    if (slot != nullptr) spans.push_back({start, static_cast<std::uint32_t>(text.size()), slot});
  }
};

inline std::string_view pick(Random& random, std::vector<std::string_view> words) {
  return words[random.below(words.size())];
}

// Topic 0 alarm, 1 music, 2 weather: one sentence about it, of three to six words.
inline void speak(Request& request, std::uint64_t topic, Random& random) {
  if (topic == 0) {
    request.say(pick(random, {"wake me", "set an alarm", "ring"}));
    request.say("at");
    request.say(pick(random, {"seven", "half past nine", "noon", "quarter to six"}), "time");
    request.topics.emplace_back("alarm");
  } else if (topic == 1) {
    request.say(pick(random, {"play", "start", "i want"}));
    request.say(pick(random, {"jazz", "a song", "some blues"}));
    request.say("by");
    request.say(pick(random, {"nina simone", "björk", "duke ellington", "abba"}), "artist");
    request.topics.emplace_back("music");
  } else {
    request.say(pick(random, {"will it rain in", "how cold is it in", "weather for"}));
    request.say(pick(random, {"oslo", "new york", "são paulo", "bergen"}), "place");
    request.topics.emplace_back("weather");
  }
}

// `count` requests, labelled and spanned as `task` wants it; for several labels each has any number
// of topics. `seed` decides all.
inline std::vector<FeatureRecord> records(Task task, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<FeatureRecord> all;
  for (std::size_t i = 0; i < count; ++i) {
    Request request;
    if (random.below(3) == 0) request.say(pick(random, {"please", "hello", "now"}));
    if (task == Task::multilabel) {
      for (std::uint64_t topic = 0; topic < 3; ++topic) {
        if (random.below(2) == 0) speak(request, topic, random);
      }
      if (request.text.empty()) request.say("nothing more");
    } else {
      speak(request, random.below(3), random);
    }
    FeatureRecord record = features(request.text);
    if (has_label(task)) {
      record.label_form = task == Task::multilabel ? LabelForm::multiple : LabelForm::single;
      for (const std::string& topic : request.topics) record.labels.push_back({topic, 1.0F});
    }
    if (has_tags(task)) {
      record.has_spans = true;
      record.spans = request.spans;
    }
    all.push_back(std::move(record));
  }
  return all;
}

inline TrainOptions options(std::uint32_t epochs = 8) {
  TrainOptions options;
  options.shape.feature_size = 128;
  options.shape.channel_rows = 128;
  options.shape.bottleneck = 16;
  options.shape.hidden = 16;
  options.shape.layers = 1;
  options.shape.segment = 8;
  options.epochs = epochs;
  options.batch = 16;
  options.learning_rate = 0.02;
  options.feature_drop = 0.1;
  options.dropout = 0.05;
  return options;
}

inline bool go_on(const EpochReport&) {
  return true;
}

inline RecordSet record_set(const FeatureSource& source, std::span<const FeatureRecord> records) {
  return RecordSet(channels_width(projection_channels(source.projection)), records);
}

// Without `dev`, a share of `train_records` is held out.
inline TrainResult fit(const std::vector<FeatureRecord>& train_records,
                       const std::optional<std::vector<FeatureRecord>>& dev,
                       const TrainOptions& options,
                       const std::function<bool(const EpochReport&)>& report = go_on) {
  std::optional<RecordSet> dev_set;
  if (dev) dev_set = record_set(source(), *dev);
  return train(source(), record_set(source(), train_records), std::move(dev_set), options, report);
}

inline double metric(const TrainResult& result, std::string_view name) {
  for (const auto& [metric, value] : result.dev) {
    if (metric == name) return value;
  }
  return -1;
}

inline std::vector<Prediction> predict(const ModelFile& model,
                                       const std::vector<FeatureRecord>& records,
                                       const PredictOptions& options = {}) {
  Predictor predictor(std::make_shared<const ModelFile>(model), options);
  std::vector<Prediction> out(records.size());
  predictor.predict(records, out);
  return out;
}

// The message of the error of this kind that `action` throws; else what happened instead.
inline std::string refusal(ErrorKind kind, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind() != kind) return std::string("another kind of error: ") + error.what();
    return error.what();
  }
  return "accepted";
}

}  // namespace toy

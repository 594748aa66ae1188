// One thread's way from feature records to predictions: pack, run the network, decode. Used by the
// predictor and by the trainer's dev pass, so that both see the same numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pnlp/feature/batcher.hpp"
#include "pnlp/feature/feature_record.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/decoding.hpp"
#include "pnlp/task/label_space.hpp"
#include "pnlp/task/predictor.hpp"

namespace pnlp {

// What all threads share; `weights` is a view of an arena that outlives it.
struct SharedModel {
  SharedModel(const ModelConfig& config_, std::span<const float> weights_)
      : config(config_), network(config), labels(config), weights(weights_) {}
  // A view of a file that outlives it; in 8 bits if the file asks for it.
  explicit SharedModel(const ModelFile& file) : SharedModel(file.config, file.weights) {
    if (file.weight_format == WeightFormat::int8_products)
      eight.emplace(network, weights.data(), file.table);
  }
  ModelConfig config;
  Network network;
  LabelSpace labels;
  std::span<const float> weights;
  std::optional<Network8> eight;
};

// Error(data) if the model's channels are not those of the features it names as its own.
void check_channels(const ModelConfig& config, const FeatureSource& source);

// A batcher for the model's channels.
Batcher make_batcher(const ModelConfig& config);

// Not thread-safe.
class Inference {
 public:
  // Projected words that are remembered, whichever is reached first.
  static constexpr std::size_t kRememberedWords = 65536;
  static constexpr std::size_t kRememberedFloats = 3U << 20;  // 12 MiB

  // `most_floats`: of projected words that are remembered.
  explicit Inference(std::shared_ptr<const SharedModel> model,
                     std::size_t most_floats = kRememberedFloats);

  // Each record's outcome depends on that record alone. `out.size()` == `records.size()`.
  void predict(std::span<const FeatureRecord> records, const PredictOptions& options,
               std::span<Prediction> out);
  // The same for records whose words are in `rows`. Rows of equal numbers and `generation` are the
  // same from call to call. An object is used for one kind of records.
  void predict(const NumberedWords& rows, std::uint64_t generation,
               std::span<const NumberedRecord> records, const PredictOptions& options,
               std::span<Prediction> out);

  // Adds `share` times the probabilities of labels and of tags, for the mean of several models.
  struct Probabilities {
    std::vector<float> labels;  // [labels]; empty without words
    std::vector<float> tags;    // [tokens read][tags]
  };
  void add_probabilities(std::span<const FeatureRecord> records, float share,
                         std::span<Probabilities> out);
  void add_probabilities(const NumberedWords& rows, std::uint64_t generation,
                         std::span<const NumberedRecord> records, float share,
                         std::span<Probabilities> out);

  // All logits of the same, labels' then tags', record after record: for self-tests.
  void logits(std::span<const FeatureRecord> records, std::vector<float>& logits);
  // Label logits [records][labels], for calibration.
  void label_logits(std::span<const FeatureRecord> records, std::vector<float>& logits);

  // To be called when the weights have changed: projected words and bounds of transitions are
  // remembered.
  void forget();

 private:
  struct Numbered;
  void forget_words();
  void run(std::span<const FeatureRecord> records);
  void run(const Numbered& part);
  void run_packed(std::size_t words_known);
  template <typename Records, typename Visit>
  void for_each_part(const Records& records, const Visit& visit);
  template <typename Records>
  void predict_parts(const Records& records, const PredictOptions& options,
                     std::span<Prediction> out);
  template <typename Records>
  void add_parts(const Records& records, float share, std::span<Probabilities> out);
  // Of a record of the part that is in memory_; valid until the next call or run.
  RecordLogits logits_of(std::size_t sequence, bool probabilities);

  std::shared_ptr<const SharedModel> model_;
  std::size_t most_floats_;
  Batcher batcher_;
  FeatureSet set_;                       // remembers the words of earlier batches
  std::uint64_t generation_ = 0;         // of numbered words
  std::vector<std::uint8_t> projected_;  // by word: whether memory_.projected holds it
  PackedBatch batch_;
  NetworkMemory memory_;
  OutcomeDecoder decoder_;
  std::optional<Transitions> crf_;
  std::optional<TagProbabilities> tag_probabilities_of_;  // made when first needed
  std::vector<const float*> rows_;
  std::vector<float> tag_probabilities_;
};

}  // namespace pnlp

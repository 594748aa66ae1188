// From fingerprints to labels, scores and slots.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/numbered_words.hpp"
#include "pnlp/model/model_file.hpp"

namespace pnlp {

struct PredictOptions {
  std::uint32_t top = 1;           // best labels listed
  bool all_scores = false;         // a probability for every label, and for the tags of each token
  std::optional<float> threshold;  // multi-label: instead of the model's own
  float min_score = 0;             // single label: below this probability the label is null
};

struct Prediction {
  std::optional<std::string> label;  // single-label tasks; nullopt: no text, or under min_score
  float score = 0;                   // probability of the best label; 0 without text
  std::vector<LabelWeight> labels;   // multi-label: those above the threshold, falling probability
  std::vector<LabelWeight> top;      // when top > 1: by falling probability
  std::vector<LabelWeight> scores;   // when all_scores: in the model's order of labels
  std::vector<std::string> tags;     // tagging tasks: one a token, well-formed BIO
  std::vector<Span> spans;           // tagging tasks: byte offsets of the original text
  // Tagging tasks when all_scores: of each token its tags of probability 0.0001 or more, in the
  // model's order; none for a token that was not read.
  std::vector<TagWeights> tag_scores;
  std::uint32_t cut_tokens = 0;  // tokens beyond the model's max_tokens (tagged O)
};

// Not thread-safe: one per thread, by clone(), which shares the weights and may be called while the
// original works.
class Predictor {
 public:
  // Runs the model's self-test. Errors: data (its outputs are not reproduced; the model's parts do
  // not fit each other).
  Predictor(std::shared_ptr<const ModelFile> model, PredictOptions options);
  // Several models, by name: the mean of their probabilities is what is decided by. Errors: data,
  // also if a model's task, labels, slots or features are not the first one's.
  struct Member {
    std::string name;
    std::shared_ptr<const ModelFile> model;
  };
  Predictor(std::span<const Member> members, PredictOptions options);
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;
  Predictor(Predictor&&) = delete;
  Predictor& operator=(Predictor&&) = delete;
  std::unique_ptr<Predictor> clone() const;

  // Results do not depend on how records are batched. `out.size()` == `records.size()`.
  void predict(std::span<const FeatureRecord> records, std::span<Prediction> out);

  // The same for records whose words are numbered in `rows`: the way without detours from text.
  // Rows of equal numbers and `generation` must be the same from call to call. One object serves
  // one of the two.
  void predict(const NumberedWords& rows, std::uint64_t generation,
               std::span<const NumberedRecord> records, std::span<Prediction> out);
  // How many words a Featurizer may remember that numbers them: as many as are remembered here, of
  // several models by each.
  std::size_t remembered_words() const;

  // Of several models: what they have in common.
  const ModelConfig& config() const;
  const FeatureSource& source() const;

 private:
  Predictor() = default;
  struct State;
  std::unique_ptr<State> state_;
};

// A prediction as the JSON object that `pnlp predict` adds to a record (schema: pnlp-predict(1)).
void append_prediction(std::string& out, const Prediction& prediction, Task task);

}  // namespace pnlp

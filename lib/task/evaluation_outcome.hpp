// From a gold record and a prediction to an Outcome, with the checks that keep an evaluation
// honest. Private to evaluation*.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pnlp/model/config.hpp"
#include "pnlp/task/evaluation.hpp"
#include "pnlp/text/record.hpp"
#include "pnlp/text/words.hpp"

namespace pnlp {

// A prediction, read back or fresh from the model.
struct Predicted {
  bool tells_label = false;
  bool several = false;             // independent decisions: `scores` holds one for each label
  std::vector<std::string> labels;  // one, none (null), or several
  std::optional<double> score;      // of a single label
  std::vector<LabelWeight> scores;
  bool tells_spans = false;
  std::vector<Span> spans;
};

// The object in field `into` of the JSON line. Errors: data, at `place`.
Predicted parse_prediction(const std::string& line, const std::string& into, const Place& place);
Predicted from_prediction(const Prediction& prediction, Task task);

class OutcomeMaker {
 public:
  // `model`: whose labels and slots gold must keep to, or null when they are not known.
  OutcomeMaker(const EvaluateOptions& options, const ModelConfig* model)
      : options_(options), model_(model) {}

  // Adds one record. `words`: of the record's text, if the gold has no tokens of its own.
  void add(const Record& gold, const Predicted& predicted, const Place& predicted_place,
           std::span<const ByteRange> words, Evaluation& evaluation);
  // The same with words split from `text`.
  void add(const Record& gold, const Predicted& predicted, const Place& predicted_place,
           const std::string& text, Evaluation& evaluation);

 private:
  void check_parts(const Record& gold, const Predicted& predicted, const Place& predicted_place);
  void check_known(const Record& gold, std::span<const std::string> labels) const;
  void fill_labels(const Record& gold, const Predicted& predicted);

  const EvaluateOptions& options_;
  const ModelConfig* model_;
  std::optional<bool> gold_label_, gold_spans_, predicted_label_, predicted_spans_;
  WordSplitter splitter_;
  std::vector<ByteRange> words_;
  Outcome outcome_;
};

}  // namespace pnlp

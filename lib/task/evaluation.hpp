// Evaluations of files: gold records against predictions that were written before, or against a
// model that predicts them now. What does not match is an error that names the line, never a
// number.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/model/model_file.hpp"
#include "pnlp/task/metrics.hpp"
#include "pnlp/task/predictor.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp {

// How a prediction finds its gold record.
enum class MatchBy : std::uint8_t {
  order,  // the n-th with the n-th; ids and texts must agree where both have them
  id,     // by the id field; every record needs one, and none may be missing, twice or left over
};

// What a gold label is that the model cannot predict.
enum class UnknownLabels : std::uint8_t { error, wrong };

struct EvaluateOptions {
  ReaderOptions reader;             // of gold and predictions; need_text is not looked at
  std::string into = "prediction";  // field that holds the prediction, as `pnlp predict` writes it
  MatchBy match = MatchBy::order;
  UnknownLabels unknown_labels = UnknownLabels::error;
};

struct EvaluateResult {
  Evaluation evaluation;
  std::uint64_t skipped = 0;  // malformed records, under another on_error than fail
  std::string first_failure;
  std::uint64_t dropped_spans = 0;  // gold spans, under OverlappingSpans::keep_longest
};

// Each part that both sides tell is measured: label(s), spans. Either all gold records tell a part
// or none does; the same holds for predictions. Errors of all three: data (that rule broken; no
// record; nothing in common; a record that does not match), io.

// Predictions in JSONL at `predictions`, gold in any format or as feature streams. Only
// OnError::fail makes sense here: Error(usage) otherwise.
EvaluateResult evaluate_predictions(const std::vector<std::string>& gold,
                                    const std::vector<std::string>& predictions,
                                    const EvaluateOptions& options);

// JSONL records that carry both: gold in their fields, and the prediction.
EvaluateResult evaluate_predicted(const std::vector<std::string>& files,
                                  const EvaluateOptions& options);

struct ModelEvaluation {
  PredictOptions predict;  // threshold and min_score; the rest is chosen here
  int threads = 1;
  std::size_t cache_words = 65536;
  // Called for every prediction, in the order of input.
  std::function<void(const Prediction&)> each = nullptr;
};
// A model's predictions of the gold records (of any format, or feature streams made for this
// model). Does not depend on `threads`. Further errors: data (a gold label or span type that the
// model does not know, under UnknownLabels::error; features of another kind than the model's).
EvaluateResult evaluate_model(const std::shared_ptr<const ModelFile>& model,
                              const std::vector<std::string>& gold, const EvaluateOptions& options,
                              const ModelEvaluation& how);

}  // namespace pnlp

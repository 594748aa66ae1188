#include "pnlp/task/evaluation_outcome.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/text/bio.hpp"

namespace pnlp {
namespace {

// The first of a model's names, for a message that stays short.
std::string some(std::span<const std::string> names) {
  constexpr std::size_t kShown = 8;
  const auto shown = names.subspan(0, std::min(names.size(), kShown));
  return fmt::format("{}{}", fmt::join(shown, ", "), names.size() > kShown ? ", ..." : "");
}

[[noreturn]] void unknown(const Place& place, const char* what, const std::string& name,
                          std::span<const std::string> known) {
  throw Error(ErrorKind::data, place,
              fmt::format("{} '{}' is unknown to the model, which knows {} of them ({}); correct "
                          "it, train with it, or count it as wrong (--unknown-labels wrong)",
                          what, name, known.size(), some(known)));
}

// Every record must be like the first.
void check_same(std::optional<bool>& first, bool now, const Place& place, const char* whose,
                const char* what) {
  if (!first.has_value()) first = now;
  if (*first == now) return;
  throw Error(ErrorKind::data, place,
              fmt::format("the {} {} {}, but the records before {}; evaluate such records apart",
                          whose, now ? "has" : "lacks", what, now ? "lack them" : "have them"));
}

}  // namespace

Predicted from_prediction(const Prediction& prediction, Task task) {
  Predicted result;
  result.tells_label = has_label(task);
  result.several = task == Task::multilabel;
  if (result.several) {
    for (const LabelWeight& label : prediction.labels) result.labels.push_back(label.name);
    result.scores = prediction.scores;
  } else if (prediction.label.has_value()) {
    result.labels.push_back(*prediction.label);
    result.score = prediction.score;
  }
  result.tells_spans = has_tags(task);
  result.spans = prediction.spans;
  return result;
}

void OutcomeMaker::check_parts(const Record& gold, const Predicted& predicted,
                               const Place& predicted_place) {
  const bool has_label = gold.label_form != LabelForm::none;
  check_same(gold_label_, has_label, gold.place, "gold record", "labels");
  check_same(gold_spans_, gold.has_spans, gold.place, "gold record", "spans or tags");
  check_same(predicted_label_, predicted.tells_label, predicted_place, "prediction", "labels");
  check_same(predicted_spans_, predicted.tells_spans, predicted_place, "prediction", "spans");
  if ((has_label && predicted.tells_label) || (gold.has_spans && predicted.tells_spans)) return;
  throw Error(
      ErrorKind::data, gold.place,
      !has_label && !gold.has_spans
          ? std::string("the record has neither label nor spans nor tags to compare with; is this "
                        "the gold file, and are its field names the default ones?")
          : fmt::format("the gold record has {} only and the prediction {} only: there is nothing "
                        "to compare",
                        has_label ? "labels" : "spans", has_label ? "spans" : "labels"));
}

void OutcomeMaker::check_known(const Record& gold, std::span<const std::string> labels) const {
  if (model_ == nullptr || options_.unknown_labels == UnknownLabels::wrong) return;
  const auto known = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (outcome_.has_label) {
    for (const std::string& label : labels) {
      if (!known(model_->labels, label)) unknown(gold.place, "label", label, model_->labels);
    }
  }
  if (outcome_.has_spans) {
    for (const Span& span : gold.spans) {
      if (!known(model_->slots, span.label)) {
        unknown(gold.place, "span label", span.label, model_->slots);
      }
    }
  }
}

void OutcomeMaker::fill_labels(const Record& gold, const Predicted& predicted) {
  outcome_.gold_labels = gold_label_names(gold.label_form, gold.labels);
  outcome_.labels = predicted.labels;
  const auto is_gold = [this](const std::string& name) {
    const auto& names = outcome_.gold_labels;
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (predicted.several) {
    for (const LabelWeight& label : predicted.scores) {
      outcome_.chances.push_back({label.weight, is_gold(label.name)});
    }
  } else if (predicted.score.has_value() && predicted.labels.size() == 1) {
    outcome_.chances.push_back({*predicted.score, is_gold(predicted.labels.front())});
  }
}

void OutcomeMaker::add(const Record& gold, const Predicted& predicted, const Place& predicted_place,
                       std::span<const ByteRange> words, Evaluation& evaluation) {
  check_parts(gold, predicted, predicted_place);
  outcome_.clear();
  outcome_.has_label = gold.label_form != LabelForm::none && predicted.tells_label;
  outcome_.has_spans = gold.has_spans && predicted.tells_spans;
  if (outcome_.has_label) fill_labels(gold, predicted);
  if (outcome_.has_spans) {
    outcome_.gold_spans = gold.spans;
    outcome_.spans = predicted.spans;
    const auto tokens = gold.has_tokens ? std::span<const ByteRange>(gold.tokens) : words;
    outcome_.gold_tags = tags_from_spans(tokens, gold.spans).tags;
    outcome_.tags = tags_from_spans(tokens, predicted.spans).tags;
  }
  check_known(gold, outcome_.gold_labels);
  evaluation.add(outcome_);
}

void OutcomeMaker::add(const Record& gold, const Predicted& predicted, const Place& predicted_place,
                       const std::string& text, Evaluation& evaluation) {
  if (!text.empty() && !predicted.spans.empty() && predicted.spans.back().end > text.size()) {
    throw Error(ErrorKind::data, predicted_place,
                fmt::format("a predicted span ends at byte {}, but the text has {} bytes",
                            predicted.spans.back().end, text.size()));
  }
  words_.clear();
  if (!gold.has_tokens && gold.has_spans) splitter_.split(text, words_);
  add(gold, predicted, predicted_place, words_, evaluation);
}

}  // namespace pnlp

// Reading back what `pnlp predict` wrote under --into. Strict: predictions may come from anywhere.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/task/evaluation_outcome.hpp"

namespace pnlp {
namespace {

using Kind = JsonValue::Kind;

// Fields of one prediction, with the place and the field's name for messages.
class PredictionParser {
 public:
  PredictionParser(std::string into, Place place)
      : into_(std::move(into)), place_(std::move(place)) {}

  Predicted parse(const JsonValue& object) const {
    Predicted result;
    if (const JsonValue* label = object.find("label")) read_label(*label, result);
    if (const JsonValue* labels = object.find("labels")) read_labels(*labels, result);
    if (const JsonValue* score = object.find("score")) {
      // As the model gave it: in single precision.
      result.score = static_cast<float>(probability(*score, "score"));
    }
    if (const JsonValue* scores = object.find("scores")) {
      result.scores = weights(*scores, "scores");
    }
    if (const JsonValue* spans = object.find("spans")) read_spans(*spans, result);
    if (!result.tells_label && !result.tells_spans) {
      fail("has none of \"label\", \"labels\" and \"spans\"");
    }
    return result;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::data, place_,
                fmt::format("\"{}\" {}; it should be as pnlp predict writes it", into_, what));
  }

 private:
  void read_label(const JsonValue& label, Predicted& result) const {
    result.tells_label = true;
    if (label.kind == Kind::string) {
      result.labels = {label.string};
    } else if (label.kind == Kind::array) {
      read_labels(label, result);
    } else if (label.kind != Kind::null) {
      fail("has a \"label\" that is neither a string nor a list nor null");
    }
  }

  // ["a", "b"], or [{"label": "a", "score": 0.9}, ...].
  void read_labels(const JsonValue& labels, Predicted& result) const {
    if (labels.kind != Kind::array) fail("has \"labels\" that are not a list");
    result.tells_label = result.several = true;
    for (const JsonValue& item : labels.items) {
      result.labels.push_back(item.kind == Kind::string ? item.string
                                                        : weight(item, "labels").name);
    }
  }

  double probability(const JsonValue& value, const char* field) const {
    if (value.kind != Kind::number || !(value.number >= 0 && value.number <= 1)) {
      fail(fmt::format("has a \"{}\" that is not a number from 0 to 1", field));
    }
    return value.number;
  }

  // {"label": "a", "score": 0.9}.
  LabelWeight weight(const JsonValue& item, const char* field) const {
    const JsonValue* name = item.find("label");
    const JsonValue* score = item.find("score");
    if (name == nullptr || name->kind != Kind::string || score == nullptr) {
      fail(fmt::format("has an item in \"{}\" without \"label\" and \"score\"", field));
    }
    return {name->string, static_cast<float>(probability(*score, field))};
  }

  // {"a": 0.9, ...}, or a list of objects with label and score.
  std::vector<LabelWeight> weights(const JsonValue& value, const char* field) const {
    std::vector<LabelWeight> result;
    if (value.kind == Kind::array) {
      for (const JsonValue& item : value.items) result.push_back(weight(item, field));
    } else if (value.kind == Kind::object) {
      for (const auto& [name, number] : value.members) {
        result.push_back({name, static_cast<float>(probability(number, field))});
      }
    } else {
      fail(fmt::format("has \"{}\" that are neither an object nor a list", field));
    }
    return result;
  }

  void read_spans(const JsonValue& spans, Predicted& result) const {
    if (spans.kind != Kind::array) fail("has \"spans\" that are not a list");
    result.tells_spans = true;
    for (const JsonValue& item : spans.items) {
      const JsonValue* label = item.find("label");
      if (label == nullptr || label->kind != Kind::string) fail("has a span without \"label\"");
      result.spans.push_back({offset(item, "start"), offset(item, "end"), label->string});
      if (result.spans.back().start >= result.spans.back().end) {
        fail(fmt::format("has an empty span at byte {}", result.spans.back().start));
      }
    }
    std::sort(result.spans.begin(), result.spans.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    for (std::size_t i = 1; i < result.spans.size(); ++i) {
      if (result.spans[i].start < result.spans[i - 1].end) {
        fail(fmt::format("has spans that overlap at byte {}", result.spans[i].start));
      }
    }
  }

  std::uint32_t offset(const JsonValue& span, const char* field) const {
    const JsonValue* value = span.find(field);
    if (value == nullptr || value->kind != Kind::number || value->number < 0 ||
        value->number > 4294967295.0 || value->number != std::floor(value->number)) {
      fail(fmt::format("has a span whose \"{}\" is not a byte offset", field));
    }
    return static_cast<std::uint32_t>(value->number);
  }

  std::string into_;
  Place place_;
};

JsonValue parsed(const std::string& line, const Place& place) {
  try {
    return parse_json(line);
  } catch (const Error& error) {
    throw Error(ErrorKind::data, place, error.what());
  }
}

}  // namespace

Predicted parse_prediction(const std::string& line, const std::string& into, const Place& place) {
  if (line.empty()) {
    throw Error(ErrorKind::data, place,
                "predictions must be JSONL, one object a line, as pnlp predict writes them");
  }
  const JsonValue record = parsed(line, place);
  const JsonValue* object = record.find(into);
  if (object == nullptr) {
    throw Error(ErrorKind::data, place,
                fmt::format("the record has no field \"{}\" with a prediction; name that field "
                            "(--into), a file of predictions (-p), or a model (-m)",
                            into));
  }
  const PredictionParser parser(into, place);
  if (object->kind != Kind::object) parser.fail("is not an object");
  return parser.parse(*object);
}

}  // namespace pnlp

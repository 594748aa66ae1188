#include "pnlp/text/jsonl_record.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "pnlp/io/json.hpp"
#include "pnlp/io/lines.hpp"
#include "pnlp/text/draft.hpp"
#include "pnlp/text/json_walk.hpp"
#include "pnlp/text/quoted.hpp"

namespace pnlp {
namespace {

using namespace json_walk;  // NOLINT(google-build-using-namespace): this file is its user

static_assert(LineReader::kPadding >= simdjson::SIMDJSON_PADDING);

enum Field : std::size_t {
  kText,
  kLabel,
  kTokens,
  kTags,
  kSpans,
  kId,
  kTokenizer,  // this and the next two are the fields that `pnlp tokenize` adds
  kUnits,
  kOffsets,
  kScores,  // this and the next one are what `pnlp predict --scores` adds
  kTagScores,
  kFields
};

}  // namespace

struct JsonlParser::State {
  ReaderOptions options;
  std::array<std::string, kFields> names;
  std::array<std::string, kFields> shown;  // for messages: field "label"
  simdjson::ondemand::parser parser;
  Draft draft;
  std::array<bool, kFields> seen{};
  std::size_t fields = kFields;  // how many of them are looked for
  bool nested = false;           // whether a name has a dot
  std::string path;              // of the object that is read: names of fields, a dot behind each
  // The fields of `pnlp tokenize` count only if all three are there and well-formed: others may use
  // these names for things of their own.
  std::string tokenizer;
  std::string_view units_fault;
  std::string_view offsets_fault;
  // Of a prediction; where there are some, they count instead of label and tags.
  std::vector<LabelWeight> scores;
  std::vector<TagWeights> tag_scores;

  Field field_of(std::string_view key) const {
    for (std::size_t i = 0; i < fields; ++i) {
      if (names[i] == key) return static_cast<Field>(i);
    }
    return kFields;
  }

  // Whether fields are wanted of the object at `path`, which ends in a dot.
  bool leads_on() const {
    const auto looked_for = std::span(names).first(fields);
    return std::ranges::any_of(looked_for,
                               [&](const std::string& name) { return name.starts_with(path); });
  }

  void read_member(std::string_view key, Value& value, Record& record);
  void read_field(Field field, Value& value, Record& record);
  void read_label(Value& value, json_type type, Record& record);
  void read_tags(Value& value, Record& record);
  void read_tag_scores(Value& value);
  void read_spans(Value& value, Record& record);
  void read_span(Value& value, Record& record);
  std::uint32_t span_offset(Value& value, std::string_view key);
  void read_id(Value& value, json_type type, Record& record);
  void finish(Record& record);
};

void JsonlParser::State::read_field(Field field, Value& value, Record& record) {
  const json_type type = type_of(value);
  if (field == kFields) {
    skip(value, 2);
    return;
  }
  if (seen[field]) refuse("{} appears twice", shown[field]);
  seen[field] = true;
  if (type == json_type::null) {  // as if the field were not there
    scalar(value);
    return;
  }
  switch (field) {
    case kText:
      expect(type, json_type::string, shown[field]);
      record.text = string(value);
      draft.has_text = true;
      break;
    case kLabel:
      read_label(value, type, record);
      break;
    case kTokens:
      expect(type, json_type::array, shown[field]);
      for_elements(value, [&](Value& token) { draft.add_token(expect_string(token, "a token")); });
      draft.has_tokens = true;
      break;
    case kTags:
      expect(type, json_type::array, shown[field]);
      read_tags(value, record);
      break;
    case kSpans:
      expect(type, json_type::array, shown[field]);
      read_spans(value, record);
      break;
    case kId:
      read_id(value, type, record);
      break;
    case kTokenizer:
      if (type == json_type::string) {
        tokenizer = string(value);
      } else {
        skip(value, 2);
      }
      break;
    case kUnits:
      read_units(value, record.units, units_fault);
      break;
    case kScores:
      expect(type, json_type::object, shown[field]);
      read_label_weights(value, shown[field], scores);
      break;
    case kTagScores:
      expect(type, json_type::array, shown[field]);
      read_tag_scores(value);
      break;
    default:
      read_offsets(value, draft.offsets, offsets_fault);
  }
}

// A name "a.b" is that of the field "a.b", or of the field "b" in the object "a".
void JsonlParser::State::read_member(std::string_view key, Value& value, Record& record) {
  if (!nested) {
    read_field(field_of(key), value, record);
    return;
  }
  const std::size_t above = path.size();
  path += key;
  const Field field = field_of(path);
  path += '.';
  if (field == kFields && type_of(value) == json_type::object && leads_on()) {
    for_fields(value,
               [&](std::string_view inner, Value member) { read_member(inner, member, record); });
  } else {
    read_field(field, value, record);
  }
  path.resize(above);
}

void JsonlParser::State::read_label(Value& value, json_type type, Record& record) {
  if (type == json_type::string) {
    add_label(record.labels, string(value));
    record.label_form = LabelForm::single;
  } else if (type == json_type::array) {
    for_elements(value, [&](Value& name) {
      add_label(record.labels, expect_string(name, "a label in the list"));
    });
    record.label_form = LabelForm::multiple;
  } else if (type == json_type::object) {
    read_label_weights(value, shown[kLabel], record.labels);
    record.label_form = LabelForm::soft;
  } else {
    refuse("{} must be a string, a list of strings or an object of probabilities, not {}",
           shown[kLabel], type_name(type));
  }
}

// Strings, or an object of probabilities for each token; an empty one where nothing is known.
void JsonlParser::State::read_tags(Value& value, Record& record) {
  bool strings = false;
  for_elements(value, [&](Value& tag) {
    if (type_of(tag) == json_type::object) {
      record.tag_weights.push_back(
          read_tag_weights(tag, shown[kTags], record.tag_weights.size() + 1));
    } else {
      draft.add_tag(expect_string(tag, "a tag"));
      strings = true;
    }
  });
  if (strings && !record.tag_weights.empty())
    refuse("{} holds strings and objects; give one or the other", shown[kTags]);
  record.has_tag_weights = !strings;
  draft.has_tags = strings;
}

void JsonlParser::State::read_tag_scores(Value& value) {
  for_elements(value, [&](Value& token) {
    expect(type_of(token), json_type::object, "a token's probabilities");
    tag_scores.push_back(read_tag_weights(token, shown[kTagScores], tag_scores.size() + 1));
  });
}

void JsonlParser::State::read_id(Value& value, json_type type, Record& record) {
  if (type == json_type::string) {
    append_json_string(record.id, string(value));
  } else if (type == json_type::number) {
    record.id = scalar(value);
  } else {
    refuse("{} must be a string or a number, not {}", shown[kId], type_name(type));
  }
}

std::uint32_t JsonlParser::State::span_offset(Value& value, std::string_view key) {
  const json_type type = type_of(value);
  if (type != json_type::number) {
    refuse("a span's \"{}\" must be a number, not {}", key, type_name(type));
  }
  const std::string_view token = scalar(value);
  std::uint32_t offset = 0;
  if (!whole_number(token, offset)) {
    refuse("a span's \"{}\" is {}: it must be a whole number of bytes within the text", key, token);
  }
  return offset;
}

void JsonlParser::State::read_span(Value& value, Record& record) {
  expect(type_of(value), json_type::object, "a span");
  Span span;
  bool start = false;
  bool end = false;
  bool label = false;
  const auto once = [](bool& have, std::string_view key) {
    if (have) refuse("a span has \"{}\" twice", key);
    have = true;
  };
  for_fields(value, [&](std::string_view key, Value member) {
    if (key == "start") {
      once(start, key);
      span.start = span_offset(member, key);
    } else if (key == "end") {
      once(end, key);
      span.end = span_offset(member, key);
    } else if (key == "label") {
      once(label, key);
      span.label = expect_string(member, "a span's \"label\"");
    } else {
      skip(member, 4);
    }
  });
  if (!start || !end || !label) {
    refuse("a span lacks \"{}\"", !start ? "start" : (!end ? "end" : "label"));
  }
  record.spans.push_back(std::move(span));
}

void JsonlParser::State::read_spans(Value& value, Record& record) {
  for_elements(value, [&](Value& span) { read_span(span, record); });
  draft.has_spans = true;
}

void JsonlParser::State::finish(Record& record) {
  if (!tokenizer.empty() && seen[kUnits] && seen[kOffsets]) {
    if (!units_fault.empty()) refuse("{} {}", shown[kUnits], units_fault);
    if (!offsets_fault.empty()) refuse("{} {}", shown[kOffsets], offsets_fault);
    record.tokenizer = tokenizer;
    draft.has_offsets = true;
  } else {
    record.units.clear();
  }
  if (!scores.empty()) {
    record.labels.swap(scores);
    record.label_form = LabelForm::soft;
  }
  if (!tag_scores.empty()) {
    record.tag_weights.swap(tag_scores);
    record.has_tag_weights = true;
  }
  finish_record(draft, options, record);
}

JsonlParser::JsonlParser(const ReaderOptions& options) : state_(std::make_unique<State>()) {
  State& state = *state_;
  const FieldNames& fields = options.fields;
  state.options = options;
  state.names = {fields.text,
                 fields.label,
                 fields.tokens,
                 fields.tags,
                 fields.spans,
                 fields.id,
                 "tokenizer",
                 "units",
                 "offsets",
                 fields.prediction + ".scores",
                 fields.prediction + ".tag_scores"};
  if (fields.prediction.empty()) state.fields = kScores;
  for (std::size_t i = 0; i < state.fields; ++i) {
    state.shown[i] = "field " + in_quotes(state.names[i]);
    state.nested = state.nested || state.names[i].find('.') != std::string::npos;
  }
}

JsonlParser::~JsonlParser() = default;
JsonlParser::JsonlParser(JsonlParser&&) noexcept = default;
JsonlParser& JsonlParser::operator=(JsonlParser&&) noexcept = default;

std::uint64_t JsonlParser::dropped_spans() const {
  return state_->draft.dropped_spans;
}

void JsonlParser::parse(std::string_view line, Record& record) {
  State& state = *state_;
  clear_record(record);
  state.draft.clear();
  state.seen.fill(false);
  state.path.clear();
  state.scores.clear();
  state.tag_scores.clear();
  state.tokenizer.clear();
  state.units_fault = state.offsets_fault = {};

  simdjson::ondemand::document document = checked(state.parser.iterate(
      simdjson::padded_string_view(line.data(), line.size(), line.size() + LineReader::kPadding)));
  if (line[line.find_first_not_of(" \t\r")] != '{') {
    refuse("the line is no JSON object: {}", in_quotes(line));
  }
  simdjson::ondemand::object object = checked(document.get_object());
  for_fields(object,
             [&](std::string_view key, Value value) { state.read_member(key, value, record); });
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    refuse("malformed JSON: something follows the object; one object a line is expected");
  }
  state.finish(record);
  record.line = line;
}

}  // namespace pnlp

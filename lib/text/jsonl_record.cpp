#include "pnlp/text/jsonl_record.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

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
  kFields
};

void expect(json_type found, json_type wanted, std::string_view what) {
  if (found != wanted) refuse("{} must be {}, not {}", what, type_name(wanted), type_name(found));
}

std::string_view expect_string(Value& value, std::string_view what) {
  expect(type_of(value), json_type::string, what);
  return string(value);
}

bool read_offset(std::string_view number, std::uint32_t& offset) {
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, offset);
  return error == std::errc() && stop == end;
}

}  // namespace

struct JsonlParser::State {
  ReaderOptions options;
  std::array<std::string, kFields> names;
  std::array<std::string, kFields> shown;  // for messages: field "label"
  simdjson::ondemand::parser parser;
  Draft draft;
  std::array<bool, kFields> seen{};
  // The fields of `pnlp tokenize` count only if all three are there and well-formed: others may use
  // these names for things of their own.
  std::string tokenizer;
  std::string_view units_fault;
  std::string_view offsets_fault;

  Field field_of(std::string_view key) const {
    for (std::size_t i = 0; i < kFields; ++i) {
      if (names[i] == key) return static_cast<Field>(i);
    }
    return kFields;
  }

  void read_field(Field field, Value& value, Record& record);
  void read_label(Value& value, json_type type, Record& record);
  void read_spans(Value& value, Record& record);
  void read_span(Value& value, Record& record);
  void read_units(Value& value, Record& record);
  void read_word_units(Value& value, Record& record);
  void read_offsets(Value& value);
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
      for_elements(value, [&](Value& tag) { draft.add_tag(expect_string(tag, "a tag")); });
      draft.has_tags = true;
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
      read_units(value, record);
      break;
    default:
      read_offsets(value);
  }
}

void JsonlParser::State::read_label(Value& value, json_type type, Record& record) {
  if (type == json_type::string) {
    add_label(record, string(value));
    record.label_form = LabelForm::single;
  } else if (type == json_type::array) {
    for_elements(
        value, [&](Value& name) { add_label(record, expect_string(name, "a label in the list")); });
    record.label_form = LabelForm::multiple;
  } else if (type == json_type::object) {
    double sum = 0;
    for_fields(value, [&](std::string_view name, Value weight) {
      expect(type_of(weight), json_type::number, "a label's probability");
      const std::string_view token = scalar(weight);
      double number = 0;
      const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), number);
      const auto narrow = static_cast<float>(number);
      if (error != std::errc() || !(narrow >= 0) || !std::isfinite(narrow)) {
        refuse("the probability of label {} is {}: it must be finite and not negative",
               in_quotes(name), token);
      }
      sum += narrow;
      add_label(record, name, narrow);
    });
    if (!(sum > 0)) refuse("{} gives no label a probability above 0", shown[kLabel]);
    record.label_form = LabelForm::soft;
  } else {
    refuse("{} must be a string, a list of strings or an object of probabilities, not {}",
           shown[kLabel], type_name(type));
  }
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
  if (!read_offset(token, offset)) {
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

void JsonlParser::State::read_units(Value& value, Record& record) {
  if (type_of(value) != json_type::array) {
    units_fault = "must be a list";
    skip(value, 2);
    return;
  }
  for_elements(value, [&](Value& word) {
    record.units.emplace_back();
    if (type_of(word) == json_type::array) {
      read_word_units(word, record);
    } else {
      units_fault = "must hold one list for each token";
      skip(word, 3);
    }
  });
}

// ["wake"] or ["un", ["able"]]: a unit that continues a word stands in a list of its own.
void JsonlParser::State::read_word_units(Value& value, Record& record) {
  static constexpr std::string_view kForm = "must hold strings, or lists of one string";
  const auto add = [&](Value& text, bool continuation) {
    if (type_of(text) == json_type::string) {
      record.units.back().push_back({std::string(string(text)), continuation});
    } else {
      units_fault = kForm;
      skip(text, 5);
    }
  };
  for_elements(value, [&](Value& unit) {
    if (type_of(unit) != json_type::array) {
      add(unit, false);
      return;
    }
    std::size_t count = 0;
    for_elements(unit, [&](Value& text) {
      ++count;
      add(text, true);
    });
    if (count != 1) units_fault = kForm;
  });
}

void JsonlParser::State::read_offsets(Value& value) {
  static constexpr std::string_view kForm = "must be a list of [begin, end] pairs";
  if (type_of(value) != json_type::array) {
    offsets_fault = kForm;
    skip(value, 2);
    return;
  }
  for_elements(value, [&](Value& pair) {
    if (type_of(pair) != json_type::array) {
      offsets_fault = kForm;
      skip(pair, 3);
      return;
    }
    std::array<std::uint32_t, 2> range{};
    std::size_t count = 0;
    for_elements(pair, [&](Value& number) {
      if (type_of(number) != json_type::number) {
        offsets_fault = kForm;
        skip(number, 4);
      } else if (count >= 2 || !read_offset(scalar(number), range[count])) {
        scalar(number);
        offsets_fault = "must be pairs of whole numbers of bytes";
      }
      ++count;
    });
    if (count != 2) offsets_fault = kForm;
    draft.offsets.push_back({range[0], range[1]});
  });
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
  finish_record(draft, options, record);
}

JsonlParser::JsonlParser(const ReaderOptions& options) : state_(std::make_unique<State>()) {
  State& state = *state_;
  const FieldNames& fields = options.fields;
  state.options = options;
  state.names = {fields.text, fields.label, fields.tokens, fields.tags, fields.spans,
                 fields.id,   "tokenizer",  "units",       "offsets"};
  for (std::size_t i = 0; i < kFields; ++i) state.shown[i] = "field " + in_quotes(state.names[i]);
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
  state.tokenizer.clear();
  state.units_fault = state.offsets_fault = {};

  simdjson::ondemand::document document = checked(state.parser.iterate(
      simdjson::padded_string_view(line.data(), line.size(), line.size() + LineReader::kPadding)));
  if (line[line.find_first_not_of(" \t\r")] != '{') {
    refuse("the line is no JSON object: {}", in_quotes(line));
  }
  simdjson::ondemand::object object = checked(document.get_object());
  for_fields(object, [&](std::string_view key, Value value) {
    state.read_field(state.field_of(key), value, record);
  });
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    refuse("malformed JSON: something follows the object; one object a line is expected");
  }
  state.finish(record);
  record.line = line;
}

}  // namespace pnlp

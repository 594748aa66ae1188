// One record of input, whatever file format it came in: a text, perhaps its tokens,
// perhaps its gold label(s) and slots. Offsets are UTF-8 bytes, ends exclusive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pnlp/base/error.hpp"

namespace pnlp {

struct ByteRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

// A labelled stretch of a record's text.
struct Span {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::string label;
  bool operator==(const Span&) const = default;
};

enum class LabelForm : std::uint8_t {
  none,      // the record has no label
  single,    // "label": "x"
  multiple,  // "label": ["x", "y"], possibly empty
  soft,      // "label": {"x": 0.9, "y": 0.1}
};

struct LabelWeight {
  std::string name;
  float weight = 1.0F;
  bool operator==(const LabelWeight&) const = default;
};

// Probabilities of a token's tags, each named once; they count in proportion to their sum. Empty:
// nothing is known of the token.
using TagWeights = std::vector<LabelWeight>;

// One subword unit of one token, as `pnlp tokenize` wrote it and `pnlp project` reads it.
struct UnitText {
  std::string text;
  bool continuation = false;
};

struct Record {
  Place place;       // file and line, for messages
  std::string line;  // JSONL: the object as it was read, for pass-through; empty for other formats
  bool malformed = false;  // reader option on_error = null: nothing below is set

  std::string id;  // the id field as JSON text ("7", "\"a\""); empty: none
  std::string text;

  LabelForm label_form = LabelForm::none;
  std::vector<LabelWeight> labels;

  bool has_tokens = false;        // tokens given by the record; else the word splitter finds them
  std::vector<ByteRange> tokens;  // into text; in order, not overlapping
  // Units of each token, only in records written by `pnlp tokenize` ("tokenizer" names who made
  // them).
  std::string tokenizer;
  std::vector<std::vector<UnitText>> units;

  bool has_spans =
      false;  // slots are given (perhaps none of them); BIO tags are converted to spans
  std::vector<Span> spans;  // by start, not overlapping

  // "tags" that are probabilities, one entry a token (of tokens that may still have to be found).
  // They are what is learned; spans, unless given, are those of the most probable tags, as soon as
  // tokens are known.
  bool has_tag_weights = false;
  std::vector<TagWeights> tag_weights;
};

}  // namespace pnlp

#include "prediction_text.hpp"

#include <fmt/format.h>

#include "pnlp/io/json.hpp"

namespace pnlp::cmd {
namespace {

void append_cell(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
}

void append_spans(std::string& out, const std::vector<Span>& spans) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const Span& span : spans) {
    json.begin_object();
    json.key("start").value(static_cast<std::uint64_t>(span.start));
    json.key("end").value(static_cast<std::uint64_t>(span.end));
    json.key("label").value(span.label);
    json.end_object();
  }
  json.end_array();
  append_cell(out, text);
}

void append_labels(std::string& out, const std::vector<LabelWeight>& labels) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const LabelWeight& label : labels) json.value(label.name);
  json.end_array();
  append_cell(out, text);
}

}  // namespace

std::string tsv_header(Task task, bool has_text) {
  std::string header = "id";
  if (has_label(task)) header += "\tlabel\tscore";
  if (has_tags(task)) header += "\tspans";
  if (has_text) header += "\ttext";
  return header + "\n";
}

void append_tsv(std::string& out, std::string_view id, const std::string* text,
                const Prediction& prediction, Task task) {
  append_cell(out, id);
  if (has_label(task)) {
    out += '\t';
    if (task == Task::multilabel) {
      append_labels(out, prediction.labels);
    } else if (prediction.label) {
      append_cell(out, *prediction.label);
    }
    out += fmt::format("\t{}", prediction.score);
  }
  if (has_tags(task)) {
    out += '\t';
    append_spans(out, prediction.spans);
  }
  if (text != nullptr) {
    out += '\t';
    append_cell(out, *text);
  }
  out += '\n';
}

}  // namespace pnlp::cmd

#include "pnlp/text/plain_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/text/quoted.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kLabelPrefix = "__label__";
constexpr std::string_view kBlank = " \t";

template <typename... Values>
[[noreturn]] void refuse(fmt::format_string<Values...> format, Values&&... values) {
  throw Error(ErrorKind::data, fmt::format(format, std::forward<Values>(values)...));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Takes the next stretch without blanks off the front of `text`; empty at its end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

// Takes the next cell off the front of `row`; false when there is none left.
bool take_cell(std::string_view& row, std::string_view& cell, bool& more) {
  if (!more) return false;
  const std::size_t tab = row.find('\t');
  more = tab != std::string_view::npos;
  cell = row.substr(0, tab);
  row.remove_prefix(more ? tab + 1 : row.size());
  return true;
}

}  // namespace

void parse_plain(std::string_view line, const ReaderOptions& options, Draft& draft,
                 Record& record) {
  record.text = line;
  draft.has_text = true;
  finish_record(draft, options, record);
}

void parse_fasttext(std::string_view line, const ReaderOptions& options, Draft& draft,
                    Record& record) {
  std::string_view rest = line;
  for (;;) {
    std::string_view after = rest;
    const std::string_view word = take_word(after);
    if (!word.starts_with(kLabelPrefix)) break;
    add_label(record.labels, word.substr(kLabelPrefix.size()));
    rest = after;
  }
  if (!record.labels.empty()) {
    record.label_form = record.labels.size() == 1 ? LabelForm::single : LabelForm::multiple;
  }
  record.text = trimmed(rest);
  draft.has_text = true;
  finish_record(draft, options, record);
}

TsvColumns::TsvColumns(std::string_view header, const ReaderOptions& options) {
  const FieldNames& fields = options.fields;
  const std::pair<const std::string&, Column> known[] = {{fields.text, Column::text},
                                                         {fields.label, Column::label},
                                                         {fields.tokens, Column::tokens},
                                                         {fields.tags, Column::tags},
                                                         {fields.id, Column::id}};
  std::string_view cell;
  for (bool more = true; take_cell(header, cell, more);) {
    Column column = Column::other;
    const std::string_view name = trimmed(cell);
    for (const auto& [field, meaning] : known) {
      if (name == field) column = meaning;
    }
    if (name == fields.spans) {
      refuse("column {}: spans cannot be given in TSV; give columns {} and {}, or JSONL",
             in_quotes(name), in_quotes(fields.tokens), in_quotes(fields.tags));
    }
    if (column != Column::other && std::count(columns_.begin(), columns_.end(), column) > 0) {
      refuse("the header names column {} twice", in_quotes(name));
    }
    columns_.push_back(column);
  }
  const auto has = [&](Column column) {
    return std::count(columns_.begin(), columns_.end(), column) > 0;
  };
  if (options.need_text && !has(Column::text) && !has(Column::tokens)) {
    refuse("the header names no column {} (or {}); the first line of TSV names the columns",
           in_quotes(fields.text), in_quotes(fields.tokens));
  }
}

void TsvColumns::parse(std::string_view line, const ReaderOptions& options, Draft& draft,
                       Record& record) const {
  const auto cells = 1 + static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t'));
  if (cells != columns_.size()) {
    refuse("{} cells, but the header names {} columns", cells, columns_.size());
  }
  std::string_view cell;
  bool more = true;
  for (std::size_t i = 0; take_cell(line, cell, more); ++i) {
    switch (columns_[i]) {
      case Column::text:
        record.text = cell;
        draft.has_text = true;
        break;
      case Column::label:
        if (trimmed(cell).empty()) break;
        add_label(record.labels, trimmed(cell));
        record.label_form = LabelForm::single;
        break;
      case Column::tokens:
        draft.has_tokens = true;
        while (!trimmed(cell).empty()) draft.add_token(take_word(cell));
        break;
      case Column::tags:
        draft.has_tags = true;
        while (!trimmed(cell).empty()) draft.add_tag(take_word(cell));
        break;
      case Column::id:
        if (!trimmed(cell).empty()) append_json_string(record.id, trimmed(cell));
        break;
      case Column::other:
        break;
    }
  }
  finish_record(draft, options, record);
}

void parse_conll_line(std::string_view line, Draft& draft) {
  const std::string_view row = trimmed(line);
  const std::string_view token = row.substr(0, row.find_first_of(kBlank));
  const bool tagged = token.size() < row.size();
  if (draft.has_tokens && tagged != draft.has_tags) {
    refuse("{} columns, unlike the lines before: either every line has a tag or none",
           tagged ? "several" : "no tag");
  }
  draft.add_token(token);
  draft.has_tokens = true;
  if (!tagged) return;
  draft.add_tag(row.substr(row.find_last_of(kBlank) + 1));
  draft.has_tags = true;
}

}  // namespace pnlp

// Records from formats without JSON: plain lines, fastText's labelled lines, TSV rows and CoNLL
// columns. All errors: data, without place (the reader knows it).
#pragma once

#include <string_view>
#include <vector>

#include "pnlp/text/draft.hpp"
#include "pnlp/text/record.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp {

// The line is the text, whatever it holds.
void parse_plain(std::string_view line, const ReaderOptions& options, Draft& draft, Record& record);

// "__label__x __label__y the text": one label is `single`, several are `multiple`.
void parse_fasttext(std::string_view line, const ReaderOptions& options, Draft& draft,
                    Record& record);

// Which columns of a TSV file hold what.
class TsvColumns {
 public:
  // From the header line. Tokens and tags are separated by spaces within their cell. Errors: data
  // (a name twice, none of the columns that are needed, a column of spans).
  TsvColumns(std::string_view header, const ReaderOptions& options);
  std::size_t size() const { return columns_.size(); }
  // Errors also: another number of cells than columns.
  void parse(std::string_view line, const ReaderOptions& options, Draft& draft,
             Record& record) const;

 private:
  enum class Column { other, text, label, tokens, tags, id };
  std::vector<Column> columns_;
};

// One line of CoNLL columns: the first is the token, the last of several the tag.
void parse_conll_line(std::string_view line, Draft& draft);

}  // namespace pnlp

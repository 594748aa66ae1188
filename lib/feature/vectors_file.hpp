// Vectors files: word2vec's text form (with or without its first line of counts, so GloVe's and
// fastText's too) and its binary form.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pnlp/feature/static_vectors.hpp"

namespace pnlp {

// Which of the forms it is, is told from the bytes. `name` is for messages. Errors: data, with the
// line, or the number of the record in the binary form: rows of differing length, numbers that are
// not finite, a word twice, another number of rows than the first line says (a file cut short), no
// rows.
std::shared_ptr<const StaticVectors> parse_vectors(std::string_view bytes, const std::string& name);
// Of a file, or of standard input ("-"). Errors: those, and io.
std::shared_ptr<const StaticVectors> read_vectors(const std::string& path);

}  // namespace pnlp

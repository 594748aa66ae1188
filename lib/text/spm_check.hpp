// Private to lib/text: what the SentencePiece library believes without looking. It reads past its
// buffers, or ends the process, on models that break what is checked here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pnlp {

struct SpmFacts {
  std::size_t longest_replacement = 0;  // bytes that normalisation may write for one character
};

// Walks the protocol buffer of a model: its pieces and its normalisation tables. `name` is for
// messages. Errors: data.
SpmFacts check_spm(std::string_view bytes, const std::string& name);

// Checks a precompiled normalisation table: the size of a double array (darts-clone), that array,
// and the replacements it points to, each ended by a zero byte. For tests apart from the above.
std::size_t check_charsmap(std::string_view table, const std::string& name);

}  // namespace pnlp

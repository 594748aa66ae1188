#include "pnlp/text/tokenizer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/text/tokenizers.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kKinds =
    "chars, spm:FILE (a SentencePiece model), wordpiece:FILE or wordpiece-uncased:FILE (a BERT "
    "vocabulary)";

bool is_kind_with_file(std::string_view kind) {
  return kind == "spm" || kind == "wordpiece" || kind == "wordpiece-uncased";
}

bool has_index(std::string_view kind) {
  return kind == "wordpiece" || kind == "wordpiece-uncased";
}

std::unique_ptr<Tokenizer> make(std::string_view kind, HeldText bytes, const HeldText& index,
                                const std::string& name) {
  if (kind == "spm") return make_spm(std::string(bytes.text()), name);
  return make_wordpiece(std::move(bytes), index, kind == "wordpiece-uncased", name);
}

}  // namespace

void WordTokenizer::tokenize(std::string_view text, Tokens& out) {
  splitter_.split(text, words_);
  tokenize(text, words_, out);
}

void start_tokens(std::string_view text, std::span<const ByteRange> words, Tokens& out) {
  std::uint32_t end = 0;
  for (const ByteRange& word : words) {
    if (word.begin < end || word.end < word.begin || word.end > text.size()) {
      throw Error(ErrorKind::internal,
                  fmt::format("word [{}, {}) is out of order or outside a text of {} bytes",
                              word.begin, word.end, text.size()));
    }
    end = word.end;
  }
  out.words.assign(words.begin(), words.end());
  out.unit_offsets.assign(1, 0);
  out.units.clear();
}

std::uint64_t Tokenizer::digest() const {
  Digest digest;
  digest.update(kind());
  digest.update(std::string_view("\0", 1));
  digest.update(std::uint64_t{kWordsVersion});
  digest.update(bytes());
  return digest.value();
}

std::unique_ptr<Tokenizer> tokenizer_from_bytes(std::string_view kind, HeldText bytes,
                                                const HeldText& index) {
  if (!index.empty() && !has_index(kind)) {
    throw Error(ErrorKind::data,
                fmt::format("a tokenizer of the kind '{}' comes with an index; it has none", kind));
  }
  if (kind == "chars" && !bytes.empty()) {
    throw Error(ErrorKind::data,
                fmt::format("tokenizer chars comes with {} bytes of vocabulary; it has none",
                            bytes.size()));
  }
  if (kind == "chars") return make_chars();
  if (is_kind_with_file(kind)) return make(kind, std::move(bytes), index, "vocabulary");
  throw Error(ErrorKind::data,
              fmt::format("unknown kind of tokenizer '{}'; known are {}", kind, kKinds));
}

std::string tokenizer_index(std::string_view kind, HeldText bytes) {
  return has_index(kind) ? wordpiece_index(std::move(bytes)) : std::string();
}

std::unique_ptr<Tokenizer> open_tokenizer(const std::string& spec) {
  if (spec == "chars") return make_chars();
  const std::size_t colon = std::min(spec.find(':'), spec.size());
  const std::string_view kind = std::string_view(spec).substr(0, colon);
  if (!is_kind_with_file(kind)) {
    throw Error(ErrorKind::usage, fmt::format("unknown tokenizer '{}'; give {}", spec, kKinds));
  }
  if (colon + 1 >= spec.size()) {
    throw Error(ErrorKind::usage,
                fmt::format("tokenizer '{}' lacks its file; give {}:FILE", spec, kind));
  }
  const std::string path = spec.substr(colon + 1);
  return make(kind, read_file(path), {}, path);
}

}  // namespace pnlp

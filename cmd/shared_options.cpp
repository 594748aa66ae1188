#include "shared_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/projection_kinds.hpp"
#include "pnlp/feature/vectors_file.hpp"

namespace pnlp::cmd {
namespace {

std::string kinds() {
  std::string names;
  for (const ProjectionKind& kind : projection_kinds()) {
    names +=
        fmt::format("{}{}{}", names.empty() ? "" : ", ", kind.name, kind.vectors ? ":FILE" : "");
  }
  return names;
}

}  // namespace

void declare_format(Options& options, ReaderOptions& reader) {
  options.choice<RecordFormat>(reader.format, "format", "FORMAT", "form of the input",
                               {{"automatic", RecordFormat::automatic},
                                {"lines", RecordFormat::lines},
                                {"jsonl", RecordFormat::jsonl},
                                {"tsv", RecordFormat::tsv},
                                {"fasttext", RecordFormat::fasttext},
                                {"conll", RecordFormat::conll}});
  FieldNames& fields = reader.fields;
  options.text(fields.text, "text-field", "NAME", "field or column with the text");
  options.text(fields.label, "label-field", "NAME", "field or column with the label or labels");
  options.text(fields.tokens, "tokens-field", "NAME", "field with the record's own tokens");
  options.text(fields.tags, "tags-field", "NAME", "field with one BIO tag a token");
  options.text(fields.spans, "spans-field", "NAME", "field with spans in UTF-8 byte offsets");
  options.text(fields.id, "id-field", "NAME", "field or column with the record's id");
}

void declare_faults(Options& options, ReaderOptions& reader, bool one_out) {
  std::vector<std::pair<std::string, OnError>> choices = {{"fail", OnError::fail},
                                                          {"skip", OnError::skip}};
  if (one_out) choices.emplace_back("null", OnError::null);
  options.choice<OnError>(reader.on_error, "on-error", "WHAT",
                          "what to do about a malformed record", std::move(choices));
  options.choice<InvalidUtf8>(reader.invalid_utf8, "invalid-utf8", "WHAT",
                              "what to do about bytes that are not UTF-8",
                              {{"fail", InvalidUtf8::fail},
                               {"replace", InvalidUtf8::replace},
                               {"skip", InvalidUtf8::skip}});
  options.choice<OverlappingSpans>(
      reader.overlapping_spans, "overlapping-spans", "WHAT",
      "what to do about gold spans that overlap",
      {{"fail", OverlappingSpans::fail}, {"keep-longest", OverlappingSpans::keep_longest}});
  options.integer(reader.max_line, "max-line", "BYTES", "longest line that is read", 1, 1ULL << 30);
}

void declare_output(Options& options, std::string& path) {
  options.file(path, "output,o", "write to FILE, which is replaced only when all is written")
      .shown_default("standard output");
}

void declare_tokenizer(Options& options, std::string& spec) {
  options
      .text(spec, "tokenizer,t", "KIND",
            "what makes units: spm:FILE, wordpiece:FILE, wordpiece-uncased:FILE, or chars")
      .completion = Completion::file;
}

void declare_projection(Options& options, ProjectionSpec& spec, const std::string& more_channels) {
  options
      .text(spec.kind, "projection", "KIND",
            "what values a token gets: minhash, simhash, ternary, binary, or vectors:FILE")
      .completion = Completion::file;
  options.integer(spec.hashes, "hashes", "N", "values of the projection for each token", 1, 4096)
      .shown_default("64 for minhash, else 512");
  options.integer(spec.ngram, "ngram", "N", "characters of an n-gram", 1, 16);
  options.flag(spec.lowercase, "lowercase", "hash units in lower case");
  Option& channels =
      options.list(spec.channels, "channels", "LIST",
                   "hashed channels of the whole word, comma-separated, or none",
                   {"word", "lower", "folded", "prefix", "suffix", "shape", "length", "letters"});
  channels.shown_default(channels.default_text + more_channels);
  options.integer(spec.seed, "hash-seed", "N", "seed of the hash functions", 0,
                  std::numeric_limits<std::uint64_t>::max());
}

void resolve_projection(const Options& options, ProjectionSpec& spec) {
  const std::size_t colon = std::min(spec.kind.find(':'), spec.kind.size());
  const std::string file = spec.kind.substr(std::min(colon + 1, spec.kind.size()));
  const ProjectionKind* found = find_projection_kind(spec.kind.substr(0, colon));
  if (found == nullptr || found->vectors == file.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("unknown projection '{}'; there are: {}", spec.kind, kinds()));
  }
  const ProjectionKind& kind = *found;
  spec.kind = kind.name;
  const auto refuse = [&](const char* name) {
    refuse_given(options, {name}, fmt::format("makes no sense with the projection {}", kind.name));
  };
  if (!kind.ngrams) refuse("ngram");
  if (!kind.lowercase) refuse("lowercase");
  if (kind.vectors) {
    refuse("hashes");
    if (spec.channels.empty()) refuse("hash-seed");
    spec.vectors = read_vectors(file);
    spec.hashes = spec.vectors->dimensions();
  } else if (!options.given("hashes")) {
    spec.hashes = kind.hashes;
  }
}

void declare_threads(Options& options, int& threads) {
  threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  options
      .integer(threads, "threads", "N", "threads; the output never depends on their number", 1,
               1024)
      .shown_default("number of cores")
      .remedy("give at least 1, or leave the option out to use every core");
}

void refuse_given(const Options& options, std::initializer_list<const char*> names,
                  std::string_view why) {
  for (const char* name : names) {
    if (options.given(name)) throw Error(ErrorKind::usage, fmt::format("--{} {}", name, why));
  }
}

void declare_files(Options& options, std::vector<std::string>& files, std::string what) {
  options.operands(files, "FILE", std::move(what) + "; none or - is standard input");
}

}  // namespace pnlp::cmd

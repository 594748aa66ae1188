// Options that several subcommands have, declared once so that they are named and explained alike.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "pnlp/feature/projection.hpp"
#include "pnlp/text/record_reader.hpp"

namespace pnlp::cmd {

// --format, the field names.
void declare_format(Options& options, ReaderOptions& reader);
// --on-error, --invalid-utf8, --max-line. `one_out`: a record goes out for each that comes in, so
// that a malformed one can be answered with null.
void declare_faults(Options& options, ReaderOptions& reader, bool one_out = true);
// --output, -o.
void declare_output(Options& options, std::string& path);
// --tokenizer, -t.
void declare_tokenizer(Options& options, std::string& spec);
// --projection, --hashes, --ngram, --lowercase, --channels, --hash-seed. `more_channels`: what the
// help says of further channels by default.
void declare_projection(Options& options, ProjectionSpec& spec,
                        const std::string& more_channels = "");
// Fills in what was not asked for, and reads vectors. Errors: usage (an unknown kind; an option
// that means nothing to the kind); those of read_vectors().
void resolve_projection(const Options& options, ProjectionSpec& spec);
// --threads; sets `threads` to the number of cores.
void declare_threads(Options& options, int& threads);
// Names of what declare_format() and declare_faults() declare: how records are read.
inline constexpr std::initializer_list<const char*> kReaderOptions = {
    "format",   "text-field", "label-field",  "tokens-field",      "tags-field", "spans-field",
    "id-field", "on-error",   "invalid-utf8", "overlapping-spans", "max-line"};
// And of what declare_tokenizer() and declare_projection() declare: what is read off them.
inline constexpr std::initializer_list<const char*> kFeatureOptions = {
    "tokenizer", "projection", "hashes", "ngram", "lowercase", "channels", "hash-seed"};
// Error(usage) "--NAME WHY" for the first of the options that was given.
void refuse_given(const Options& options, std::initializer_list<const char*> names,
                  std::string_view why);
// FILE operands.
void declare_files(Options& options, std::vector<std::string>& files, std::string what);

}  // namespace pnlp::cmd

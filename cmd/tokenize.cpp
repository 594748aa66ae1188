// pnlp tokenize: words and subword units of records, or a SentencePiece model learnt from them.
#include <fmt/format.h>

#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/text/record_writer.hpp"
#include "pnlp/text/tokenizer.hpp"
#include "record_pipeline.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

// One thread's tokenizer and the memory it works in.
struct Splitter {
  std::unique_ptr<Tokenizer> tokenizer;
  Tokens tokens;
  std::vector<std::string> pieces;
  std::string json;
};

void append_offsets(std::string& out, const Tokens& tokens) {
  JsonWriter json(out);
  json.begin_array();
  for (const ByteRange& word : tokens.words) {
    json.begin_array();
    json.value(static_cast<std::uint64_t>(word.begin));
    json.value(static_cast<std::uint64_t>(word.end));
    json.end_array();
  }
  json.end_array();
}

void append_words(std::string& out, std::string_view text, const Tokens& tokens) {
  JsonWriter json(out);
  json.begin_array();
  for (const ByteRange& word : tokens.words) {
    json.value(text.substr(word.begin, word.end - word.begin));
  }
  json.end_array();
}

// [["wake"],["un",["able"]]]: a unit that continues a word stands in an array of its own.
void append_units(std::string& out, const Tokens& tokens) {
  JsonWriter json(out);
  json.begin_array();
  for (std::size_t word = 0; word < tokens.words.size(); ++word) {
    json.begin_array();
    for (std::uint32_t at = tokens.unit_offsets[word]; at < tokens.unit_offsets[word + 1]; ++at) {
      const Unit& unit = tokens.units[at];
      if (unit.continuation) json.begin_array();
      json.value(unit.text);
      if (unit.continuation) json.end_array();
    }
    json.end_array();
  }
  json.end_array();
}

class Tokenize : public Command {
 public:
  void declare(Options& options) override {
    options.section("Input");
    declare_format(options, reader_);
    declare_faults(options, reader_);
    declare_files(options, files_, "texts to split: lines, JSONL, TSV, fastText or CoNLL");
    options.section("Splitting");
    declare_tokenizer(options, tokenizer_);
    options.section("Learning");
    options.flag(learns_, "learn",
                 "instead of splitting, learn a SentencePiece model from the texts and write that");
    options.choice(learn_.type, "type", "TYPE", "kind of model to learn", {"unigram", "bpe"});
    options.integer(learn_.vocabulary, "vocabulary", "N", "units of the learnt vocabulary", 8,
                    1000000);
    options.real(learn_.coverage, "coverage", "X",
                 "share of the characters that get units of their own", 0.5, 1);
    options.integer(learn_.max_sentences, "max-sentences", "N", "most texts to learn from", 1,
                    1ULL << 40);
    options.integer(learn_.seed, "seed", "N", "which texts are taken when there are more", 0,
                    std::numeric_limits<std::uint64_t>::max());
    options.section("Output");
    declare_output(options, output_);
    options.flag(lines_, "lines", "write the pieces of each text on a line, joined by spaces");
    options.flag(force_, "force", "write a learnt model to a terminal all the same");
    options.flag(line_buffered_, "line-buffered", "write each record as soon as it is read");
    declare_threads(options, threads_);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    check(options);
    const Messages messages(options.command(), verbosity_);
    RecordReader reader(files_, reader_);
    if (learns_) {
      learn(reader, messages);
    } else {
      split(reader);
    }
    return report_failed(reader, reader_.on_error, messages);
  }

 private:
  void check(const Options& options) const {
    if (learns_) {
      refuse_given(options, {"tokenizer", "lines", "line-buffered", "threads"},
                   "makes no sense with --learn");
      return;
    }
    refuse_given(options, {"type", "vocabulary", "coverage", "max-sentences", "seed", "force"},
                 "makes sense only with --learn");
  }

  void learn(RecordReader& reader, const Messages& messages) {
    OutputFile file(output_);
    if (file.is_terminal() && !force_) {
      throw Error(ErrorKind::usage,
                  "a SentencePiece model is binary and standard output is a terminal; use -o FILE "
                  "or --force");
    }
    std::vector<std::string> sentences;
    Record record;
    while (reader.next(record)) {
      if (!record.malformed && !record.text.empty()) sentences.push_back(record.text);
    }
    file.write(learn_sentencepiece(sentences, learn_));
    file.commit();
    messages.note(
        fmt::format("learnt {} units from {} texts", learn_.vocabulary, sentences.size()));
  }

  void split(RecordReader& reader) {
    std::vector<Splitter> splitters(static_cast<std::size_t>(threads_));
    splitters[0].tokenizer = open_tokenizer(tokenizer_);
    for (std::size_t i = 1; i < splitters.size(); ++i) {
      splitters[i].tokenizer = splitters[0].tokenizer->clone();
    }
    digest_ = hex64(splitters[0].tokenizer->digest());
    OutputFile file(output_);
    PipelineOptions pipeline;
    pipeline.threads = threads_;
    pipeline.line_buffered = line_buffered_;
    run_records(reader, file, pipeline, [&](RecordBatch& batch, int worker) {
      for (std::size_t i = 0; i < batch.count; ++i) {
        append_line(splitters[static_cast<std::size_t>(worker)], batch.records[i], batch.out);
      }
    });
    file.commit();
  }

  void append_line(Splitter& splitter, const Record& record, std::string& out) const {
    if (lines_) {
      if (!record.malformed) splitter.tokenizer->pieces(record.text, splitter.pieces);
      if (record.malformed) splitter.pieces.clear();
      out += fmt::format("{}\n", fmt::join(splitter.pieces, " "));
      return;
    }
    if (record.malformed) {
      append_record(out, record, "tokens", "null");
      return;
    }
    if (record.has_tokens) {
      splitter.tokenizer->tokenize(record.text, record.tokens, splitter.tokens);
    } else {
      splitter.tokenizer->tokenize(record.text, splitter.tokens);
    }
    std::string fields[4];
    if (!record.has_tokens) append_words(fields[0], record.text, splitter.tokens);
    append_offsets(fields[1], splitter.tokens);
    append_units(fields[2], splitter.tokens);
    append_json_string(fields[3], digest_);
    const AddedField added[] = {{"tokens", fields[0]},
                                {"offsets", fields[1]},
                                {"units", fields[2]},
                                {"tokenizer", fields[3]}};
    append_record(out, record, std::span(added).subspan(record.has_tokens ? 1 : 0));
  }

  ReaderOptions reader_;
  std::vector<std::string> files_;
  std::string tokenizer_ = "chars";
  std::string digest_;
  bool learns_ = false;
  bool force_ = false;
  LearnOptions learn_;
  std::string output_ = "-";
  bool lines_ = false;
  bool line_buffered_ = false;
  int threads_ = 1;
  Verbosity verbosity_;
};

}  // namespace

std::unique_ptr<Command> make_tokenize() {
  return std::make_unique<Tokenize>();
}

}  // namespace pnlp::cmd

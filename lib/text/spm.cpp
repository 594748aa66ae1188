// Units of any SentencePiece model.
#include <fmt/format.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <unicode/uchar.h>

#include "pnlp/base/error.hpp"
#include "pnlp/text/spm_check.hpp"
#include "pnlp/text/tokenizers.hpp"
#include "pnlp/text/unicode.hpp"

namespace pnlp {
namespace {

// A model as clones share it: the library only reads it.
struct Model {
  std::string bytes;
  std::string name;
  sentencepiece::SentencePieceProcessor processor;
  std::size_t most_bytes = 0;  // of a text: the library counts its normalised form in an int
};

bool is_space(char32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

// `bytes` without white space at its ends.
ByteRange trimmed(std::string_view text, ByteRange bytes) {
  ByteRange out = {.begin = bytes.end, .end = bytes.end};
  for (std::size_t at = bytes.begin; at < bytes.end;) {
    const std::size_t start = at;
    if (is_space(next_char(text, at))) continue;
    out.begin = std::min(out.begin, static_cast<std::uint32_t>(start));
    out.end = static_cast<std::uint32_t>(at);
  }
  return out;
}

std::string_view without_marks(std::string_view piece) {
  while (piece.starts_with(kBoundaryMark)) piece.remove_prefix(kBoundaryMark.size());
  while (piece.ends_with(kBoundaryMark)) piece.remove_suffix(kBoundaryMark.size());
  return piece;
}

// The whole text is encoded, for SentencePiece's best way through a sentence looks at all of it; a
// unit stands with every word that it overlaps, whether words were given or found. So the units of
// a text are the same whoever found its words, and those of a word depend on what is around it.
class Spm final : public WordTokenizer {
 public:
  explicit Spm(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  std::unique_ptr<Tokenizer> clone() const override { return std::make_unique<Spm>(model_); }

  using WordTokenizer::tokenize;
  void tokenize(std::string_view text, std::span<const ByteRange> words, Tokens& out) override {
    start_tokens(text, words, out);
    encode(text);
    place_pieces(text);
    std::size_t first = 0;
    for (const ByteRange& word : words) {
      const std::size_t before = out.units.size();
      while (first < placed_.size() && placed_[first].bytes.end <= word.begin) ++first;
      for (std::size_t i = first; i < placed_.size() && placed_[i].bytes.begin < word.end; ++i) {
        if (placed_[i].bytes.end <= word.begin || word.begin == word.end) continue;
        out.units.push_back(placed_[i]);
        out.units.back().continuation = placed_[i].bytes.begin != word.begin;
      }
      if (out.units.size() == before) {
        const std::string_view surface = text.substr(word.begin, word.end - word.begin);
        out.units.push_back({.text = surface, .piece = surface, .bytes = word});
      }
      out.unit_offsets.push_back(static_cast<std::uint32_t>(out.units.size()));
    }
  }

  void pieces(std::string_view text, std::vector<std::string>& out) override {
    encode(text);
    out.clear();
    for (std::size_t i = 0; i < encoded_.pieces_size(); ++i) {
      out.push_back(encoded_.pieces(static_cast<int>(i)).piece());
    }
  }

  bool context_free() const override { return false; }
  std::string_view kind() const override { return "spm"; }
  std::string_view bytes() const override { return model_->bytes; }

 private:
  void encode(std::string_view text) {
    if (text.size() > model_->most_bytes) {
      throw Error(
          ErrorKind::data,
          fmt::format("a text of {} bytes is too long for SentencePiece with this model: cut "
                      "it into texts of at most {} bytes",
                      text.size(), model_->most_bytes));
    }
    const auto status = model_->processor.Encode(text, encoded_.mutable_proto());
    if (!status.ok()) {
      throw Error(ErrorKind::data, {.file = model_->name},
                  fmt::format("SentencePiece cannot encode a text of {} bytes: {}", text.size(),
                              status.error_message()));
    }
  }

  // Fills placed_ with the pieces that stand for more than white space.
  void place_pieces(std::string_view text) {
    placed_.clear();
    const std::size_t count = encoded_.pieces_size();
    for (std::size_t i = 0; i < count; ++i) {
      const auto piece = encoded_.pieces(static_cast<int>(i));
      ByteRange bytes = {.begin = piece.begin(), .end = piece.end()};
      // Of several pieces of one character only the last has its bytes.
      for (std::size_t next = i + 1; bytes.begin == bytes.end && next < count; ++next) {
        const auto later = encoded_.pieces(static_cast<int>(next));
        if (later.begin() != bytes.begin) break;
        bytes.end = later.end();
      }
      bytes = trimmed(text, bytes);
      const std::string_view bare = without_marks(piece.piece());
      if (bytes.begin == bytes.end || bare.empty()) continue;
      const auto id = static_cast<int>(piece.id());
      placed_.push_back({.text = bare,
                         .piece = piece.piece(),
                         .id = model_->processor.IsUnknown(id) ? Unit::kNoId : piece.id(),
                         .bytes = bytes});
    }
  }

  std::shared_ptr<const Model> model_;
  sentencepiece::ImmutableSentencePieceText encoded_;  // owns what units view
  std::vector<Unit> placed_;
};

}  // namespace

void silence_sentencepiece() {
  // The level is reached by no other public way than the trainer's options; without input the
  // trainer then ends with an error.
  static const bool once = [] {
    sentencepiece::SentencePieceTrainer::Train({{"minloglevel", "3"}}).IgnoreError();
    return true;
  }();
  static_cast<void>(once);
}

std::unique_ptr<Tokenizer> make_spm(std::string bytes, const std::string& name) {
  silence_sentencepiece();
  const SpmFacts facts = check_spm(bytes, name);
  auto model = std::make_shared<Model>();
  model->bytes = std::move(bytes);
  model->name = name;
  model->most_bytes = ((1ULL << 31) - 1) / (3 + facts.longest_replacement);
  try {
    const auto status = model->processor.LoadFromSerializedProto(model->bytes);
    if (!status.ok()) {
      throw Error(ErrorKind::data, {.file = name},
                  fmt::format("not a usable SentencePiece model: {}", status.error_message()));
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // of its trie
    throw Error(ErrorKind::data, {.file = name},
                fmt::format("not a usable SentencePiece model: {}", error.what()));
  }
  return std::make_unique<Spm>(std::move(model));
}

}  // namespace pnlp

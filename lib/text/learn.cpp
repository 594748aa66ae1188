// Training of SentencePiece models in memory.
#include <fmt/format.h>
#include <sentencepiece_trainer.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/text/tokenizers.hpp"
#include "pnlp/text/unicode.hpp"

namespace pnlp {
namespace {

// The trainer ends the process when nothing is left of its sentences after normalisation, or when
// its suffix array would need more than an int can count.
constexpr std::size_t kMostBytes = 1ULL << 30;

// Whether normalisation leaves anything of `sentence`.
bool has_content(std::string_view sentence) {
  for (std::size_t at = 0; at < sentence.size();) {
    const auto c = static_cast<UChar32>(next_char(sentence, at));
    if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_P_MASK)) != 0) return true;
  }
  return false;
}

// Positions of at most `most` sentences with content, drawn by `seed`, in order.
std::vector<std::size_t> choose(std::span<const std::string> sentences, std::uint64_t most,
                                std::uint64_t seed) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (has_content(sentences[i])) chosen.push_back(i);
  }
  if (chosen.size() > most) {
    Random random(seed);
    random.shuffle(std::span(chosen));
    chosen.resize(static_cast<std::size_t>(most));
    std::sort(chosen.begin(), chosen.end());
  }
  return chosen;
}

class Chosen final : public sentencepiece::SentenceIterator {
 public:
  Chosen(std::span<const std::string> sentences, std::vector<std::size_t> positions)
      : sentences_(sentences), positions_(std::move(positions)) {}

  bool done() const override { return at_ == positions_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return sentences_[positions_[at_]]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::span<const std::string> sentences_;
  std::vector<std::size_t> positions_;
  std::size_t at_ = 0;
};

// The number at the end of `message` ("... a value <= 4711.", "... 10 vs 35.").
std::optional<std::uint64_t> last_number(std::string_view message) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!message.empty() && !is_digit(message.back())) message.remove_suffix(1);
  std::size_t begin = message.size();
  while (begin > 0 && is_digit(message[begin - 1])) --begin;
  std::uint64_t value = 0;
  const auto result =
      std::from_chars(message.data() + begin, message.data() + message.size(), value);
  if (result.ec != std::errc() || begin == message.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(std::string_view message, std::uint32_t vocabulary) {
  const std::optional<std::uint64_t> size = last_number(message);
  if (size && message.find("size too high") != std::string_view::npos) {
    throw Error(ErrorKind::data,
                fmt::format("too little text for a vocabulary of {} pieces: it gives at most {}; "
                            "ask for that, or give more text",
                            vocabulary, *size));
  }
  if (size && message.find("smaller than required_chars") != std::string_view::npos) {
    throw Error(ErrorKind::data,
                fmt::format("a vocabulary of {} pieces has no room for the {} characters of the "
                            "text; ask for more pieces or less coverage",
                            vocabulary, *size));
  }
  throw Error(ErrorKind::data,
              fmt::format("SentencePiece cannot learn from this text: {}", message));
}

void check_options(const LearnOptions& options) {
  if (options.type != "unigram" && options.type != "bpe") {
    throw Error(ErrorKind::usage, fmt::format("unknown type of SentencePiece model '{}'; give "
                                              "unigram or bpe",
                                              options.type));
  }
  if (!(options.coverage >= 0.98 && options.coverage <= 1)) {
    throw Error(ErrorKind::usage,
                fmt::format("coverage {} is outside 0.98 to 1", options.coverage));
  }
  if (options.vocabulary == 0 || options.vocabulary > (1U << 24)) {
    throw Error(ErrorKind::usage,
                fmt::format("a vocabulary of {} pieces is impossible; give 1 to {}",
                            options.vocabulary, 1U << 24));
  }
}

}  // namespace

std::string learn_sentencepiece(std::span<const std::string> sentences,
                                const LearnOptions& options) {
  check_options(options);
  silence_sentencepiece();
  std::vector<std::size_t> positions = choose(sentences, options.max_sentences, options.seed);
  if (positions.empty()) {
    throw Error(ErrorKind::data,
                fmt::format("none of {} sentences has a letter, digit or mark to learn from",
                            sentences.size()));
  }
  const std::size_t bytes = std::accumulate(
      positions.begin(), positions.end(), std::size_t{0},
      [&](std::size_t sum, std::size_t position) { return sum + sentences[position].size(); });
  if (bytes > kMostBytes) {
    throw Error(ErrorKind::data,
                fmt::format("{} bytes of text are too many to learn from; take fewer "
                            "sentences, of at most {} bytes together",
                            bytes, kMostBytes));
  }
  // One thread: with more, sums of probabilities are rounded in another order, and the number is
  // written into the model.
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", options.type},
      {"vocab_size", std::to_string(options.vocabulary)},
      {"character_coverage", fmt::format("{}", options.coverage)},
      {"max_sentence_length", std::to_string(kMostBytes)},
      {"num_threads", "1"},
      {"minloglevel", "3"},
  };
  Chosen iterator(sentences, std::move(positions));
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model);
  if (!status.ok()) refuse(status.error_message(), options.vocabulary);
  return model;
}

}  // namespace pnlp

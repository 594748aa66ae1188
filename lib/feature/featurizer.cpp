#include "pnlp/feature/featurizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/feature/word_cache.hpp"
#include "pnlp/text/bio.hpp"
#include "pnlp/text/words.hpp"

namespace pnlp {
namespace {

std::string_view part(std::string_view text, const ByteRange& range) {
  return text.substr(range.begin, range.end - range.begin);
}

// A word together with its units. No word of valid UTF-8 begins with 0xff, so that such a key
// equals no word.
void make_key(std::string_view word, std::span<const ProjectionUnit> units, std::string& key) {
  const auto append_size = [&key](std::size_t size) {
    for (int shift = 0; shift < 64; shift += 8) {
      key.push_back(static_cast<char>((size >> shift) & 0xff));
    }
  };
  key.assign(1, '\xff');
  append_size(word.size());
  key += word;
  for (const ProjectionUnit& unit : units) {
    append_size(2 * unit.text.size() + (unit.continuation ? 1 : 0));
    key += unit.text;
  }
}

std::shared_ptr<const FeatureSource> source_of(const Tokenizer& tokenizer,
                                               const ProjectionSpec& spec) {
  FeatureSource source;
  source.projection = spec;
  source.tokenizer_kind = tokenizer.kind();
  source.tokenizer_digest = tokenizer.digest();
  source.tokenizer_bytes = std::string(tokenizer.bytes());
  return std::make_shared<const FeatureSource>(std::move(source));
}

std::unique_ptr<Tokenizer> tokenizer_of(const FeatureSource& source) {
  if (!source.has_tokenizer) {
    throw Error(ErrorKind::data,
                fmt::format("only the digest of the tokenizer is known ({}), not its vocabulary; "
                            "give it with -t",
                            hex64(source.tokenizer_digest)));
  }
  auto tokenizer =
      tokenizer_from_bytes(source.tokenizer_kind, source.tokenizer_bytes, source.tokenizer_index);
  if (tokenizer->digest() != source.tokenizer_digest) {
    throw Error(ErrorKind::data,
                fmt::format("the {} tokenizer has digest {} in this version, {} in the file; make "
                            "the file again with this version",
                            source.tokenizer_kind, hex64(tokenizer->digest()),
                            hex64(source.tokenizer_digest)));
  }
  return tokenizer;
}

}  // namespace

struct Featurizer::State {
  std::shared_ptr<const FeatureSource> source;
  std::string digest;                    // of the tokenizer, as records name it
  std::unique_ptr<Tokenizer> tokenizer;  // null: units only
  std::unique_ptr<Projection> projection;
  std::uint32_t width;
  std::size_t cache_words;
  WordCache cache;
  CacheCounts counts;

  WordSplitter splitter;
  Tokens tokens;
  std::vector<ProjectionUnit> units;
  std::vector<ByteRange> missing;         // words not in the cache
  std::vector<std::uint32_t> missing_at;  // their positions in the record
  std::string key;
  std::vector<std::uint16_t> values;  // of the word in work
  NumberedRecord numbered;            // of the record in work

  State(std::shared_ptr<const FeatureSource> known, std::unique_ptr<Tokenizer> with,
        std::size_t words)
      : source(std::move(known)),
        digest(hex64(source->tokenizer_digest)),
        tokenizer(std::move(with)),
        projection(make_projection(source->projection)),
        width(projection->width()),
        cache_words(words),
        cache(words, width),
        values(width) {}

  void check_length(const Record& record, std::size_t length) const;
  std::uint32_t take_cached(std::string_view key);
  std::uint32_t number_by_units(std::string_view word);
  void number(const Record& record, NumberedRecord& out);
  void from_units(const Record& record, NumberedRecord& out);
  void from_words(const Record& record, NumberedRecord& out);
  void from_context(const Record& record, NumberedRecord& out);
  void load_units(std::size_t word);
};

void Featurizer::State::check_length(const Record& record, std::size_t length) const {
  const std::uint64_t most = kMaxRecordValues / width;
  if (length <= most) return;
  throw Error(ErrorKind::data, record.place,
              fmt::format("the record has {} tokens, at most {} are possible; cut it into parts",
                          length, most));
}

std::uint32_t Featurizer::State::take_cached(std::string_view from) {
  const std::uint32_t number = cache.find(from);
  ++(number == WordCache::kNone ? counts.misses : counts.hits);
  return number;
}

// For words whose `units` are at hand.
std::uint32_t Featurizer::State::number_by_units(std::string_view word) {
  make_key(word, units, key);
  const std::uint32_t number = take_cached(key);
  if (number != WordCache::kNone) return number;
  projection->project(word, units, values);
  return cache.insert(key, values);
}

void Featurizer::State::from_units(const Record& record, NumberedRecord& out) {
  if (record.tokenizer != digest) {
    throw Error(ErrorKind::data, record.place,
                fmt::format("subword units by tokenizer {}, but tokenizer {} is wanted; make them "
                            "again from the text",
                            record.tokenizer, digest));
  }
  if (record.units.size() != record.tokens.size()) {
    throw Error(ErrorKind::data, record.place,
                fmt::format("{} tokens, but subword units of {}", record.tokens.size(),
                            record.units.size()));
  }
  out.tokens = record.tokens;
  check_length(record, out.tokens.size());
  out.words.clear();
  for (std::size_t i = 0; i < out.tokens.size(); ++i) {
    units.clear();
    for (const UnitText& unit : record.units[i]) {
      units.push_back({.text = unit.text, .continuation = unit.continuation});
    }
    out.words.push_back(number_by_units(part(record.text, out.tokens[i])));
  }
}

void Featurizer::State::load_units(std::size_t word) {
  units.clear();
  for (std::uint32_t i = tokens.unit_offsets[word]; i < tokens.unit_offsets[word + 1]; ++i) {
    const Unit& unit = tokens.units[i];
    units.push_back({.text = unit.text, .id = unit.id, .continuation = unit.continuation});
  }
}

// Units depend on the word alone: only words that are not in the cache are tokenized.
void Featurizer::State::from_words(const Record& record, NumberedRecord& out) {
  if (record.has_tokens) {
    out.tokens = record.tokens;
  } else {
    splitter.split(record.text, out.tokens);
  }
  check_length(record, out.tokens.size());
  out.words.resize(out.tokens.size());
  missing.clear();
  missing_at.clear();
  for (std::size_t i = 0; i < out.tokens.size(); ++i) {
    out.words[i] = take_cached(part(record.text, out.tokens[i]));
    if (out.words[i] != WordCache::kNone) continue;
    missing.push_back(out.tokens[i]);
    missing_at.push_back(static_cast<std::uint32_t>(i));
  }
  if (missing.empty()) return;
  tokenizer->tokenize(record.text, missing, tokens);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const std::string_view word = part(record.text, missing[i]);
    std::uint32_t number = cache.find(word);  // a word may stand here twice
    if (number == WordCache::kNone) {
      load_units(i);
      projection->project(word, units, values);
      number = cache.insert(word, values);
    }
    out.words[missing_at[i]] = number;
  }
}

void Featurizer::State::from_context(const Record& record, NumberedRecord& out) {
  if (record.has_tokens) {
    tokenizer->tokenize(record.text, record.tokens, tokens);
  } else {
    tokenizer->tokenize(record.text, tokens);
  }
  out.tokens = tokens.words;
  check_length(record, out.tokens.size());
  out.words.clear();
  for (std::size_t i = 0; i < out.tokens.size(); ++i) {
    load_units(i);
    out.words.push_back(number_by_units(part(record.text, out.tokens[i])));
  }
}

void Featurizer::State::number(const Record& record, NumberedRecord& out) {
  if (!record.tokenizer.empty()) {
    from_units(record, out);
  } else if (!tokenizer) {
    throw Error(ErrorKind::data, record.place,
                "the record has no subword units, and there is no tokenizer to make them; give "
                "one with -t");
  } else if (tokenizer->context_free()) {
    from_words(record, out);
  } else {
    from_context(record, out);
  }
}

void place_tag_weights(const Record& record, std::span<const ByteRange> tokens, bool& has_spans,
                       std::vector<Span>& spans) {
  if (!record.has_tag_weights) return;
  if (record.tag_weights.size() != tokens.size()) {
    throw Error(ErrorKind::data, record.place,
                fmt::format("the text has {} words, but there are probabilities of tags for {}; "
                            "were they made with another tokenizer?",
                            tokens.size(), record.tag_weights.size()));
  }
  if (has_spans) return;
  has_spans = true;
  spans = spans_from_weights(tokens, record.tag_weights);
}

Featurizer::Featurizer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Featurizer::Featurizer(std::unique_ptr<Tokenizer> tokenizer, const ProjectionSpec& spec,
                       std::size_t cache_words) {
  auto source = source_of(*tokenizer, spec);
  state_ = std::make_unique<State>(std::move(source), std::move(tokenizer), cache_words);
}

Featurizer::Featurizer(const FeatureSource& source, std::size_t cache_words)
    : state_(std::make_unique<State>(std::make_shared<const FeatureSource>(source),
                                     tokenizer_of(source), cache_words)) {}

Featurizer::Featurizer(std::uint64_t tokenizer_digest, const ProjectionSpec& spec,
                       std::size_t cache_words) {
  std::unique_ptr<Tokenizer> tokenizer = open_tokenizer("chars");
  if (tokenizer->digest() == tokenizer_digest) {
    auto source = source_of(*tokenizer, spec);
    state_ = std::make_unique<State>(std::move(source), std::move(tokenizer), cache_words);
    return;
  }
  FeatureSource source;
  source.projection = spec;
  source.tokenizer_digest = tokenizer_digest;
  source.has_tokenizer = false;
  state_ = std::make_unique<State>(std::make_shared<const FeatureSource>(std::move(source)),
                                   nullptr, cache_words);
}

Featurizer::~Featurizer() = default;
Featurizer::Featurizer(Featurizer&&) noexcept = default;
Featurizer& Featurizer::operator=(Featurizer&&) noexcept = default;

std::unique_ptr<Featurizer> Featurizer::clone() const {
  auto tokenizer = state_->tokenizer ? state_->tokenizer->clone() : nullptr;
  auto state = std::make_unique<State>(state_->source, std::move(tokenizer), state_->cache_words);
  return std::unique_ptr<Featurizer>(new Featurizer(std::move(state)));
}

void Featurizer::featurize(const Record& record, FeatureRecord& out) {
  State& state = *state_;
  state.cache.trim();
  state.number(record, state.numbered);
  out.id = record.id;
  out.tokens = state.numbered.tokens;
  out.values.clear();
  const NumberedWords rows = state.cache.rows();
  for (const std::uint32_t number : state.numbered.words) {
    const std::span<const std::uint16_t> row = rows.word(number);
    out.values.insert(out.values.end(), row.begin(), row.end());
  }
  out.label_form = record.label_form;
  out.labels = record.labels;
  out.has_spans = record.has_spans;
  out.spans = record.spans;
  out.has_tag_weights = record.has_tag_weights;
  out.tag_weights = record.tag_weights;
  place_tag_weights(record, out.tokens, out.has_spans, out.spans);
}

void Featurizer::number(const Record& record, NumberedRecord& out) {
  state_->number(record, out);
}
void Featurizer::renew() {
  state_->cache.trim();
}
NumberedWords Featurizer::rows() const {
  return state_->cache.rows();
}
std::uint64_t Featurizer::generation() const {
  return state_->cache.generation();
}

const FeatureSource& Featurizer::source() const {
  return *state_->source;
}
const std::vector<Channel>& Featurizer::channels() const {
  return state_->projection->channels();
}
std::uint32_t Featurizer::width() const {
  return state_->width;
}
Featurizer::CacheCounts Featurizer::cache_counts() const {
  return state_->counts;
}

std::uint64_t record_tokenizer_digest(const Record& record) {
  if (record.tokenizer.empty()) {
    throw Error(ErrorKind::data, record.place,
                "the record has no subword units; give a tokenizer with -t");
  }
  std::uint64_t digest = 0;
  const char* begin = record.tokenizer.data();
  const char* end = begin + record.tokenizer.size();
  const auto [stop, status] = std::from_chars(begin, end, digest, 16);
  if (status != std::errc() || stop != end || hex64(digest) != record.tokenizer) {
    throw Error(ErrorKind::data, record.place,
                fmt::format("the tokenizer's digest is \"{}\", not 16 hexadecimal digits",
                            record.tokenizer));
  }
  return digest;
}

}  // namespace pnlp

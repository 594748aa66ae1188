// Text to fingerprints: tokenizer, projection and the bounded cache of whole words, as one step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/numbered_words.hpp"
#include "pnlp/text/record.hpp"
#include "pnlp/text/tokenizer.hpp"

namespace pnlp {

// Not thread-safe: one per thread, by clone(), which may be called while the original works.
class Featurizer {
 public:
  // `cache_words`: most whole words kept (0: none). Takes the tokenizer. Errors: usage (the spec).
  Featurizer(std::unique_ptr<Tokenizer> tokenizer, const ProjectionSpec& spec,
             std::size_t cache_words = 65536);
  // From a header or a model. Errors: data (the source does not carry its tokenizer, or one that
  // has another digest here).
  explicit Featurizer(const FeatureSource& source, std::size_t cache_words = 65536);
  // Without a tokenizer: only for records that carry units, made by the tokenizer of this digest.
  // (The digest of `chars` is known: source() then has the tokenizer, and texts will do.)
  Featurizer(std::uint64_t tokenizer_digest, const ProjectionSpec& spec,
             std::size_t cache_words = 65536);
  ~Featurizer();
  Featurizer(const Featurizer&) = delete;
  Featurizer& operator=(const Featurizer&) = delete;
  Featurizer(Featurizer&&) noexcept;
  Featurizer& operator=(Featurizer&&) noexcept;
  // With an empty cache.
  std::unique_ptr<Featurizer> clone() const;

  // Fills `out` (memory reused). If the record carries units (from `pnlp tokenize`), they are used,
  // and its tokenizer's digest must be this one's. Errors: data, with the record's place (another
  // digest; not as many lists of units as tokens; a text without units and no tokenizer).
  void featurize(const Record& record, FeatureRecord& out);

  // The same, with the numbers of words in rows() instead of their values, and nothing but them
  // and the tokens. Equal words have equal numbers until renew() or featurize() is called.
  void number(const Record& record, NumberedRecord& out);
  // Forgets words if there are too many: to be called between batches.
  void renew();
  // Valid until the next call of number(), renew() or featurize().
  NumberedWords rows() const;
  // Numbers of the same generation mean the same words.
  std::uint64_t generation() const;

  const FeatureSource& source() const;
  const std::vector<Channel>& channels() const;
  std::uint32_t width() const;

  // Tokens whose word was remembered, and others.
  struct CacheCounts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    CacheCounts& operator+=(const CacheCounts& other) {
      hits += other.hits;
      misses += other.misses;
      return *this;
    }
  };
  CacheCounts cache_counts() const;

 private:
  struct State;
  explicit Featurizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The spans of a record with probabilities of tags, for its `tokens`: where it has none of its own,
// the probabilities tell them; without probabilities nothing is changed. Error(data) if there are
// not as many probabilities as tokens.
void place_tag_weights(const Record& record, std::span<const ByteRange> tokens, bool& has_spans,
                       std::vector<Span>& spans);

// The digest that a record from `pnlp tokenize` names as its tokenizer's. Errors: data (the record
// carries no units, or its `tokenizer` is no 16 hexadecimal digits).
std::uint64_t record_tokenizer_digest(const Record& record);

}  // namespace pnlp

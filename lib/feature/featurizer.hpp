// Text to fingerprints: tokenizer, projection and the bounded cache of whole words, as one step.
#pragma once

#include <cstdint>
#include <memory>

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/text/record.hpp"
#include "pnlp/text/tokenizer.hpp"

namespace pnlp {

// Not thread-safe: one per thread, by clone().
class Featurizer {
 public:
  // `cache_words`: most whole words kept (0: none). Takes the tokenizer.
  Featurizer(std::unique_ptr<Tokenizer> tokenizer, const ProjectionSpec& spec,
             std::size_t cache_words = 65536);
  // From a header or a model. Errors: data (the source does not carry its tokenizer).
  explicit Featurizer(const FeatureSource& source, std::size_t cache_words = 65536);
  ~Featurizer();
  std::unique_ptr<Featurizer> clone() const;

  // Fills `out` (memory reused). If the record carries units (from `pnlp tokenize`), they are used,
  // and its tokenizer's digest must be this one's: Error(data) otherwise.
  void featurize(const Record& record, FeatureRecord& out);

  const FeatureSource& source() const;
  const std::vector<Channel>& channels() const;
  std::uint32_t width() const;

  struct CacheCounts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  CacheCounts cache_counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pnlp

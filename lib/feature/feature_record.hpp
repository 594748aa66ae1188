// A record after projection: what travels in a feature stream and what the batcher packs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/held.hpp"
#include "pnlp/feature/projection.hpp"
#include "pnlp/text/record.hpp"

namespace pnlp {

struct FeatureRecord {
  std::string id;                     // JSON text; empty: none
  std::vector<ByteRange> tokens;      // byte offsets into the original text
  std::vector<std::uint16_t> values;  // tokens x width, row-major
  LabelForm label_form = LabelForm::none;
  std::vector<LabelWeight> labels;
  bool has_spans = false;
  std::vector<Span> spans;  // gold, as given (not moved to token bounds)
  bool has_tag_weights = false;
  std::vector<TagWeights> tag_weights;  // gold probabilities of tags, one entry a token
  bool operator==(const FeatureRecord&) const = default;
};

// Most values (tokens x width) of one record: 256 MiB. Featurizer and stream refuse more.
inline constexpr std::uint64_t kMaxRecordValues = 1ULL << 27;

// What made the features: equal sources give equal features for equal text. Travels in stream
// headers and in models.
struct FeatureSource {
  ProjectionSpec projection;
  std::string tokenizer_kind;
  std::uint64_t tokenizer_digest = 0;
  HeldText tokenizer_bytes;   // for tokenizer_from_bytes(); empty for chars
  HeldText tokenizer_index;   // for the same, or empty; models carry it, streams do not
  bool has_tokenizer = true;  // false: only the digest is known (and perhaps the kind)
  bool operator==(const FeatureSource&) const = default;

  // A sentence that says how `other` differs, for error messages; empty if features are
  // interchangeable.
  std::string difference(const FeatureSource& other) const;
  // Equal for interchangeable sources.
  std::uint64_t digest() const;
};

// For stream headers and model files. `carry_tokenizer`: with the tokenizer's bytes, compressed by
// zstd at `level`. Errors: data (cut, damaged, or what this version does not know).
std::string encode_source(const FeatureSource& source, bool carry_tokenizer, int level = 19);
FeatureSource decode_source(std::string_view bytes);

}  // namespace pnlp

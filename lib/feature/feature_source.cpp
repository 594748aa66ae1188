#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/feature/feature_record.hpp"
#include "pnlp/feature/static_vectors.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/zstd.hpp"

namespace pnlp {
namespace {

constexpr std::uint64_t kMaxTokenizerBytes = 256ULL << 20;
constexpr std::uint64_t kMaxKindBytes = 64;

std::string described(const FeatureSource& source) {
  if (source.tokenizer_kind.empty()) return hex64(source.tokenizer_digest);
  return fmt::format("{} {}", source.tokenizer_kind, hex64(source.tokenizer_digest));
}

std::string described(const StaticVectors& vectors) {
  return fmt::format("{} of {} words", hex64(vectors.digest()), vectors.words());
}

}  // namespace

std::string FeatureSource::difference(const FeatureSource& other) const {
  const ProjectionSpec& a = projection;
  const ProjectionSpec& b = other.projection;
  if (a.kind != b.kind) return fmt::format("projection {} against {}", a.kind, b.kind);
  if (a.vectors && b.vectors && a.vectors->digest() != b.vectors->digest()) {
    return fmt::format("vectors {} against {}", described(*a.vectors), described(*b.vectors));
  }
  if (a.hashes != b.hashes) return fmt::format("{} hashes against {}", a.hashes, b.hashes);
  if (a.ngram != b.ngram) {
    return fmt::format("n-grams of {} characters against {}", a.ngram, b.ngram);
  }
  if (a.lowercase != b.lowercase) {
    constexpr std::string_view kCase[] = {"as written", "lower-cased"};
    return fmt::format("units hashed {} against {}", kCase[a.lowercase ? 1 : 0],
                       kCase[b.lowercase ? 1 : 0]);
  }
  if (a.channels != b.channels) {
    return fmt::format("word channels [{}] against [{}]", fmt::join(a.channels, ", "),
                       fmt::join(b.channels, ", "));
  }
  if (a.seed != b.seed) return fmt::format("hash seed {} against {}", a.seed, b.seed);
  if (tokenizer_digest != other.tokenizer_digest) {
    return fmt::format("tokenizer {} against {}", described(*this), described(other));
  }
  return {};
}

std::uint64_t FeatureSource::digest() const {
  Digest digest;
  ProjectionSpec spec = projection;
  spec.vectors.reset();  // equal ones may have been compressed in two ways
  digest.update(encode_spec(spec));
  if (projection.vectors) digest.update(projection.vectors->digest());
  digest.update(tokenizer_digest);
  return digest.value();
}

std::string encode_source(const FeatureSource& source, bool carry_tokenizer, int level) {
  ByteWriter writer;
  writer.string(encode_spec(source.projection));
  writer.string(source.tokenizer_kind);
  writer.u64(source.tokenizer_digest);
  const bool carried = source.has_tokenizer && (carry_tokenizer || source.tokenizer_bytes.empty());
  writer.u8(carried ? 1 : 0);
  if (carried) {
    const bool none = source.tokenizer_bytes.empty();
    writer.string(none ? std::string() : compress(source.tokenizer_bytes.text(), level));
  }
  return writer.take();
}

FeatureSource decode_source(std::string_view bytes) {
  ByteReader reader(bytes, "the description of the features");
  FeatureSource source;
  source.projection = decode_spec(reader.string());
  source.tokenizer_kind = reader.string();
  if (source.tokenizer_kind.size() > kMaxKindBytes) {
    throw Error(ErrorKind::data, fmt::format("the name of a kind of tokenizer has {} bytes",
                                             source.tokenizer_kind.size()));
  }
  source.tokenizer_digest = reader.u64();
  const std::uint8_t carried = reader.u8();
  if (carried > 1) {
    throw Error(ErrorKind::data,
                fmt::format("the tokenizer's presence is {}; it must be 0 or 1", carried));
  }
  source.has_tokenizer = carried == 1;
  if (source.has_tokenizer) {
    const std::string_view packed = reader.string();
    if (!packed.empty()) source.tokenizer_bytes = decompress(packed, kMaxTokenizerBytes);
  }
  reader.finish();
  return source;
}

}  // namespace pnlp

// The non-trainable projection: a word and its subword units become a short row of 16-bit hash
// values, its fingerprint. One interface for every kind; `minhash` is the paper's (section 3.1).
// Values are grouped in named channels.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/text/tokenizer.hpp"

namespace pnlp {

class StaticVectors;

// `values` consecutive u16 of every token's fingerprint: hash values, or numbers, each an i16 that
// counts 256ths. A model gives each channel a table of its own.
struct Channel {
  std::string name;
  std::uint32_t values = 0;
  bool numbers = false;
  bool operator==(const Channel&) const = default;
};

struct ProjectionSpec {
  std::string kind = "minhash";  // or "simhash", "ternary", "binary", "vectors"
  std::uint32_t hashes = 64;     // n, values of the first channel, which has the kind's name
  std::uint32_t ngram = 3;       // code points per n-gram
  bool lowercase = false;        // units are lower-cased first (ICU, root locale)
  // Word channels after the first one, in this order; see pnlp-features(5): "word" (the whole
  // word), "lower", "folded" (lower case without marks), "prefix" (1 to 4 code points: 4 values),
  // "suffix" (4 values), "shape", "length".
  std::vector<std::string> channels = {"word", "folded", "prefix", "suffix", "shape", "length"};
  std::uint64_t seed = 0x706e6c70;  // of the hash family
  // Of the kind "vectors" only; then `hashes` is how many numbers they have.
  std::shared_ptr<const StaticVectors> vectors;
  bool operator==(const ProjectionSpec& other) const;
};

// A unit as the projection needs it.
struct ProjectionUnit {
  std::string_view text;           // as Unit::text
  std::uint32_t id = Unit::kNoId;  // key of the unit cache; kNoId: not cached
  bool continuation = false;
};

// Not thread-safe (it caches units): one per thread.
class Projection {
 public:
  virtual ~Projection() = default;
  virtual const std::vector<Channel>& channels() const = 0;
  // Sum of the channels' values: u16 per token.
  std::uint32_t width() const;
  // Writes width() values for one word. `out.size()` == width().
  virtual void project(std::string_view word, std::span<const ProjectionUnit> units,
                       std::span<std::uint16_t> out) = 0;
};

// Largest numbers a spec may ask for.
inline constexpr std::uint32_t kMaxHashes = 4096;
inline constexpr std::uint32_t kMaxNgram = 16;

// Errors: usage (unknown kind, a channel unknown or named twice, a size of 0 or above its limit,
// vectors where they are not wanted, or none).
std::unique_ptr<Projection> make_projection(const ProjectionSpec& spec);
// The channels make_projection() would give, without the tables. Same errors.
std::vector<Channel> projection_channels(const ProjectionSpec& spec);
// Sum of their values.
std::uint32_t channels_width(const std::vector<Channel>& channels);

// The spec as bytes, for file headers, and back. Errors: data (cut, or a spec that
// make_projection() would refuse).
std::string encode_spec(const ProjectionSpec& spec);
ProjectionSpec decode_spec(std::string_view bytes);

}  // namespace pnlp

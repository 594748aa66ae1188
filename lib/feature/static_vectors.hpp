// Static vectors of words or units, as the projection `vectors` has them: standardized and rounded
// to 8 bits, so that a stream or a model can carry them along. Fixed by pnlp-features(5).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pnlp {

// What a file may hold: dimensions, and bytes of all words and numbers.
inline constexpr std::uint32_t kMaxDimensions = 4096;
inline constexpr std::uint64_t kMaxVectorBytes = 48ULL << 20;

class StaticVectors {
 public:
  // `values`: words x dimensions. Each dimension is divided by its root mean square over all words
  // and counted in 32nds, cut to 127 of them either way. Errors: data (no words, too many; no
  // dimensions, too many; a word twice).
  StaticVectors(const std::vector<std::string>& words, std::uint32_t dimensions,
                const std::vector<float>& values);
  // From bytes(). Errors: data.
  explicit StaticVectors(std::string packed);
  StaticVectors(const StaticVectors&) = delete;
  StaticVectors& operator=(const StaticVectors&) = delete;
  StaticVectors(StaticVectors&&) = delete;
  StaticVectors& operator=(StaticVectors&&) = delete;
  ~StaticVectors() = default;

  std::uint32_t dimensions() const { return dimensions_; }
  std::size_t words() const { return row_of_.size(); }
  // The word's numbers, in 32nds: dimensions() of them. Null for a word that has none.
  const std::int8_t* find(std::string_view word) const;

  // For files: compressed. Equal digests mean equal vectors, whatever compressed them.
  const std::string& bytes() const { return packed_; }
  std::uint64_t digest() const { return digest_; }

 private:
  void read_content();

  std::string packed_;
  std::string content_;  // words, then rows
  std::uint64_t digest_ = 0;
  std::uint32_t dimensions_ = 0;
  const char* rows_ = nullptr;  // in content_
  std::unordered_map<std::string_view, std::size_t> row_of_;
};

}  // namespace pnlp

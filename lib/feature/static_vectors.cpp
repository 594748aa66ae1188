#include "pnlp/feature/static_vectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/zstd.hpp"

namespace pnlp {
namespace {

constexpr double kParts = 32;  // of a root mean square
constexpr double kMostParts = 127;
constexpr int kLevel = 3;  // numbers hardly compress, words do at any level

// 32 over the root mean square of each dimension; 0 for one that is all zeros.
std::vector<double> scales_of(std::uint32_t dimensions, const std::vector<float>& values) {
  std::vector<double> squares(dimensions);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<double>(values[i]);
    squares[i % dimensions] += value * value;  // exact products: fused or not is the same
  }
  const double rows = static_cast<double>(values.size()) / static_cast<double>(dimensions);
  for (double& square : squares) square = square > 0 ? kParts / std::sqrt(square / rows) : 0;
  return squares;
}

}  // namespace

StaticVectors::StaticVectors(const std::vector<std::string>& words, std::uint32_t dimensions,
                             const std::vector<float>& values) {
  if (dimensions == 0 || values.size() != words.size() * dimensions) {
    throw Error(ErrorKind::data, fmt::format("{} numbers for {} words of {} dimensions",
                                             values.size(), words.size(), dimensions));
  }
  const std::vector<double> scales = scales_of(dimensions, values);
  ByteWriter writer;
  writer.varint(dimensions);
  writer.varint(words.size());
  for (const std::string& word : words) writer.string(word);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double parts = std::nearbyint(static_cast<double>(values[i]) * scales[i % dimensions]);
    writer.u8(static_cast<std::uint8_t>(
        static_cast<std::int8_t>(std::clamp(parts, -kMostParts, kMostParts))));
  }
  content_ = writer.take();
  read_content();
  packed_ = compress(content_, kLevel);
}

StaticVectors::StaticVectors(std::string packed)
    : packed_(std::move(packed)), content_(decompress(packed_, kMaxVectorBytes)) {
  read_content();
}

void StaticVectors::read_content() {
  if (content_.size() > kMaxVectorBytes) {
    throw Error(ErrorKind::data,
                fmt::format("vectors of {} bytes, at a byte a number; {} at most: leave rare words "
                            "out",
                            content_.size(), kMaxVectorBytes));
  }
  ByteReader reader(content_, "the vectors");
  dimensions_ = static_cast<std::uint32_t>(reader.count(kMaxDimensions));
  // A word takes a byte for its length, and its numbers: no more memory is taken than there are.
  const std::uint64_t count = reader.count(reader.left() / (1 + std::uint64_t{dimensions_}));
  if (dimensions_ == 0 || count == 0) throw Error(ErrorKind::data, "vectors without numbers");
  row_of_.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view word = reader.string();
    if (!row_of_.emplace(word, i).second) {
      throw Error(ErrorKind::data, fmt::format("the word \"{}\" has two vectors", word));
    }
  }
  rows_ = reader.raw(count * dimensions_).data();
  reader.finish();
  digest_ = hash64(content_);
}

const std::int8_t* StaticVectors::find(std::string_view word) const {
  const auto found = row_of_.find(word);
  if (found == row_of_.end()) return nullptr;
  return reinterpret_cast<const std::int8_t*>(rows_ + found->second * dimensions_);
}

}  // namespace pnlp

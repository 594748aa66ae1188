#include "pnlp/text/spm_check.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/io/bytes.hpp"

namespace pnlp {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr std::uint64_t kPieces = 1;
constexpr std::uint64_t kNormalizer = 3;
constexpr std::uint64_t kDenormalizer = 5;
constexpr std::uint64_t kCharsmap = 2;
constexpr std::uint64_t kPieceText = 1;
constexpr std::uint64_t kPieceScore = 2;
constexpr std::uint64_t kPieceType = 3;
constexpr std::uint64_t kUserDefined = 4;

// Tries are built by recursion, a level a byte; trained pieces have 512 characters at the most.
constexpr std::size_t kMostPieceBytes = 4096;
// The library asks for that many user-defined symbols that begin a text, and reads all there are.
constexpr std::size_t kMostNested = 64;

struct Field {
  std::uint64_t number = 0;
  std::uint64_t integer = 0;
  float real = 0;
  std::string_view bytes;
};

// Calls visit(field) for each field of a message.
template <typename Visit>
void each_field(std::string_view message, const std::string& name, const Visit& visit) {
  ByteReader reader(message, name + ": not a SentencePiece model, or one that");
  while (reader.left() > 0) {
    const std::uint64_t tag = reader.varint();
    Field field;
    field.number = tag >> 3;
    switch (tag & 7) {
      case 0:
        field.integer = reader.varint();
        break;
      case 1:
        field.integer = reader.u64();
        break;
      case 2:
        field.bytes = reader.string();
        break;
      case 5:
        field.real = std::bit_cast<float>(reader.u32());
        break;
      default:
        throw Error(
            ErrorKind::data, {.file = name},
            "not a SentencePiece model; give one that spm_train or pnlp tokenize --learn has made");
    }
    visit(field);
  }
}

class ModelCheck {
 public:
  explicit ModelCheck(const std::string& name) : name_(name) {}

  SpmFacts run(std::string_view bytes) {
    each_field(bytes, name_, [&](const Field& field) {
      if (field.number == kPieces) piece(field.bytes);
      if (field.number == kNormalizer || field.number == kDenormalizer) normalizer(field.bytes);
    });
    if (pieces_ == 0)
      throw Error(ErrorKind::data, {.file = name_}, "not a SentencePiece model: it has no pieces");
    check_nesting();
    return facts_;
  }

 private:
  [[noreturn]] void bad_piece(std::string_view why) const {
    throw Error(ErrorKind::data, {.file = name_},
                fmt::format("piece {} of this SentencePiece model {}", pieces_, why));
  }

  void piece(std::string_view message) {
    std::string_view text;
    std::uint64_t type = 0;
    each_field(message, name_, [&](const Field& field) {
      if (field.number == kPieceText) text = field.bytes;
      if (field.number == kPieceType) type = field.integer;
      if (field.number == kPieceScore && !std::isfinite(field.real)) {
        bad_piece("has a score that is no number");
      }
    });
    if (text.find('\0') != std::string_view::npos) bad_piece("has a zero byte inside");
    if (!simdjson::validate_utf8(text.data(), text.size())) bad_piece("is not UTF-8");
    if (text.size() > kMostPieceBytes) {
      bad_piece(fmt::format("has {} bytes; at most {} are read", text.size(), kMostPieceBytes));
    }
    if (type == kUserDefined) user_defined_.push_back(text);
    ++pieces_;
  }

  void normalizer(std::string_view message) {
    each_field(message, name_, [&](const Field& field) {
      if (field.number != kCharsmap || field.bytes.empty()) return;
      facts_.longest_replacement =
          std::max(facts_.longest_replacement, check_charsmap(field.bytes, name_));
    });
  }

  // In sorted order a string's prefixes stand before it: those on the stack.
  void check_nesting() {
    std::sort(user_defined_.begin(), user_defined_.end());
    std::vector<std::string_view> prefixes;
    for (const std::string_view text : user_defined_) {
      while (!prefixes.empty() && !text.starts_with(prefixes.back())) prefixes.pop_back();
      prefixes.push_back(text);
      if (prefixes.size() > kMostNested) {
        throw Error(ErrorKind::data, {.file = name_},
                    fmt::format("more than {} user-defined symbols of this SentencePiece model "
                                "begin alike",
                                kMostNested));
      }
    }
  }

  const std::string& name_;
  SpmFacts facts_;
  std::size_t pieces_ = 0;
  std::vector<std::string_view> user_defined_;
};

}  // namespace

SpmFacts check_spm(std::string_view bytes, const std::string& name) {
  return ModelCheck(name).run(bytes);
}

}  // namespace pnlp

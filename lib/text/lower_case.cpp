#include "pnlp/text/lower_case.hpp"

#include <unicode/ucasemap.h>

#include <algorithm>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

constexpr char ascii_lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

}  // namespace

struct LowerCase::Map {
  UCaseMap* icu = nullptr;

  Map() {
    UErrorCode status = U_ZERO_ERROR;
    icu = ucasemap_open("", U_FOLD_CASE_DEFAULT, &status);
    if (U_FAILURE(status)) throw Error(ErrorKind::internal, "ICU has no case mapping");
  }
  ~Map() { ucasemap_close(icu); }
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;
  Map(Map&&) = delete;
  Map& operator=(Map&&) = delete;
};

LowerCase::LowerCase() : map_(std::make_unique<Map>()) {}
LowerCase::~LowerCase() = default;
LowerCase::LowerCase(LowerCase&&) noexcept = default;
LowerCase& LowerCase::operator=(LowerCase&&) noexcept = default;

std::string_view LowerCase::operator()(std::string_view text) {
  buffer_.resize(text.size());
  if (std::ranges::all_of(text, [](char byte) { return static_cast<signed char>(byte) >= 0; })) {
    std::ranges::transform(text, buffer_.begin(), ascii_lower);
    return buffer_;
  }
  for (;;) {
    UErrorCode status = U_ZERO_ERROR;
    const std::int32_t size =
        ucasemap_utf8ToLower(map_->icu, buffer_.data(), static_cast<std::int32_t>(buffer_.size()),
                             text.data(), static_cast<std::int32_t>(text.size()), &status);
    if (status != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(status)) {
      throw Error(ErrorKind::internal,
                  std::string("ICU cannot lower-case: ") + u_errorName(status));
    }
    const bool fits = static_cast<std::size_t>(size) <= buffer_.size();
    buffer_.resize(static_cast<std::size_t>(size));
    if (fits) return buffer_;
  }
}

}  // namespace pnlp

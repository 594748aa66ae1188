#include "pnlp/text/unicode.hpp"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

const icu::Normalizer2& nfd() {
  static const icu::Normalizer2* const instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFDInstance(status);
    if (U_FAILURE(status)) {
      throw Error(ErrorKind::internal, fmt::format("ICU has no NFD: {}", u_errorName(status)));
    }
    return found;
  }();
  return *instance;
}

}  // namespace

// ICU's macros narrow in their own way.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
char32_t next_char(std::string_view text, std::size_t& at) {
  UChar32 c = 0;
  const auto size = static_cast<std::int64_t>(text.size());
  auto i = static_cast<std::int64_t>(at);
  U8_NEXT(text.data(), i, size, c);
  at = static_cast<std::size_t>(i);
  return c < 0 ? U'\uFFFD' : static_cast<char32_t>(c);
}

std::size_t encode_char(char32_t c, char* out) {
  std::size_t size = 0;
  U8_APPEND_UNSAFE(out, size, static_cast<UChar32>(c));
  return size;
}
#pragma GCC diagnostic pop

void append_decomposed(char32_t c, std::u32string& out) {
  icu::UnicodeString parts;
  if (!nfd().getDecomposition(static_cast<UChar32>(c), parts)) {
    out.push_back(c);
    return;
  }
  for (std::int32_t at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
    out.push_back(static_cast<char32_t>(parts.char32At(at)));
  }
}

}  // namespace pnlp

#include "pnlp/io/zstd.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include "pnlp/base/error.hpp"

namespace pnlp {

std::string compress(std::string_view bytes, int level) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) {
    throw Error(ErrorKind::internal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  }
  packed.resize(size);
  return packed;
}

std::string decompress(std::string_view bytes, std::uint64_t limit) {
  const unsigned long long promised = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (promised == ZSTD_CONTENTSIZE_ERROR || promised == ZSTD_CONTENTSIZE_UNKNOWN) {
    throw Error(ErrorKind::data, "compressed data is damaged: it does not begin as zstd should");
  }
  if (promised > limit) {
    throw Error(
        ErrorKind::data,
        fmt::format("compressed data is damaged: it claims {} bytes, at most {} are possible",
                    promised, limit));
  }
  std::string plain(static_cast<std::size_t>(promised), '\0');
  const std::size_t size = ZSTD_decompress(plain.data(), plain.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) {
    throw Error(ErrorKind::data,
                fmt::format("compressed data is damaged: {}", ZSTD_getErrorName(size)));
  }
  if (size != promised) {
    throw Error(ErrorKind::data,
                fmt::format("compressed data is damaged: {} bytes instead of {}", size, promised));
  }
  return plain;
}

}  // namespace pnlp

// Compression of byte strings by zstd, with the size checked before memory is taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pnlp {

// Deterministic for a zstd version.
std::string compress(std::string_view bytes, int level = 19);
// Errors: data (not zstd, larger than `limit` bytes, cut).
std::string decompress(std::string_view bytes, std::uint64_t limit);

}  // namespace pnlp

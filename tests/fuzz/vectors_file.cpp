// A vectors file of any bytes: refused with an Error that names it, or it survives its own form.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/vectors_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto vectors = pnlp::parse_vectors(bytes, "fuzz");
    const pnlp::StaticVectors again(vectors->bytes());
    if (again.digest() != vectors->digest() || again.words() != vectors->words()) {
      __builtin_trap();
    }
  } catch (const pnlp::Error& error) {
    if (!std::string_view(error.what()).starts_with("fuzz:")) __builtin_trap();
  }
  return 0;
}

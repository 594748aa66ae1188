// decode_spec on arbitrary bytes: what it accepts, it must write back the same, and a projection
// can be made of it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/projection.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const pnlp::ProjectionSpec spec = pnlp::decode_spec(bytes);
    if (pnlp::decode_spec(pnlp::encode_spec(spec)) != spec) __builtin_trap();
    if (pnlp::make_projection(spec)->width() != channels_width(projection_channels(spec))) {
      __builtin_trap();
    }
  } catch (const pnlp::Error&) {
  }
  return 0;
}

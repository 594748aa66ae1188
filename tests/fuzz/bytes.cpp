// ByteReader and decompress on any bytes: the input is a list of operations and what they read.
#include "pnlp/io/bytes.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/io/zstd.hpp"

namespace {

using namespace pnlp;

void read_all(std::string_view bytes) {
  ByteReader in(bytes, "the input");
  while (in.left() > 0) {
    const std::size_t before = in.left();
    switch (in.u8() % 8) {
      case 0:
        in.u16();
        break;
      case 1:
        in.u32();
        break;
      case 2:
        in.f32();
        break;
      case 3:
        in.f64();
        break;
      case 4:
        in.varint();
        break;
      case 5:
        in.count(100);
        break;
      case 6:
        in.string();
        break;
      default:
        in.raw(in.u64());
    }
    if (in.left() >= before) std::abort();
  }
  in.finish();
}

template <typename Action>
void tolerate_bad_data(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tolerate_bad_data([&] { read_all(bytes); });
  tolerate_bad_data([&] {
    if (decompress(bytes, 1U << 16).size() > (1U << 16)) std::abort();
  });
  if (decompress(compress(bytes, 1), size) != bytes) std::abort();
  return 0;
}

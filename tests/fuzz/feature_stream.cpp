// FeatureReader on arbitrary bytes, and, because checksums keep most of them out, RecordDecoder and
// decode_source on what stands behind the checksum.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/feature/stream_format.hpp"

namespace {

void read_stream(std::string_view bytes) {
  static const int file = ::memfd_create("stream", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto size = static_cast<ssize_t>(bytes.size());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, bytes.data(), bytes.size(), 0) != size) return;
  try {
    pnlp::FeatureReader reader({path});
    pnlp::FeatureRecord record;
    while (reader.next(record)) {
    }
  } catch (const pnlp::Error&) {
  }
}

void read_records(std::string_view payload) {
  try {
    pnlp::RecordDecoder decoder(payload, 1 + static_cast<std::uint32_t>(payload.size() % 5), 3);
    pnlp::FeatureRecord record;
    pnlp::RecordEncoder again(3);
    while (decoder.left() > 0) {
      decoder.next(record);
      again.add(record);
    }
  } catch (const pnlp::Error& error) {
    // What can be read can be written.
    if (error.kind() == pnlp::ErrorKind::internal) __builtin_trap();
  }
}

void read_header(std::string_view payload) {
  try {
    const pnlp::FeatureSource source = pnlp::decode_header(payload);
    if (!source.difference(pnlp::decode_header(pnlp::encode_header(source, true))).empty()) {
      __builtin_trap();
    }
  } catch (const pnlp::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_stream(bytes);
  read_records(bytes);
  read_header(bytes);
  return 0;
}

// Frames: what every stream of pnlp is cut into. A head with kind, count and lengths, a payload
// (perhaps compressed), and a checksum over both, so that nothing damaged is ever decoded.
// Bytes: pnlp-features(5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pnlp/io/file.hpp"

namespace pnlp {

// Most bytes of a payload, as stored and as decompressed: a length above it is not believed.
inline constexpr std::uint32_t kMaxFramePayload = 64U << 20;

struct Frame {
  char kind = 0;            // what the payload is: the caller's business
  std::uint32_t count = 0;  // of items in the payload
  std::string payload;      // decompressed
  std::uint64_t checksum = 0;
};

// Appends a frame to `out` and returns its checksum. The payload is stored compressed if
// `try_compress` and if that makes it smaller. Errors: data (payload above kMaxFramePayload).
std::uint64_t append_frame(std::string& out, char kind, std::uint32_t count,
                           std::string_view payload, bool try_compress = false);

// Bytes of a file in order, with the offset for messages.
class FrameSource {
 public:
  // Takes the file, which stands at `offset`.
  explicit FrameSource(InputFile file, std::uint64_t offset = 0)
      : file_(std::move(file)), offset_(offset) {}

  // Replaces `bytes` by the next `size`, fewer at the end of the file.
  void read(std::string& bytes, std::size_t size);
  // Fills `frame` (memory reused). Errors: data (no frame, cut, damaged, lengths above the limit),
  // with file and offset.
  void read_frame(Frame& frame);
  // Error(data) with the file and the offset of `at`.
  [[noreturn]] void fail(std::uint64_t at, const std::string& message) const;

  std::uint64_t offset() const { return offset_; }
  const InputFile& file() const { return file_; }

 private:
  InputFile file_;
  std::uint64_t offset_;
  std::string head_;
  std::string stored_;
};

}  // namespace pnlp

#include "pnlp/io/frame.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/zstd.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kHeadBytes = 16;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::uint8_t kCompressed = 1;
constexpr int kLevel = 3;

// Memory for a payload is taken in steps of this, as its bytes arrive.
constexpr std::size_t kReadStep = 1U << 20;

}  // namespace

std::uint64_t append_frame(std::string& out, char kind, std::uint32_t count,
                           std::string_view payload, bool try_compress) {
  if (payload.size() > kMaxFramePayload) {
    throw Error(ErrorKind::data, fmt::format("{} bytes do not fit into a frame of at most {}",
                                             payload.size(), kMaxFramePayload));
  }
  const std::string packed = try_compress ? compress(payload, kLevel) : std::string();
  const bool compressed = try_compress && packed.size() < payload.size();
  const std::string_view stored = compressed ? packed : payload;
  ByteWriter head;
  head.u8(static_cast<std::uint8_t>(kind));
  head.u8(compressed ? kCompressed : 0);
  head.u16(0);
  head.u32(count);
  head.u32(static_cast<std::uint32_t>(stored.size()));
  head.u32(static_cast<std::uint32_t>(payload.size()));
  Digest digest;
  digest.update(head.bytes());
  digest.update(stored);
  const std::uint64_t checksum = digest.value();
  ByteWriter tail;
  tail.u64(checksum);
  out.append(head.bytes()).append(stored).append(tail.bytes());
  return checksum;
}

void FrameSource::read(std::string& bytes, std::size_t size) {
  bytes.clear();
  while (bytes.size() < size) {
    const std::size_t have = bytes.size();
    bytes.resize(std::min(size, have + kReadStep));
    const std::size_t got = file_.read(std::span(bytes).subspan(have));
    bytes.resize(have + got);
    if (got == 0) break;
  }
  offset_ += bytes.size();
}

void FrameSource::fail(std::uint64_t at, const std::string& message) const {
  throw Error(ErrorKind::data, Place{file_.name()}, fmt::format("byte {}: {}", at, message));
}

void FrameSource::read_frame(Frame& frame) {
  const std::uint64_t begin = offset_;
  read(head_, kHeadBytes);
  if (head_.size() < kHeadBytes) fail(offset_, "the file is cut: it ends where a frame should be");
  ByteReader head(head_, "the head of a frame");
  frame.kind = static_cast<char>(head.u8());
  const std::uint8_t flags = head.u8();
  const std::uint16_t zero = head.u16();
  frame.count = head.u32();
  const std::uint32_t stored = head.u32();
  const std::uint32_t size = head.u32();
  if (stored > kMaxFramePayload || size > kMaxFramePayload) {
    fail(begin, fmt::format("a frame claims {} bytes, at most {} are possible; the file is damaged",
                            std::max(stored, size), kMaxFramePayload));
  }
  read(stored_, stored + kChecksumBytes);
  if (stored_.size() < stored + kChecksumBytes) {
    fail(offset_, fmt::format("the file is cut: it ends within a frame of {} bytes that begins at "
                              "byte {}",
                              kHeadBytes + stored + kChecksumBytes, begin));
  }
  const std::string_view payload = std::string_view(stored_).substr(0, stored);
  frame.checksum = ByteReader(std::string_view(stored_).substr(stored), "a checksum").u64();
  Digest digest;
  digest.update(head_);
  digest.update(payload);
  if (digest.value() != frame.checksum) {
    fail(begin, fmt::format("the frame is damaged: its checksum is {}, its bytes give {}",
                            hex64(frame.checksum), hex64(digest.value())));
  }
  const bool compressed = flags == kCompressed;
  if ((flags != 0 && !compressed) || zero != 0 || (!compressed && stored != size)) {
    fail(begin, fmt::format("a frame has flags {:#x} and lengths {} and {}, which this version "
                            "does not know",
                            flags | (zero << 8), stored, size));
  }
  if (!compressed) {
    frame.payload = payload;
    return;
  }
  try {
    frame.payload = decompress(payload, size);
  } catch (const Error& error) {
    fail(begin, error.what());
  }
  if (frame.payload.size() != size) {
    fail(begin,
         fmt::format("the frame is damaged: {} bytes instead of {}", frame.payload.size(), size));
  }
}

}  // namespace pnlp

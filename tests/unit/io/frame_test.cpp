#include "pnlp/io/frame.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "memory_file.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"

using namespace pnlp;

namespace {

std::string frame_of(std::string_view payload, bool compress = false) {
  std::string bytes;
  append_frame(bytes, 'x', 7, payload, compress);
  return bytes;
}

Frame read(const std::string& bytes) {
  const MemoryFile file(bytes);
  FrameSource source{InputFile(file.path())};
  Frame frame;
  source.read_frame(frame);
  CHECK(source.offset() == bytes.size());
  return frame;
}

// The message without the file's name.
std::string refused(const std::string& bytes) {
  const MemoryFile file(bytes);
  try {
    FrameSource source{InputFile(file.path())};
    Frame frame;
    source.read_frame(frame);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    CHECK(std::string(error.what()).starts_with(file.path() + ": "));
    return std::string(error.what()).substr(file.path().size() + 2);
  }
  return "read";
}

// A frame with any head, and the checksum that belongs to it.
std::string forged(std::uint8_t flags, std::uint16_t zero, std::uint32_t stored, std::uint32_t size,
                   std::string_view payload) {
  ByteWriter writer;
  writer.u8('x');
  writer.u8(flags);
  writer.u16(zero);
  writer.u32(7);
  writer.u32(stored);
  writer.u32(size);
  writer.raw(payload);
  const std::uint64_t checksum = hash64(writer.bytes());
  writer.u64(checksum);
  return writer.take();
}

}  // namespace

TEST_CASE("the bytes of a frame") {
  const std::string bytes = frame_of("abc");
  CHECK(bytes.substr(0, 19) == std::string("x\0\0\0\7\0\0\0\3\0\0\0\3\0\0\0abc", 19));
  CHECK(bytes == forged(0, 0, 3, 3, "abc"));
}

TEST_CASE("what was written is read") {
  for (const bool compress : {false, true}) {
    for (const std::string& payload :
         {std::string(), std::string("abc"), std::string(3000000, 'a')}) {
      const Frame frame = read(frame_of(payload, compress));
      CHECK(frame.kind == 'x');
      CHECK(frame.count == 7);
      CHECK(frame.payload == payload);
    }
  }
  CHECK(frame_of(std::string(10000, 'a'), true).size() < 100);
  CHECK(frame_of("abc", true) == frame_of("abc"));  // does not pay
}

TEST_CASE("frames stand one after another; memory is reused") {
  const MemoryFile file(frame_of("one") + frame_of(std::string(100, '2'), true) + frame_of(""));
  FrameSource source{InputFile(file.path())};
  Frame frame;
  source.read_frame(frame);
  CHECK(frame.payload == "one");
  source.read_frame(frame);
  CHECK(frame.payload == std::string(100, '2'));
  source.read_frame(frame);
  CHECK(frame.payload.empty());
  CHECK_THROWS_AS(source.read_frame(frame), Error);
}

TEST_CASE("every prefix and every flipped bit of a frame is refused") {
  for (const std::string& bytes :
       {frame_of("some payload"), frame_of(std::string(99, 'a'), true)}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK(refused(bytes.substr(0, size)).find("the file is cut") != std::string::npos);
    }
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      CHECK(refused(flipped) != "read");
    }
  }
}

TEST_CASE("what is wrong with a frame is said") {
  CHECK(refused("") == "byte 0: the file is cut: it ends where a frame should be");
  CHECK(refused(frame_of("abc").substr(0, 20)) ==
        "byte 20: the file is cut: it ends within a frame of 27 bytes that begins at byte 0");
  std::string damaged = frame_of("abc");
  damaged[17] = 'B';
  CHECK(refused(damaged).starts_with("byte 0: the frame is damaged: its checksum is "));
  const auto has = [](const std::string& bytes, std::string_view part) {
    CHECK(refused(bytes).find(part) != std::string::npos);
  };
  has(forged(0, 0, 0xffffffff, 3, "abc"), "a frame claims 4294967295 bytes");
  has(forged(0, 0, 3, (64U << 20) + 1, "abc"), "a frame claims 67108865 bytes");
  has(forged(2, 0, 3, 3, "abc"), "which this version does not know");
  has(forged(0, 1, 3, 3, "abc"), "which this version does not know");
  has(forged(0, 0, 3, 4, "abc"), "which this version does not know");
  has(forged(1, 0, 3, 4, "abc"), "compressed data is damaged");
  std::string packed = frame_of(std::string(99, 'a'), true);
  packed = packed.substr(16, packed.size() - 24);
  const auto size = static_cast<std::uint32_t>(packed.size());
  CHECK(refused(forged(1, 0, size, 99, packed)) == "read");
  has(forged(1, 0, size, 98, packed), "it claims 99 bytes, at most 98");
  has(forged(1, 0, size, 100, packed), "99 bytes instead of 100");
}

TEST_CASE("a payload above the limit is not written") {
  std::string out;
  CHECK_THROWS_AS(append_frame(out, 'x', 1, std::string(kMaxFramePayload + 1UL, 'a')), Error);
  CHECK(out.empty());
}

// Little-endian integers, floats and strings in byte buffers; the reader checks every length before
// it trusts it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pnlp {

class ByteWriter {
 public:
  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void f32(float value);
  void f64(double value);
  // LEB128.
  void varint(std::uint64_t value);
  // varint length, then the bytes.
  void string(std::string_view value);
  // The same, its length padded with zero bits by so many bytes, up to three.
  void padded_string(std::string_view value, std::size_t bytes);
  void raw(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }
  void clear() { bytes_.clear(); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

// Reads from a view it does not own. Every overrun is Error(data, "`what` is cut: ...").
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  float f32();
  double f64();
  // As many as fit `values`.
  void f32s(std::span<float> values);
  std::uint64_t varint();
  // A varint that must not exceed `limit`: for counts and lengths from files.
  std::uint64_t count(std::uint64_t limit);
  std::string_view string();
  std::string_view raw(std::uint64_t size);
  std::size_t left() const { return bytes_.size() - at_; }
  // Error(data) if bytes are left.
  void finish() const;

 private:
  [[noreturn]] void cut(std::uint64_t wanted) const;
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string what_;
};

}  // namespace pnlp

#include "pnlp/io/bytes.hpp"

#include <fmt/format.h>

#include <bit>
#include <concepts>
#include <cstring>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

template <std::unsigned_integral T>
void append_little_endian(std::string& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xff));
  }
}

template <std::unsigned_integral T>
T from_little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return static_cast<T>(value);
}

}  // namespace

void ByteWriter::u8(std::uint8_t value) {
  append_little_endian(bytes_, value);
}
void ByteWriter::u16(std::uint16_t value) {
  append_little_endian(bytes_, value);
}
void ByteWriter::u32(std::uint32_t value) {
  append_little_endian(bytes_, value);
}
void ByteWriter::u64(std::uint64_t value) {
  append_little_endian(bytes_, value);
}
void ByteWriter::f32(float value) {
  u32(std::bit_cast<std::uint32_t>(value));
}
void ByteWriter::f64(double value) {
  u64(std::bit_cast<std::uint64_t>(value));
}

void ByteWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>((value & 0x7f) | 0x80));
  bytes_.push_back(static_cast<char>(value));
}

void ByteWriter::string(std::string_view value) {
  varint(value.size());
  bytes_.append(value);
}

void ByteWriter::padded_string(std::string_view value, std::size_t bytes) {
  varint(value.size());
  for (; bytes > 0; --bytes) {
    bytes_.back() = static_cast<char>(bytes_.back() | 0x80);
    bytes_.push_back(0);
  }
  bytes_ += value;
}

void ByteWriter::raw(std::string_view bytes) {
  bytes_.append(bytes);
}

void ByteReader::cut(std::uint64_t wanted) const {
  throw Error(ErrorKind::data, fmt::format("{} is cut: {} bytes wanted at offset {}, {} are left",
                                           what_, wanted, at_, left()));
}

std::string_view ByteReader::raw(std::uint64_t size) {
  if (size > left()) cut(size);
  const std::string_view bytes = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += bytes.size();
  return bytes;
}

std::uint8_t ByteReader::u8() {
  return from_little_endian<std::uint8_t>(raw(1));
}
std::uint16_t ByteReader::u16() {
  return from_little_endian<std::uint16_t>(raw(2));
}
std::uint32_t ByteReader::u32() {
  return from_little_endian<std::uint32_t>(raw(4));
}
std::uint64_t ByteReader::u64() {
  return from_little_endian<std::uint64_t>(raw(8));
}
void ByteReader::f32s(std::span<float> values) {
  const std::string_view bytes = raw(4 * values.size());
  if constexpr (std::endian::native == std::endian::little) {
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  } else {
    ByteReader each(bytes, what_);
    for (float& value : values) value = each.f32();
  }
}
float ByteReader::f32() {
  return std::bit_cast<float>(u32());
}
double ByteReader::f64() {
  return std::bit_cast<double>(u64());
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = u8();
    const std::uint64_t bits = byte & 0x7f;
    if (shift == 63 && bits > 1) break;
    value |= bits << shift;
    if (byte < 0x80) return value;
  }
  throw Error(
      ErrorKind::data,
      fmt::format("{} is damaged: the number before offset {} has more than 64 bits", what_, at_));
}

std::uint64_t ByteReader::count(std::uint64_t limit) {
  const std::uint64_t value = varint();
  if (value > limit) {
    throw Error(ErrorKind::data,
                fmt::format("{} is damaged: a count of {} before offset {}, at most {} is possible",
                            what_, value, at_, limit));
  }
  return value;
}

std::string_view ByteReader::string() {
  return raw(varint());
}

void ByteReader::finish() const {
  if (left() == 0) return;
  throw Error(ErrorKind::data,
              fmt::format("{} is damaged: {} bytes too many at offset {}", what_, left(), at_));
}

}  // namespace pnlp

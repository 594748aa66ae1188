#include "pnlp/io/bytes.hpp"

#include <doctest/doctest.h>

#include <string>

#include "io/scratch.hpp"

using namespace pnlp;
using test::message_of;

TEST_CASE("numbers are little-endian, lengths LEB128") {
  ByteWriter out;
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0fULL);
  out.f32(1.0F);
  out.f64(-2.0);
  out.varint(300);
  out.string("ab");
  out.raw("z");
  CHECK(out.bytes() == std::string("\x01\x03\x02\x07\x06\x05\x04\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08"
                                   "\x00\x00\x80\x3f\x00\x00\x00\x00\x00\x00\x00\xc0\xac\x02\x02"
                                   "abz",
                                   33));
  CHECK(out.size() == 33);

  ByteReader in(out.bytes(), "the test");
  CHECK(in.u8() == 0x01);
  CHECK(in.u16() == 0x0203);
  CHECK(in.u32() == 0x04050607);
  CHECK(in.u64() == 0x08090a0b0c0d0e0fULL);
  CHECK(in.f32() == 1.0F);
  CHECK(in.f64() == -2.0);
  CHECK(in.varint() == 300);
  CHECK(in.string() == "ab");
  CHECK(message_of([&] { in.finish(); }) == "the test is damaged: 1 bytes too many at offset 32");
  CHECK(in.raw(1) == "z");
  CHECK(in.left() == 0);
  in.finish();

  const std::string taken = out.take();
  CHECK(taken.size() == 33);
  out.clear();
  CHECK(out.size() == 0);
}

TEST_CASE("a string's length may have more bytes than it needs") {
  for (std::size_t padding = 0; padding < 4; ++padding) {
    ByteWriter out;
    out.padded_string("abc", padding);
    CHECK(out.size() == 4 + padding);
    ByteReader in(out.bytes(), "test");
    CHECK(in.string() == "abc");
    in.finish();
  }
  ByteWriter out;
  out.padded_string("", 1);
  CHECK(out.bytes() == std::string("\x80\0", 2));
}

TEST_CASE("varints of every length come back") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t one = 1ULL << bit;
    for (const std::uint64_t value : {one - 1, one, one | 1, ~std::uint64_t{0} >> bit}) {
      ByteWriter out;
      out.varint(value);
      ByteReader in(out.bytes(), "");
      CHECK(in.varint() == value);
      CHECK(in.left() == 0);
    }
  }
}

TEST_CASE("no length is trusted") {
  CHECK(message_of([] {
          ByteReader(
              "\x05"
              "abc",
              "the header")
              .string();
        }) == "the header is cut: 5 bytes wanted at offset 1, 3 are left");
  CHECK(message_of([] { ByteReader("", "it").u64(); }) ==
        "it is cut: 8 bytes wanted at offset 0, 0 are left");
  CHECK(message_of([] { ByteReader("\x80\x80", "it").varint(); }) ==
        "it is cut: 1 bytes wanted at offset 2, 0 are left");
  CHECK(message_of([] { ByteReader(std::string(9, '\xff') + "\x02", "it").varint(); }) ==
        "it is damaged: the number before offset 10 has more than 64 bits");
  CHECK(message_of([] { ByteReader(std::string(11, '\xff'), "it").varint(); }) ==
        "it is damaged: the number before offset 10 has more than 64 bits");
  CHECK(ByteReader("\x07", "it").count(7) == 7);
  CHECK(message_of([] { ByteReader("\x08", "it").count(7); }) ==
        "it is damaged: a count of 8 before offset 1, at most 7 is possible");
  ByteReader huge("abc", "it");
  CHECK(message_of([&] { huge.raw(~std::uint64_t{0}); }).starts_with("it is cut"));
  CHECK(huge.raw(3) == "abc");
}

// Hashes that are fixed by the file formats: the same on every machine, for ever.
// XXH3 (64 bits) for bytes, one multiply-xorshift mixing for integers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pnlp {

// XXH3-64 of `bytes` with `seed`.
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64-bit integers.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// 16 lower-case hexadecimal digits.
std::string hex64(std::uint64_t value);

// XXH3-64 of everything that was given to update(), without holding it.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void update(std::string_view bytes);
  // The eight little-endian bytes of `value`.
  void update(std::uint64_t value);
  // Hash of all bytes so far; more may follow.
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pnlp

// In which numbers the products of training are made.
#pragma once

#include <cstdint>

namespace pnlp {

// fp32, or bf16: factors rounded to eight significant bits, sums in fp32. Processors with products
// of bf16 pairs (AVX512-BF16) make twice as many of them.
enum class Arithmetic : std::uint8_t { fp32, bf16 };

// Whether this processor, and the oneDNN that is found, have products of bf16.
bool has_bf16();

// Within its life, in its thread, products by gemm() and token mixing's are made so; in fp32
// outside of one, and where the processor has nothing else.
class ArithmeticScope {
 public:
  explicit ArithmeticScope(Arithmetic arithmetic);
  ~ArithmeticScope();
  ArithmeticScope(const ArithmeticScope&) = delete;
  ArithmeticScope& operator=(const ArithmeticScope&) = delete;
  ArithmeticScope(ArithmeticScope&&) = delete;
  ArithmeticScope& operator=(ArithmeticScope&&) = delete;

 private:
  Arithmetic before_;
};

// Of the scope that the caller is in.
Arithmetic arithmetic();

}  // namespace pnlp

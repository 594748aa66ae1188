#include "pnlp/nn/arithmetic.hpp"

#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/onednn.hpp"

namespace pnlp {
namespace {

thread_local Arithmetic current = Arithmetic::fp32;

}  // namespace

bool has_bf16() {
  static const bool has = kernels16() != nullptr && onednn_has_bf16();
  return has;
}

ArithmeticScope::ArithmeticScope(Arithmetic arithmetic) : before_(current) {
  current = arithmetic == Arithmetic::bf16 && has_bf16() ? Arithmetic::bf16 : Arithmetic::fp32;
}

ArithmeticScope::~ArithmeticScope() {
  current = before_;
}

Arithmetic arithmetic() {
  return current;
}

}  // namespace pnlp

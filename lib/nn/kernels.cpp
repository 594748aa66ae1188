#include "pnlp/nn/kernels.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "pnlp/nn/arithmetic.hpp"
#include "pnlp/nn/gelu.hpp"

// Which forms are compiled: other compilers take the plain one.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define PNLP_X86_KERNELS
#include <immintrin.h>
// GCC's own header sets a vector to itself where its contents do not matter.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#if defined(__clang__)
#define PNLP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PNLP_UNROLL _Pragma("GCC unroll 16")
#endif
#define PNLP_INLINE __attribute__((always_inline)) inline
#define PNLP_INLINE_LAMBDA __attribute__((always_inline))

namespace pnlp {
namespace {

#define PNLP_MAX(a, b) ((a) > (b) ? (a) : (b))
#define PNLP_MIN(a, b) ((a) < (b) ? (a) : (b))
#define PNLP_LOOKUP(table, indices) look_up(table, indices)
#define PNLP_LANES 4
#define PNLP_TILE 2
namespace plain {
#include "pnlp/nn/kernels_fp32.inc"
}
#undef PNLP_MAX
#undef PNLP_MIN
#undef PNLP_LOOKUP
#undef PNLP_LANES
#undef PNLP_TILE

#ifdef PNLP_X86_KERNELS
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define PNLP_MAX(a, b) static_cast<Vector>(_mm256_max_ps(a, b))
#define PNLP_MIN(a, b) static_cast<Vector>(_mm256_min_ps(a, b))
#define PNLP_LOOKUP(table, indices)                                                               \
  static_cast<Vector>(                                                                            \
      _mm256_blendv_ps(_mm256_permutevar8x32_ps(_mm256_load_ps(table), (__m256i)(indices)),       \
                       _mm256_permutevar8x32_ps(_mm256_load_ps((table) + 8), (__m256i)(indices)), \
                       (__m256)((indices) << 28)))
#define PNLP_LANES 8
#define PNLP_TILE 2
namespace avx2 {
#include "pnlp/nn/kernels_fp32.inc"
}
#undef PNLP_MAX
#undef PNLP_MIN
#undef PNLP_LOOKUP
#undef PNLP_LANES
#undef PNLP_TILE
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma")
#define PNLP_MAX(a, b) static_cast<Vector>(_mm512_max_ps(a, b))
#define PNLP_MIN(a, b) static_cast<Vector>(_mm512_min_ps(a, b))
#define PNLP_LOOKUP(table, indices) \
  static_cast<Vector>(_mm512_permutexvar_ps((__m512i)(indices), _mm512_load_ps(table)))
#define PNLP_LANES 16
#define PNLP_TILE 4
namespace avx512 {
#include "pnlp/nn/kernels_fp32.inc"
}
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")
namespace avx512::pairs {
#include "pnlp/nn/kernels_bf16.inc"
}
#pragma GCC pop_options
#endif

constexpr std::array kAll = {
#ifdef PNLP_X86_KERNELS
    Kernels{"avx512", avx512::multiply_rows, avx512::mix_tokens, avx512::mix_tokens_backward,
            avx512::add_rows, avx512::add_to_rows, avx512::gelu, avx512::gelu_backward},
    Kernels{"avx2", avx2::multiply_rows, avx2::mix_tokens, avx2::mix_tokens_backward,
            avx2::add_rows, avx2::add_to_rows, avx2::gelu, avx2::gelu_backward},
#endif
    Kernels{"plain", plain::multiply_rows, plain::mix_tokens, plain::mix_tokens_backward,
            plain::add_rows, plain::add_to_rows, plain::gelu, plain::gelu_backward},
};

// How many of kAll, from the first on, this processor cannot run.
std::size_t beyond_processor() {
#ifdef PNLP_X86_KERNELS
  if (__builtin_cpu_supports("x86-64-v4")) return 0;
  return __builtin_cpu_supports("x86-64-v3") ? 1 : 2;
#else
  return 0;
#endif
}

}  // namespace

std::span<const Kernels> kernels() {
  static const std::span<const Kernels> usable =
      std::span<const Kernels>(kAll).subspan(beyond_processor());
  return usable;
}

const Kernels16* kernels16() {
#ifdef PNLP_X86_KERNELS
  static constexpr Kernels16 kAvx512 = {avx512::pairs::round_to_bf16, avx512::pairs::mix_tokens16,
                                        avx512::pairs::mix_tokens_backward16,
                                        avx512::pairs::add_dots};
  static const bool has = beyond_processor() == 0 && __builtin_cpu_supports("avx512bf16");
  if (has) return &kAvx512;
#endif
  return nullptr;
}

void multiply_rows(const RowProduct& product, std::vector<float>& scratch) {
  kernels().front().multiply_rows(product, scratch);
}

void mix_tokens(const TokenMixing& mixing, std::vector<float>& scratch) {
  if (arithmetic() == Arithmetic::bf16) {
    kernels16()->mix_tokens(mixing, scratch);
  } else {
    kernels().front().mix_tokens(mixing, scratch);
  }
}

void mix_tokens_backward(const TokenMixingBackward& mixing, std::vector<float>& scratch) {
  kernels().front().mix_tokens_backward(mixing, scratch);
}

void add_rows(const RowSum& sum) {
  kernels().front().add_rows(sum);
}

void add_to_rows(const RowScatter& scatter) {
  kernels().front().add_to_rows(scatter);
}

void gelu(const float* x, std::size_t n, float* y) {
  kernels().front().gelu(x, n, y);
}

void gelu_backward(std::size_t n, float* x, float* dx) {
  kernels().front().gelu_backward(n, x, dx);
}

}  // namespace pnlp

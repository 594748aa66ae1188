#include "pnlp/nn/integer_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pnlp/nn/eight_bit.hpp"
#include "pnlp/nn/layers.hpp"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define PNLP_X86_KERNELS
#include <immintrin.h>
// GCC's own header sets a vector to itself where its contents do not matter.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace pnlp {
namespace {

constexpr std::size_t kLanes = 16;
constexpr float kEpsilon = 1e-5F;  // as in layers.cpp

using Sums = std::array<std::int32_t, kLanes>;

// Rounds to the nearest integer, ties to even, as the processor's conversion does.
inline std::int32_t nearest(float x) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23
  const float sum = x + kMagic;
  return static_cast<std::int32_t>(sum - kMagic);
}

// Within low and high; what is no number is low.
inline float within(float x, float low, float high) {
  return x > low ? std::min(x, high) : low;
}

// The scale of a row between `low` and `high`; returns its inverse.
inline float row_scale(float low, float high, float& scale, std::int32_t& zero) {
  scale = (high - low) / 255.0F;
  const float inverse = scale > 0 ? 1.0F / scale : 0.0F;
  zero = nearest(within(-low * inverse, 0, 255));
  return inverse;
}

// Of numbers whose squares' sum is `squares`, a `share` of them each.
inline float inverse_deviation(float squares, float share) {
  return 1.0F / std::sqrt(std::fma(squares, share, kEpsilon));
}

namespace plain {

// sums[i][lane] += the products of four bytes of the lane, at lanes + 4 * lane, with those at four
// + i * next, over `groups` groups: one is lanes_step bytes, and four_step, behind the other.
template <std::size_t count, typename Lane, typename Four>
void add_products(const Lane* lanes, std::size_t lanes_step, const Four* four, std::size_t next,
                  std::size_t four_step, std::size_t groups, Sums* sums) {
  for (std::size_t k = 0; k < groups; ++k, lanes += lanes_step, four += four_step) {
    for (std::size_t i = 0; i < count; ++i) {
      const Four* b = four + i * next;
      std::int32_t* to = sums[i].data();
#pragma omp simd
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Lane* a = lanes + lane * 4;
        to[lane] += a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
      }
    }
  }
}

#include "pnlp/nn/integer_kernels_portable.inc"

}  // namespace plain

#ifdef PNLP_X86_KERNELS
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {

__attribute__((always_inline)) inline __m256i widened(__m128i bytes, std::uint8_t /*kind*/) {
  return _mm256_cvtepu8_epi16(bytes);
}
__attribute__((always_inline)) inline __m256i widened(__m128i bytes, std::int8_t /*kind*/) {
  return _mm256_cvtepi8_epi16(bytes);
}

// The same by products of 16 bits: those of bytes (maddubs) saturate.
template <std::size_t count, typename Lane, typename Four>
__attribute__((always_inline)) inline void add_products(const Lane* lanes, std::size_t lanes_step,
                                                        const Four* four, std::size_t next,
                                                        std::size_t four_step, std::size_t groups,
                                                        Sums* sums) {
  // Of each lane two sums, of the even and the odd pair of bytes.
  __m256i pairs[count][4];
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t v = 0; v < 4; ++v) pairs[i][v] = _mm256_setzero_si256();
  }
  for (std::size_t k = 0; k < groups; ++k, lanes += lanes_step, four += four_step) {
    __m256i wide[4];
    for (std::size_t v = 0; v < 4; ++v) {
      const auto* sixteen = reinterpret_cast<const __m128i*>(lanes + 16 * v);
      wide[v] = widened(_mm_loadu_si128(sixteen), Lane{});
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::int32_t bytes;
      __builtin_memcpy(&bytes, four + i * next, 4);
      const __m256i all = widened(_mm_set1_epi32(bytes), Four{});
      for (std::size_t v = 0; v < 4; ++v)
        pairs[i][v] = _mm256_add_epi32(pairs[i][v], _mm256_madd_epi16(wide[v], all));
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t half = 0; half < 2; ++half) {
      const __m256i mixed = _mm256_hadd_epi32(pairs[i][2 * half], pairs[i][2 * half + 1]);
      auto* to = reinterpret_cast<__m256i*>(sums[i].data() + 8 * half);
      const __m256i in_order = _mm256_permute4x64_epi64(mixed, 0xD8);
      _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), in_order));
    }
  }
}

#include "pnlp/nn/integer_kernels_portable.inc"

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,fma")
namespace vnni {

#include "pnlp/nn/integer_kernels_vnni.inc"
#include "pnlp/nn/integer_kernels_vnni_tokens.inc"

}  // namespace vnni
#pragma GCC pop_options

bool has_vnni() {
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512vbmi");
}
bool has_avx2() {
  return __builtin_cpu_supports("x86-64-v3");
}
constexpr IntegerKernels kAvx2 = {"avx2",
                                  avx2::quantize_row,
                                  avx2::multiply_rows,
                                  avx2::normalize_rows,
                                  avx2::hidden_rows,
                                  avx2::mix_tokens};
constexpr IntegerKernels kVnni = {"vnni",
                                  vnni::quantize_row,
                                  vnni::multiply_rows,
                                  vnni::normalize_rows,
                                  vnni::hidden_rows,
                                  vnni::mix_tokens};
#endif

constexpr IntegerKernels kPlain = {"plain",
                                   plain::quantize_row,
                                   plain::multiply_rows,
                                   plain::normalize_rows,
                                   plain::hidden_rows,
                                   plain::mix_tokens};

}  // namespace

std::span<const IntegerKernels* const> all_integer_kernels() {
#ifdef PNLP_X86_KERNELS
  static constexpr std::array kForms = {&kVnni, &kAvx2, &kPlain};
  static const std::size_t first = has_vnni() ? 0 : (has_avx2() ? 1 : 2);
  return std::span(kForms).subspan(first);
#else
  static constexpr std::array kForms = {&kPlain};
  return kForms;
#endif
}

const IntegerKernels& integer_kernels() {
  return *all_integer_kernels().front();
}

}  // namespace pnlp

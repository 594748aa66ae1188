#include "pnlp/nn/integer_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pnlp/nn/gelu.hpp"
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
constexpr float kZeroByte = 128;  // stands for 0 in columns of token mixing

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

using Integers = std::int32_t __attribute__((vector_size(64)));
using Floats = float __attribute__((vector_size(64)));

#define PNLP_INLINE __attribute__((always_inline)) inline
#define PNLP_UNROLL _Pragma("GCC unroll 16")

PNLP_INLINE __m512i broadcast(const void* four_bytes) {
  std::int32_t value;
  __builtin_memcpy(&value, four_bytes, 4);
  return _mm512_set1_epi32(value);
}
PNLP_INLINE Integers add_products(Integers sums, __m512i x, __m512i w) {
  return reinterpret_cast<Integers>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums), x, w));
}
PNLP_INLINE Floats to_floats(Integers values) {
  return _mm512_cvtepi32_ps(reinterpret_cast<__m512i>(values));
}
PNLP_INLINE Floats fused(Floats a, Floats b, Floats c) {
  return _mm512_fmadd_ps(a, b, c);
}
PNLP_INLINE Floats all(float value) {
  return _mm512_set1_ps(value);
}
PNLP_INLINE __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>((1U << count) - 1U);
}

// As in layers.cpp; below the lower edge it is within 2e-6 of 0.
PNLP_INLINE Floats gelu(Floats x) {
  const Floats edge = all(kGeluEdge);
  const Floats above = _mm512_max_ps(x, -edge);
  const Floats inside = _mm512_min_ps(above, edge);
  const Floats s = inside * inside * kGeluSquare - 1.0F;
  Floats p = all(kGeluValue[kGeluValue.size() - 1]);
  PNLP_UNROLL
  for (std::size_t i = kGeluValue.size() - 1; i-- > 0;) p = p * s + kGeluValue[i];
  return above * (0.5F + inside * p);
}

void quantize_row(const float* x, std::size_t n, std::uint8_t* bytes, float& scale,
                  std::int32_t& zero) {
  Floats low = Floats{};
  Floats high = Floats{};
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Floats value = _mm512_maskz_loadu_ps(first_lanes(std::min(kLanes, n - i)), x + i);
    low = _mm512_min_ps(low, value);
    high = _mm512_max_ps(high, value);
  }
  const float inverse =
      row_scale(_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high), scale, zero);
  const Floats shift = all(static_cast<float>(zero));
  for (std::size_t i = 0; i < n; i += kLanes) {
    const __mmask16 lanes = first_lanes(std::min(kLanes, n - i));
    const Floats value = fused(_mm512_maskz_loadu_ps(lanes, x + i), all(inverse), shift);
    const Floats positive = _mm512_max_ps(value, Floats{});
    _mm512_mask_cvtusepi32_storeu_epi8(bytes + i, lanes, _mm512_cvtps_epi32(positive));
  }
}

constexpr std::size_t kRows = 6;
constexpr std::size_t kTile = kPanelOutputs / kLanes;

template <std::size_t rows>
PNLP_INLINE void tile(const RowProduct8& p, std::size_t row, std::size_t n) {
  const std::uint8_t* x = p.x + row * p.groups * 4;
  const std::int8_t* w = p.w + n * p.groups * 4;
  Integers sums[rows][kTile];
  PNLP_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    PNLP_UNROLL
    for (std::size_t v = 0; v < kTile; ++v) sums[r][v] = Integers{};
  }
  for (std::size_t k = 0; k < p.groups; ++k, w += kPanelOutputs * 4) {
    __m512i weights[kTile];
    PNLP_UNROLL
    for (std::size_t v = 0; v < kTile; ++v) weights[v] = _mm512_loadu_si512(w + v * 64);
    PNLP_UNROLL
    for (std::size_t r = 0; r < rows; ++r) {
      const __m512i four = broadcast(x + (r * p.groups + k) * 4);
      PNLP_UNROLL
      for (std::size_t v = 0; v < kTile; ++v)
        sums[r][v] = add_products(sums[r][v], four, weights[v]);
    }
  }
  PNLP_UNROLL
  for (std::size_t v = 0; v < kTile; ++v) {
    const std::size_t at = n + v * kLanes;
    if (at >= p.outputs) break;
    const __mmask16 lanes = first_lanes(std::min(kLanes, p.outputs - at));
    const Integers weight_sums = reinterpret_cast<Integers>(_mm512_loadu_si512(p.sums + at));
    const Floats scales = _mm512_loadu_ps(p.scales + at);
    const Floats bias = _mm512_loadu_ps(p.bias + at);
    PNLP_UNROLL
    for (std::size_t r = 0; r < rows; ++r) {
      const Integers sum = sums[r][v] - p.x_zeros[row + r] * weight_sums;
      Floats value = fused(to_floats(sum), p.x_scales[row + r] * scales, bias);
      if (p.gelu) value = gelu(value);
      float* y = p.y + (row + r) * p.outputs + at;
      if (p.accumulate) value = value + Floats(_mm512_maskz_loadu_ps(lanes, y));
      _mm512_mask_storeu_ps(y, lanes, value);
    }
  }
}

void multiply_rows(const RowProduct8& p) {
  for (std::size_t n = 0; n < p.outputs; n += kPanelOutputs) {
    std::size_t row = 0;
    for (; row + kRows <= p.rows; row += kRows) tile<kRows>(p, row, n);
    for (; row + 3 <= p.rows; row += 3) tile<3>(p, row, n);
    for (; row < p.rows; ++row) tile<1>(p, row, n);
  }
}

// Columns [c, c + 16) as bytes, four positions a lane; returns their scales.
PNLP_INLINE Floats quantize_columns(const TokenProduct8& p, std::size_t c, __mmask16 lanes,
                                    std::uint8_t* bytes) {
  Floats largest = Floats{};
  for (std::size_t i = 0; i < p.length; ++i) {
    largest =
        _mm512_max_ps(largest, _mm512_abs_ps(_mm512_maskz_loadu_ps(lanes, p.x + i * p.stride + c)));
  }
  const __mmask16 some = _mm512_cmp_ps_mask(largest, _mm512_setzero_ps(), _CMP_GT_OQ);
  const Floats inverse = _mm512_maskz_div_ps(some, all(127.0F), largest);
  for (std::size_t i = 0; i < p.length; i += 4) {
    __m512i four = _mm512_set1_epi32(static_cast<std::int32_t>(0x80808080U));
    for (std::size_t j = 0; j < std::min<std::size_t>(4, p.length - i); ++j) {
      const Floats x = _mm512_maskz_loadu_ps(lanes, p.x + (i + j) * p.stride + c);
      const __m512i byte = _mm512_cvtps_epi32(fused(x, inverse, all(kZeroByte)));
      const auto shift = static_cast<unsigned>(8 * j);
      four = _mm512_or_si512(
          _mm512_andnot_si512(_mm512_set1_epi32(static_cast<std::int32_t>(0xffU << shift)), four),
          _mm512_sll_epi32(byte, _mm_cvtsi32_si128(static_cast<int>(shift))));
    }
    _mm512_storeu_si512(bytes + i * kLanes, four);
  }
  return largest / 127.0F;
}

// GELU of 64 bytes by a table of 256.
struct Table {
  __m512i part[4];
  PNLP_INLINE __m512i look_up(__m512i at) const {
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(at),
                                  _mm512_permutex2var_epi8(part[0], at, part[1]),
                                  _mm512_permutex2var_epi8(part[2], at, part[3]));
  }
};

// Four hidden units of 16 columns. `groups` is 0 for any number of them.
template <std::size_t fixed>
PNLP_INLINE void hidden_units(const TokenProduct8& p, std::size_t any, const std::uint8_t* bytes,
                              Floats scales, const Table& table, std::uint8_t* hidden) {
  const std::size_t groups = fixed == 0 ? any : fixed;
  alignas(64) std::array<std::uint8_t, 64> order;
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = static_cast<std::uint8_t>(i % 4 * 4 + i % 16 / 4);
  const __m512i transposed = _mm512_load_si512(order.data());
  for (std::size_t quad = 0; quad < p.quads; ++quad) {
    const std::int8_t* in = p.in + quad * p.in_groups * 16;
    Integers sums[4];
    PNLP_UNROLL
    for (std::size_t u = 0; u < 4; ++u) sums[u] = Integers{} + p.in_zeros[quad * 4 + u];
    for (std::size_t k = 0; k < groups; ++k) {
      const __m512i x = _mm512_loadu_si512(bytes + k * 64);
      PNLP_UNROLL
      for (std::size_t u = 0; u < 4; ++u)
        sums[u] = add_products(sums[u], x, broadcast(in + k * 16 + u * 4));
    }
    __m512i steps[4];
    PNLP_UNROLL
    for (std::size_t u = 0; u < 4; ++u) {
      steps[u] =
          _mm512_cvtps_epi32(fused(to_floats(sums[u]) * scales, all(p.in_scales[quad * 4 + u]),
                                   all(p.in_bias[quad * 4 + u])));
    }
    const __m512i packed = _mm512_packs_epi16(_mm512_packs_epi32(steps[0], steps[1]),
                                              _mm512_packs_epi32(steps[2], steps[3]));
    _mm512_storeu_si512(hidden + quad * 64, table.look_up(_mm512_shuffle_epi8(packed, transposed)));
  }
}

template <std::size_t count>
PNLP_INLINE void add_positions(const TokenProduct8& p, std::size_t first, std::size_t c,
                               __mmask16 lanes, const std::uint8_t* hidden) {
  Integers sums[count];
  PNLP_UNROLL
  for (std::size_t i = 0; i < count; ++i) sums[i] = Integers{} + p.out_zeros[first + i];
  const std::int8_t* out = p.out + first * 4;
  for (std::size_t quad = 0; quad < p.quads; ++quad, out += p.out_positions * 4) {
    const __m512i x = _mm512_loadu_si512(hidden + quad * 64);
    PNLP_UNROLL
    for (std::size_t i = 0; i < count; ++i)
      sums[i] = add_products(sums[i], x, broadcast(out + i * 4));
  }
  PNLP_UNROLL
  for (std::size_t i = 0; i < count; ++i) {
    float* y = p.y + (first + i) * p.stride + c;
    const Floats value =
        fused(to_floats(sums[i]), all(p.out_scales[first + i]), all(p.out_bias[first + i]));
    _mm512_mask_storeu_ps(y, lanes, value + Floats(_mm512_maskz_loadu_ps(lanes, y)));
  }
}

void add_some_positions(std::size_t count, const TokenProduct8& p, std::size_t first, std::size_t c,
                        __mmask16 lanes, const std::uint8_t* hidden) {
  switch (count) {
    case 8:
      return add_positions<8>(p, first, c, lanes, hidden);
    case 7:
      return add_positions<7>(p, first, c, lanes, hidden);
    case 6:
      return add_positions<6>(p, first, c, lanes, hidden);
    case 5:
      return add_positions<5>(p, first, c, lanes, hidden);
    case 4:
      return add_positions<4>(p, first, c, lanes, hidden);
    case 3:
      return add_positions<3>(p, first, c, lanes, hidden);
    case 2:
      return add_positions<2>(p, first, c, lanes, hidden);
    default:
      return add_positions<1>(p, first, c, lanes, hidden);
  }
}

void mix_tokens(const TokenProduct8& p) {
  const std::size_t groups = (p.length + 3) / 4;
  std::uint8_t* hidden = p.scratch;
  std::uint8_t* bytes = p.scratch + 64 * p.quads;
  Table table;
  // A byte with its high bit set takes the second half, which starts with the lowest step, -128.
  for (std::size_t i = 0; i < 4; ++i) table.part[i] = _mm512_loadu_si512(p.table + 64 * i);
  for (std::size_t c = 0; c < p.columns; c += kLanes) {
    const __mmask16 lanes = first_lanes(std::min(kLanes, p.columns - c));
    const Floats scales = quantize_columns(p, c, lanes, bytes);
    switch (groups) {
      case 1:
        hidden_units<1>(p, groups, bytes, scales, table, hidden);
        break;
      case 2:
        hidden_units<2>(p, groups, bytes, scales, table, hidden);
        break;
      case 3:
        hidden_units<3>(p, groups, bytes, scales, table, hidden);
        break;
      default:
        hidden_units<0>(p, groups, bytes, scales, table, hidden);
    }
    std::size_t first = 0;
    for (std::size_t part = (p.length + 7) / 8; part > 0; --part) {
      const std::size_t count = (p.length - first + part - 1) / part;
      add_some_positions(count, p, first, c, lanes, hidden);
      first += count;
    }
  }
}

}  // namespace vnni
#pragma GCC pop_options

bool has_vnni() {
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512vbmi");
}
bool has_avx2() {
  return __builtin_cpu_supports("x86-64-v3");
}
constexpr IntegerKernels kAvx2 = {"avx2", avx2::quantize_row, avx2::multiply_rows,
                                  avx2::mix_tokens};
constexpr IntegerKernels kVnni = {"vnni", vnni::quantize_row, vnni::multiply_rows,
                                  vnni::mix_tokens};
#endif

constexpr IntegerKernels kPlain = {"plain", plain::quantize_row, plain::multiply_rows,
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

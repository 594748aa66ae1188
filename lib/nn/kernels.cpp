#include "pnlp/nn/kernels.hpp"

#include <algorithm>
#include <array>

#include "pnlp/nn/gelu.hpp"

// Which forms are compiled: the sanitized build and other compilers take the plain one.
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

namespace pnlp {
namespace {

constexpr std::size_t kUnits = 8;      // of the token mixing's hidden layer at a time
constexpr std::size_t kPositions = 8;  // of its output at a time, at the most

// The weights of token mixing in the order in which the kernel reads them; units are filled up to a
// multiple of kUnits, which add GELU(0) * 0.
struct PackedTokenMixing {
  PackedTokenMixing(const TokenMixing& mixing, std::size_t lanes, std::vector<float>& scratch);
  std::size_t units, parts;  // hidden units; blocks of positions
  float* in;                 // [units / kUnits][length][kUnits]
  float* in_bias;            // [units]
  float* out;                // for each block of positions: [units][positions]
  float* hidden;             // [units][lanes]
  float* columns;            // [length][lanes]
};

PackedTokenMixing::PackedTokenMixing(const TokenMixing& mixing, std::size_t lanes,
                                     std::vector<float>& scratch)
    : units((mixing.hidden + kUnits - 1) / kUnits * kUnits),
      parts((mixing.length + kPositions - 1) / kPositions) {
  const std::size_t length = mixing.length;
  scratch.assign(units * (2 * length + 1 + lanes) + length * lanes, 0.0F);
  in = scratch.data();
  in_bias = in + units * length;
  out = in_bias + units;
  hidden = out + units * length;
  columns = hidden + units * lanes;
  std::copy_n(mixing.in_bias, mixing.hidden, in_bias);
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t j = 0; j < mixing.hidden; ++j) {
      in[(j / kUnits * length + i) * kUnits + j % kUnits] = mixing.in[i * mixing.hidden + j];
    }
  }
  std::size_t first = 0;
  for (std::size_t part = parts; part > 0; --part) {
    const std::size_t count = (length - first + part - 1) / part;
    for (std::size_t i = 0; i < count; ++i) {
      const float* row = mixing.out + (first + i) * mixing.hidden;
      for (std::size_t j = 0; j < mixing.hidden; ++j) out[first * units + j * count + i] = row[j];
    }
    first += count;
  }
}

#define PNLP_MAX(a, b) ((a) > (b) ? (a) : (b))
#define PNLP_MIN(a, b) ((a) < (b) ? (a) : (b))
#define PNLP_LANES 4
#define PNLP_TILE 2
namespace plain {
#include "pnlp/nn/kernels_fp32.inc"
}
#undef PNLP_MAX
#undef PNLP_MIN
#undef PNLP_LANES
#undef PNLP_TILE

#ifdef PNLP_X86_KERNELS
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define PNLP_MAX(a, b) static_cast<Vector>(_mm256_max_ps(a, b))
#define PNLP_MIN(a, b) static_cast<Vector>(_mm256_min_ps(a, b))
#define PNLP_LANES 8
#define PNLP_TILE 2
namespace avx2 {
#include "pnlp/nn/kernels_fp32.inc"
}
#undef PNLP_MAX
#undef PNLP_MIN
#undef PNLP_LANES
#undef PNLP_TILE
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma")
#define PNLP_MAX(a, b) static_cast<Vector>(_mm512_max_ps(a, b))
#define PNLP_MIN(a, b) static_cast<Vector>(_mm512_min_ps(a, b))
#define PNLP_LANES 16
#define PNLP_TILE 4
namespace avx512 {
#include "pnlp/nn/kernels_fp32.inc"
}
#pragma GCC pop_options
#endif

constexpr std::array kAll = {
#ifdef PNLP_X86_KERNELS
    Kernels{"avx512", avx512::multiply_rows, avx512::mix_tokens},
    Kernels{"avx2", avx2::multiply_rows, avx2::mix_tokens},
#endif
    Kernels{"plain", plain::multiply_rows, plain::mix_tokens},
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

void multiply_rows(const RowProduct& product, std::vector<float>& scratch) {
  kernels().front().multiply_rows(product, scratch);
}

void mix_tokens(const TokenMixing& mixing, std::vector<float>& scratch) {
  kernels().front().mix_tokens(mixing, scratch);
}

}  // namespace pnlp

// The one door to oneDNN: matrix products, single-threaded in the calling thread, so that
// results do not depend on the number of threads. The library is loaded when first called; anything
// here may give Error(io) if it cannot be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pnlp {

enum class Transpose : bool { no = false, yes = true };

// C[M][N] = op(A)[M][K] * op(B)[K][N] + (accumulate ? C : 0), all row-major with leading dimensions
// in floats. op(A) is stored as A[K][M] when transposed, op(B) as B[N][K]. Within a scope of bf16,
// A and B are rounded to that first, see arithmetic.hpp. Error(internal) if oneDNN refuses.
void gemm(Transpose transpose_a, Transpose transpose_b, std::size_t m, std::size_t n, std::size_t k,
          const float* a, std::size_t lda, const float* b, std::size_t ldb, bool accumulate,
          float* c, std::size_t ldc);

// Whether oneDNN multiplies bf16, by instructions for it.
bool onednn_has_bf16();

// C[M][N] = A[M][K] * B[K][N] in exact integers, row-major and without gaps: oneDNN's own 8-bit
// product, by which a machine's peak is told (prediction has kernels of its own). On processors
// without VNNI sums of two neighbouring products saturate. Error(internal) if oneDNN refuses.
void gemm8(std::size_t m, std::size_t n, std::size_t k, const std::uint8_t* a, const std::int8_t* b,
           std::int32_t* c);

// Whether a row of a product of untransposed matrices, and a column of a product with untransposed
// B, has the same bits whatever other rows, or columns, are in the call. True of oneDNN's AVX-512
// kernels; elsewhere an encoder that predicts by them takes one record at a time.
bool gemm_rows_are_independent();

std::string onednn_version();
// The instruction set that oneDNN dispatches to, such as "avx512_core".
std::string instruction_set();

}  // namespace pnlp

#include "pnlp/nn/onednn.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/arithmetic.hpp"
#include "pnlp/nn/kernels.hpp"

namespace pnlp {
namespace {

// oneDNN is loaded by the first call that needs it, and then stays: binding its forty thousand
// relocations takes longer than a prediction, which as a rule does without.
class Library {
 public:
  static const Library& get() {
    static const Library library;
    return library;
  }

  decltype(&dnnl_sgemm) sgemm;
  decltype(&dnnl_gemm_u8s8s32) gemm_u8s8s32;
  // dnnl_sgemm's sibling, which the library exports though no header declares it; null if it should
  // go.
  dnnl_status_t (*gemm_bf16)(char transpose_a, char transpose_b, dnnl_dim_t m, dnnl_dim_t n,
                             dnnl_dim_t k, float alpha, const std::uint16_t* a, dnnl_dim_t lda,
                             const std::uint16_t* b, dnnl_dim_t ldb, float beta, float* c,
                             dnnl_dim_t ldc);
  decltype(&dnnl_get_effective_cpu_isa) effective_cpu_isa;
  decltype(&dnnl_version) version;
  void (*set_num_threads)(int);  // of its OpenMP; null if it was built without

 private:
  Library() : handle_(dlopen(PNLP_ONEDNN_LIBRARY, RTLD_LAZY | RTLD_LOCAL)) {
    if (handle_ == nullptr) fail();
    find(sgemm, "dnnl_sgemm");
    find(gemm_u8s8s32, "dnnl_gemm_u8s8s32");
    find(effective_cpu_isa, "dnnl_get_effective_cpu_isa");
    find(version, "dnnl_version");
    gemm_bf16 = reinterpret_cast<decltype(gemm_bf16)>(dlsym(handle_, "dnnl_gemm_bf16bf16f32"));
    set_num_threads =
        reinterpret_cast<decltype(set_num_threads)>(dlsym(handle_, "omp_set_num_threads"));
    // Nothing is printed to standard output whatever the environment says.
    decltype(&dnnl_set_verbose) set_verbose = nullptr;
    find(set_verbose, "dnnl_set_verbose");
    set_verbose(0);
  }

  template <typename Function>
  void find(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (function == nullptr) fail();
  }

  [[noreturn]] static void fail() {
    throw Error(ErrorKind::io,
                fmt::format("oneDNN, which training and some encoders need, cannot be loaded: {}; "
                            "install {}",
                            dlerror(), PNLP_ONEDNN_LIBRARY));
  }

  void* handle_;
};

// oneDNN's OpenMP setting belongs to the thread: one per thread, whoever started it.
const Library& single_threaded() {
  const Library& library = Library::get();
  thread_local const bool once = [&library] {
    if (library.set_num_threads != nullptr) library.set_num_threads(1);
    return true;
  }();
  static_cast<void>(once);
  return library;
}

template <typename Function, typename Factor>
void multiply(Function function, Transpose transpose_a, Transpose transpose_b, std::size_t m,
              std::size_t n, std::size_t k, const Factor* a, std::size_t lda, const Factor* b,
              std::size_t ldb, bool accumulate, float* c, std::size_t ldc) {
  const auto dim = [](std::size_t size) { return static_cast<dnnl_dim_t>(size); };
  const dnnl_status_t status = function(
      transpose_a == Transpose::yes ? 'T' : 'N', transpose_b == Transpose::yes ? 'T' : 'N', dim(m),
      dim(n), dim(k), 1.0F, a, dim(lda), b, dim(ldb), accumulate ? 1.0F : 0.0F, c, dim(ldc));
  if (status != dnnl_success) {
    throw Error(ErrorKind::internal, fmt::format("oneDNN refused a product of {}x{}x{} (status {})",
                                                 m, n, k, static_cast<int>(status)));
  }
}

void sgemm(Transpose transpose_a, Transpose transpose_b, std::size_t m, std::size_t n,
           std::size_t k, const float* a, std::size_t lda, const float* b, std::size_t ldb,
           bool accumulate, float* c, std::size_t ldc) {
  multiply(single_threaded().sgemm, transpose_a, transpose_b, m, n, k, a, lda, b, ldb, accumulate,
           c, ldc);
}

// Rounded, without gaps.
const std::uint16_t* round_rows(const float* x, std::size_t rows, std::size_t width,
                                std::size_t stride, std::vector<std::uint16_t>& rounded) {
  rounded.resize(std::max(rounded.size(), rows * width));
  for (std::size_t i = 0; i < rows; ++i)
    kernels16()->round(x + i * stride, width, rounded.data() + i * width);
  return rounded.data();
}

void gemm_rounded(Transpose transpose_a, Transpose transpose_b, std::size_t m, std::size_t n,
                  std::size_t k, const float* a, std::size_t lda, const float* b, std::size_t ldb,
                  bool accumulate, float* c, std::size_t ldc) {
  thread_local std::vector<std::uint16_t> left, right;
  const std::size_t width_a = transpose_a == Transpose::yes ? m : k;
  const std::size_t width_b = transpose_b == Transpose::yes ? k : n;
  multiply(single_threaded().gemm_bf16, transpose_a, transpose_b, m, n, k,
           round_rows(a, transpose_a == Transpose::yes ? k : m, width_a, lda, left), width_a,
           round_rows(b, transpose_b == Transpose::yes ? n : k, width_b, ldb, right), width_b,
           accumulate, c, ldc);
}

}  // namespace

bool onednn_has_bf16() {
  const Library& library = Library::get();
  return library.gemm_bf16 != nullptr &&
         (library.effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) ==
             dnnl_cpu_isa_avx512_core_bf16;
}

void gemm8(std::size_t m, std::size_t n, std::size_t k, const std::uint8_t* a, const std::int8_t* b,
           std::int32_t* c) {
  const auto dim = [](std::size_t size) { return static_cast<dnnl_dim_t>(size); };
  const std::int32_t offset = 0;
  const dnnl_status_t status = single_threaded().gemm_u8s8s32('N', 'N', 'F', dim(m), dim(n), dim(k), 1.0F, a,
                                                 dim(k), 0, b, dim(n), 0, 0.0F, c, dim(n), &offset);
  if (status != dnnl_success) {
    throw Error(ErrorKind::internal,
                fmt::format("oneDNN refused an 8-bit product of {}x{}x{} (status {})", m, n, k,
                            static_cast<int>(status)));
  }
}

void gemm(Transpose transpose_a, Transpose transpose_b, std::size_t m, std::size_t n, std::size_t k,
          const float* a, std::size_t lda, const float* b, std::size_t ldb, bool accumulate,
          float* c, std::size_t ldc) {
  // oneDNN refuses empty matrices.
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (std::size_t i = 0; !accumulate && i < m; ++i) std::fill_n(c + i * ldc, n, 0.0F);
    return;
  }
  if (arithmetic() == Arithmetic::bf16) {
    gemm_rounded(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
    return;
  }
  const bool one_row = m == 1 && transpose_a == Transpose::no;
  const bool one_column = n == 1 && transpose_b == Transpose::no;
  if (!one_row && !one_column) {
    sgemm(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
    return;
  }
  // oneDNN has kernels of their own for one row and one column, which sum in another order: they
  // would break the independence of rows and columns. So the row or column is done twice.
  const std::size_t rows = one_row ? 2 : m;
  const std::size_t columns = one_column ? 2 : n;
  thread_local std::vector<float> row, column, product;
  if (one_row) {
    row.resize(2 * k);
    std::copy_n(a, k, row.data());
    std::copy_n(a, k, row.data() + k);
  }
  if (one_column) {
    column.resize(2 * k);
    for (std::size_t i = 0; i < k; ++i) column[2 * i] = column[2 * i + 1] = b[i * ldb];
  }
  product.resize(rows * columns);
  for (std::size_t i = 0; accumulate && i < rows * columns; ++i) {
    product[i] = c[(one_row ? 0 : i / columns) * ldc + (one_column ? 0 : i % columns)];
  }
  sgemm(transpose_a, transpose_b, rows, columns, k, one_row ? row.data() : a, one_row ? k : lda,
        one_column ? column.data() : b, one_column ? 2 : ldb, accumulate, product.data(), columns);
  for (std::size_t i = 0; i < m; ++i) std::copy_n(product.data() + i * columns, n, c + i * ldc);
}

bool gemm_rows_are_independent() {
  return (Library::get().effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

std::string onednn_version() {
  const dnnl_version_t* version = Library::get().version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

std::string instruction_set() {
  switch (Library::get().effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41:
      return "sse41";
    case dnnl_cpu_isa_avx:
      return "avx";
    case dnnl_cpu_isa_avx2:
      return "avx2";
    case dnnl_cpu_isa_avx2_vnni:
      return "avx2_vnni";
    case dnnl_cpu_isa_avx512_core:
      return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx:
      return "avx512_core_amx";
    default:
      return "generic";
  }
}

}  // namespace pnlp

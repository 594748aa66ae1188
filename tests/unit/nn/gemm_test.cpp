#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "nn/noise.hpp"
#include "pnlp/base/random.hpp"
#include "pnlp/nn/onednn.hpp"

using namespace pnlp;
using pnlp::test::log_uniform;
using pnlp::test::normals;

namespace {

struct Product {
  Transpose ta = Transpose::no, tb = Transpose::no;
  std::size_t m = 0, n = 0, k = 0;
  std::size_t extra_a = 0, extra_b = 0, extra_c = 0;  // floats beyond the row in each stride
  bool accumulate = false;
};

// Compares gemm() with three loops in double. Returns the largest error, in units of what rounding
// of k terms of size 1 explains; infinity when a float between the rows of C was touched.
double error_of(const Product& p, Random& random) {
  const std::size_t lda = (p.ta == Transpose::yes ? p.m : p.k) + p.extra_a;
  const std::size_t ldb = (p.tb == Transpose::yes ? p.k : p.n) + p.extra_b;
  const std::size_t ldc = p.n + p.extra_c;
  const auto a = normals(random, lda * (p.ta == Transpose::yes ? p.k : p.m));
  const auto b = normals(random, ldb * (p.tb == Transpose::yes ? p.n : p.k));
  const auto before = normals(random, ldc * p.m);
  auto c = before;
  gemm(p.ta, p.tb, p.m, p.n, p.k, a.data(), lda, b.data(), ldb, p.accumulate, c.data(), ldc);
  double worst = 0;
  for (std::size_t i = 0; i < p.m; ++i) {
    for (std::size_t j = 0; j < ldc; ++j) {
      if (j >= p.n) {
        if (c[i * ldc + j] != before[i * ldc + j]) return HUGE_VAL;
        continue;
      }
      double sum = p.accumulate ? static_cast<double>(before[i * ldc + j]) : 0.0;
      for (std::size_t l = 0; l < p.k; ++l) {
        sum += static_cast<double>(p.ta == Transpose::yes ? a[l * lda + i] : a[i * lda + l]) *
               static_cast<double>(p.tb == Transpose::yes ? b[j * ldb + l] : b[l * ldb + j]);
      }
      worst = std::max(worst, std::abs(static_cast<double>(c[i * ldc + j]) - sum));
    }
  }
  return worst / (1e-6 * std::sqrt(static_cast<double>(p.k + 1)));
}

bool same_bits(const float* x, const float* y, std::size_t n) {
  return std::memcmp(x, y, n * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("gemm is the product, for every transposition, stride and kind of C") {
  Random random(11);
  std::vector<Product> products;
  for (const std::size_t m : {1, 2, 5, 48, 65}) {
    for (const std::size_t n : {1, 2, 7, 64, 113}) {
      for (const std::size_t k : {1, 3, 64, 257}) products.push_back({.m = m, .n = n, .k = k});
    }
  }
  for (Product product : products) {
    for (unsigned kind = 0; kind < 16; ++kind) {
      product.ta = (kind & 1) != 0 ? Transpose::yes : Transpose::no;
      product.tb = (kind & 2) != 0 ? Transpose::yes : Transpose::no;
      product.accumulate = (kind & 4) != 0;
      const bool wide = (kind & 8) != 0;
      product.extra_a = wide ? 3 : 0;
      product.extra_b = wide ? 64 : 0;
      product.extra_c = wide ? 5 : 0;
      CAPTURE(product.m);
      CAPTURE(product.n);
      CAPTURE(product.k);
      CAPTURE(kind);
      REQUIRE(error_of(product, random) < 5.0);
    }
  }
}

TEST_CASE("a product without accumulation does not read C") {
  const std::vector<float> a{1, 2, 3, 4};
  const std::vector<float> b{5, 6, 7, 8};
  for (const std::size_t m : {1, 2}) {
    std::vector<float> c(4, std::nanf(""));
    gemm(Transpose::no, Transpose::no, m, 2, 2, a.data(), 2, b.data(), 2, false, c.data(), 2);
    CHECK(c[0] == 19);
    CHECK(c[1] == 22);
    if (m == 2) {
      CHECK(c[2] == 43);
      CHECK(c[3] == 50);
    }
  }
}

TEST_CASE("a row has the same bits whatever rows accompany it") {
  if (!gemm_rows_are_independent()) return;  // not promised on this processor
  Random random(12);
  constexpr std::size_t kRows = 320;
  for (const std::size_t k : {64, 256, 512}) {
    for (const std::size_t n : {1, 2, 13, 64, 113, 151, 256}) {
      const auto a = normals(random, kRows * k);
      const auto b = normals(random, k * n);
      std::vector<float> all(kRows * n);
      gemm(Transpose::no, Transpose::no, kRows, n, k, a.data(), k, b.data(), n, false, all.data(),
           n);
      std::vector<float> some(kRows * n);
      for (std::size_t m = 1; m <= 300; m += m < 40 ? 1 : 13) {
        for (const std::size_t first : {std::size_t{0}, std::size_t{19}, kRows - m}) {
          if (first + m > kRows) continue;
          gemm(Transpose::no, Transpose::no, m, n, k, a.data() + first * k, k, b.data(), n, false,
               some.data(), n);
          CAPTURE(k);
          CAPTURE(n);
          CAPTURE(m);
          REQUIRE(same_bits(some.data(), all.data() + first * n, m * n));
        }
      }
    }
  }
}

TEST_CASE("rows are independent for any sizes, strides and alignments") {
  if (!gemm_rows_are_independent()) return;
  Random random(13);
  for (int round = 0; round < 150; ++round) {
    const std::size_t rows = log_uniform(random, 1, 2000);
    const std::size_t k = log_uniform(random, 1, 2048);
    const std::size_t n = log_uniform(random, 1, 600);
    const std::size_t shift = random.below(8);
    const auto a = normals(random, rows * k + shift);
    const auto b = normals(random, k * n + shift);
    const bool accumulate = round % 2 == 1;
    const auto before = normals(random, rows * n);
    auto all = before;
    gemm(Transpose::no, Transpose::no, rows, n, k, a.data() + shift, k, b.data() + shift, n,
         accumulate, all.data(), n);
    const std::size_t m = 1 + random.below(rows);
    const std::size_t first = random.below(rows - m + 1);
    const std::size_t ldc = n + random.below(9);
    std::vector<float> some(m * ldc);
    for (std::size_t i = 0; i < m; ++i) {
      std::copy_n(before.data() + (first + i) * n, n, some.data() + i * ldc);
    }
    gemm(Transpose::no, Transpose::no, m, n, k, a.data() + shift + first * k, k, b.data() + shift,
         n, accumulate, some.data(), ldc);
    CAPTURE(rows);
    CAPTURE(k);
    CAPTURE(n);
    CAPTURE(m);
    for (std::size_t i = 0; i < m; ++i) {
      REQUIRE(same_bits(some.data() + i * ldc, all.data() + (first + i) * n, n));
    }
  }
}

TEST_CASE("token mixing: a segment's columns have the same bits whatever segments accompany it") {
  Random random(14);
  for (const std::size_t channels : {1, 3, 16, 64, 256, 512}) {
    // Elsewhere the promise is kept for blocks that are multiples of the vector length.
    if (!gemm_rows_are_independent() && channels % 16 != 0) continue;
    for (const std::size_t hidden : {1, 32, 256}) {
      for (const std::size_t length : {1, 2, 3, 7, 16, 33, 64}) {
        constexpr std::size_t kSegments = 5;
        const std::size_t width = kSegments * channels;
        const auto weights = normals(random, length * hidden);
        const auto x = normals(random, length * width);
        const auto active = normals(random, hidden * width);
        std::vector<float> in(hidden * width);
        const bool accumulate = length % 2 == 1;  // as the skip connection asks
        const auto skip = normals(random, length * width);
        auto out = skip;
        gemm(Transpose::yes, Transpose::no, hidden, width, length, weights.data(), hidden, x.data(),
             width, false, in.data(), width);
        gemm(Transpose::no, Transpose::no, length, width, hidden, weights.data(), hidden,
             active.data(), width, accumulate, out.data(), width);
        for (std::size_t count = 1; count < kSegments; ++count) {
          const std::size_t first = random.below(kSegments - count + 1) * channels;
          const std::size_t n = count * channels;
          std::vector<float> some_in(hidden * n);
          std::vector<float> some_out(length * n);
          for (std::size_t i = 0; i < length; ++i) {
            std::copy_n(skip.data() + i * width + first, n, some_out.data() + i * n);
          }
          gemm(Transpose::yes, Transpose::no, hidden, n, length, weights.data(), hidden,
               x.data() + first, width, false, some_in.data(), n);
          gemm(Transpose::no, Transpose::no, length, n, hidden, weights.data(), hidden,
               active.data() + first, width, accumulate, some_out.data(), n);
          CAPTURE(channels);
          CAPTURE(hidden);
          CAPTURE(length);
          CAPTURE(count);
          for (std::size_t i = 0; i < hidden; ++i) {
            REQUIRE(same_bits(some_in.data() + i * n, in.data() + i * width + first, n));
          }
          for (std::size_t i = 0; i < length; ++i) {
            REQUIRE(same_bits(some_out.data() + i * n, out.data() + i * width + first, n));
          }
        }
      }
    }
  }
}

TEST_CASE("a product that makes no sense is an internal error, not a crash") {
  std::vector<float> x(4);
  // A leading dimension shorter than a row.
  CHECK_THROWS_WITH(
      gemm(Transpose::no, Transpose::no, 2, 2, 2, x.data(), 1, x.data(), 2, false, x.data(), 2),
      doctest::Contains("oneDNN refused a product of 2x2x2"));
}

TEST_CASE("oneDNN is described") {
  const std::string version = onednn_version();
  CHECK(version.size() >= 5);
  CHECK(std::count(version.begin(), version.end(), '.') == 2);
  const std::string set = instruction_set();
  CHECK_FALSE(set.empty());
  CHECK(gemm_rows_are_independent() == set.starts_with("avx512_core"));
}

TEST_CASE("empty matrices: a sum of nothing is zero") {
  float c[] = {1, 2, 3, 4};
  const float none = 0;
  gemm(Transpose::no, Transpose::no, 1, 2, 0, &none, 1, &none, 2, true, c, 2);
  CHECK(c[0] == 1);
  gemm(Transpose::yes, Transpose::no, 2, 1, 0, &none, 2, &none, 1, false, c, 2);
  CHECK(c[0] == 0);
  CHECK(c[1] == 2);
  CHECK(c[2] == 0);
  gemm(Transpose::no, Transpose::no, 0, 2, 1, &none, 1, c, 2, false, c, 2);
  gemm(Transpose::yes, Transpose::no, 2, 0, 1, c, 2, &none, 1, false, c, 2);
  CHECK(c[3] == 4);
}

TEST_CASE("the 8-bit product is exact") {
  // Small values: pairs of products must not saturate on processors without VNNI.
  constexpr std::size_t kRows = 5, kColumns = 19, kInner = 33;
  std::vector<std::uint8_t> a(kRows * kInner);
  std::vector<std::int8_t> b(kInner * kColumns);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(i * 7 % 101);
  for (std::size_t i = 0; i < b.size(); ++i)
    b[i] = static_cast<std::int8_t>(static_cast<int>(i * 11 % 127) - 63);
  std::vector<std::int32_t> c(kRows * kColumns, -1);
  gemm8(kRows, kColumns, kInner, a.data(), b.data(), c.data());
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      std::int32_t sum = 0;
      for (std::size_t l = 0; l < kInner; ++l) sum += a[i * kInner + l] * b[l * kColumns + j];
      CHECK(c[i * kColumns + j] == sum);
    }
  }
}

#include "pnlp/nn/eight_bit.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "nn/noise.hpp"
#include "nn/reference_math.hpp"
#include "pnlp/nn/integer_kernels.hpp"

using namespace pnlp;
using namespace pnlp::test;

namespace {

// Random bytes, the extreme ones among them.
template <typename Byte>
std::vector<Byte> bytes(Random& random, std::size_t n, int least, int most) {
  std::vector<Byte> values(n);
  for (Byte& value : values) {
    const std::uint64_t kind = random.below(4);
    const auto any = least + static_cast<int>(random.below(static_cast<std::size_t>(most - least)));
    value = static_cast<Byte>(kind == 0 ? least : kind == 1 ? most : any);
  }
  return values;
}

}  // namespace

TEST_CASE("integer products are the sums that they should be, the largest bytes included") {
  Random random(1);
  for (const IntegerKernels* kernel : all_integer_kernels()) {
    for (const std::size_t rows : {1U, 2U, 3U, 5U, 6U, 7U, 10U}) {
      for (const std::size_t outputs : {1U, 16U, 17U, 64U, 100U}) {
        for (const std::size_t groups : {1U, 2U, 9U}) {
          const std::size_t panels = (outputs + kPanelOutputs - 1) / kPanelOutputs;
          const std::size_t padded = panels * kPanelOutputs;
          const auto x = bytes<std::uint8_t>(random, rows * groups * 4, 0, 255);
          const auto w = bytes<std::int8_t>(random, padded * groups * 4, -127, 127);
          const std::vector<float> ones(std::max(rows, padded), 1.0F);
          const std::vector<float> zeros(padded, 0.0F);
          const auto x_zeros = std::vector<std::int32_t>(rows, 7);
          const auto sums = std::vector<std::int32_t>(padded, 3);
          std::vector<float> y(rows * outputs + 1, 1.0F);
          kernel->multiply_rows({.rows = rows,
                                 .groups = groups,
                                 .outputs = outputs,
                                 .x = x.data(),
                                 .x_scales = ones.data(),
                                 .x_zeros = x_zeros.data(),
                                 .w = w.data(),
                                 .scales = ones.data(),
                                 .sums = sums.data(),
                                 .bias = zeros.data(),
                                 .accumulate = true,
                                 .y = y.data()});
          bool equal = true;
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t n = 0; n < outputs; ++n) {
              int sum = 1 - 21;
              for (std::size_t k = 0; k < groups * 4; ++k) {
                const std::size_t panel = n / kPanelOutputs * groups + k / 4;
                sum += x[r * groups * 4 + k] *
                       w[(panel * kPanelOutputs + n % kPanelOutputs) * 4 + k % 4];
              }
              equal = equal && y[r * outputs + n] == static_cast<float>(sum);
            }
          }
          CHECK(equal);
          CHECK(y.back() == 1.0F);
        }
      }
    }
  }
}

TEST_CASE("a row's bytes: its ends are kept, zero is exact, the forms agree") {
  Random random(2);
  for (const std::size_t n : {1U, 15U, 16U, 40U}) {
    for (int trial = 0; trial < 20; ++trial) {
      std::vector<float> x = normals(random, n);
      if (trial == 0) std::fill(x.begin(), x.end(), 0.0F);
      if (trial == 1) std::fill(x.begin(), x.end(), 3.0F);
      x[random.below(n)] = 0;
      std::vector<std::uint8_t> fast(n + 1, 77);
      float scale = 0;
      std::int32_t zero = 0;
      integer_kernels().quantize_row(x.data(), n, fast.data(), scale, zero);
      for (const IntegerKernels* kernel : all_integer_kernels()) {
        std::vector<std::uint8_t> other(n + 1, 77);
        kernel->quantize_row(x.data(), n, other.data(), scale, zero);
        CHECK(fast == other);
      }
      CHECK(fast.back() == 77);
      for (std::size_t i = 0; i < n; ++i) {
        const float back = scale * static_cast<float>(fast[i] - zero);
        CHECK(std::abs(back - x[i]) <= 1.01F * scale);
        if (x[i] == 0) CHECK(back == 0);
      }
    }
  }
}

TEST_CASE("rows in 8 bits may begin anywhere and overlap") {
  constexpr std::size_t kInputs = 9;
  constexpr std::size_t kOutputs = 70;
  const std::vector<std::size_t> starts = {3, 0, 6, 3, 12, 9, 1, 2};
  Random random(5);
  const auto w = normals(random, kInputs * kOutputs);
  const auto bias = normals(random, kOutputs);
  const auto x = normals(random, 12 + kInputs);
  const Linear8 layer(w.data(), bias.data(), kInputs, kOutputs);
  Scratch8 scratch;
  std::vector<float> y(starts.size() * kOutputs);
  layer.run_at(x.data(), starts.data(), starts.size(), y.data(), scratch);
  for (std::size_t row = 0; row < starts.size(); ++row) {
    std::vector<float> one(kOutputs);
    layer.run(x.data() + starts[row], 1, false, one.data(), scratch);
    CHECK(std::memcmp(one.data(), y.data() + row * kOutputs, 4 * kOutputs) == 0);
  }
}

TEST_CASE("a linear layer in 8 bits is near the layer in floats, and its forms agree") {
  Random random(3);
  for (const std::size_t inputs : {1U, 6U, 64U, 130U}) {
    for (const std::size_t outputs : {1U, 16U, 70U}) {
      const std::size_t rows = 9;
      const auto w = normals(random, inputs * outputs);
      const auto bias = normals(random, outputs);
      const auto x = normals(random, rows * inputs);
      const Linear8 layer(w.data(), bias.data(), inputs, outputs);
      Scratch8 scratch;
      std::vector<float> fast(rows * outputs, 0.5F);
      layer.run(x.data(), rows, true, fast.data(), scratch);
      for (const IntegerKernels* kernel : all_integer_kernels()) {
        std::vector<float> other(rows * outputs, 0.5F);
        layer.run(x.data(), rows, true, other.data(), scratch, *kernel);
        CHECK(other == fast);
      }
      for (std::size_t r = 0; r < rows; ++r) {
        std::vector<float> alone(outputs, 0.5F);
        layer.run(x.data() + r * inputs, 1, true, alone.data(), scratch);
        CHECK(std::memcmp(alone.data(), fast.data() + r * outputs, 4 * outputs) == 0);
        for (std::size_t n = 0; n < outputs; ++n) {
          double sum = bias[n];
          for (std::size_t k = 0; k < inputs; ++k)
            sum += static_cast<double>(x[r * inputs + k]) * w[k * outputs + n];
          const double y = fast[r * outputs + n] - 0.5;
          CHECK(std::abs(y - sum) < 0.03 * std::sqrt(static_cast<double>(inputs)) + 0.03);
        }
      }
    }
  }
}

TEST_CASE("the feature table: rows are added exactly, with the scales of their columns") {
  Table8 table;
  table.windowed_rows = 2;
  table.width = 3;
  table.plain_rows = 2;
  table.channels = 1;
  const std::vector<float> weights = {127, 64, -1, -127, 127, 0, 127, -13};
  quantize_table(weights.data(), table);
  CHECK(table.weights == std::vector<std::int8_t>{127, 64, -127, -127, 127, 0, 127, -13});
  const std::vector<std::int32_t> rows = {0, 0, 1, 3, 2};
  std::vector<float> projected(3);
  Scratch8 scratch;
  table.project({.rows = rows, .factors = {}}, 1, projected.data(), scratch);
  CHECK(projected[0] == doctest::Approx(127));
  CHECK(projected[1] == doctest::Approx(2 * 64 + 127 + 127 - 13));
  CHECK(projected[2] == doctest::Approx(-2));
  // The same rows times 1, -0.5, 2, 15.99609375 and 0.25.
  const std::vector<std::int16_t> factors = {256, -128, 512, 4095, 64};
  table.project({.rows = rows, .factors = factors}, 1, projected.data(), scratch);
  CHECK(projected[0] == doctest::Approx(0.5 * 127 - 2 * 127));
  CHECK(projected[1] == doctest::Approx(0.5 * 64 + 2 * 127 + 15.99609375 * -13 + 0.25 * 127));
  CHECK(projected[2] == doctest::Approx(0.5 * -1));
}

TEST_CASE("the most rows times the largest factors do not leave 32 bits") {
  Table8 table;
  table.windowed_rows = 4096;
  table.width = 1;
  quantize_table(std::vector<float>(4096, -1.0F).data(), table);
  std::vector<std::int32_t> rows(4096);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int32_t>(i);
  const std::vector<std::int16_t> factors(4096, kMaxFactor);
  float projected = 0;
  Scratch8 scratch;
  table.project({.rows = rows, .factors = factors}, 0, &projected, scratch);
  CHECK(projected == doctest::Approx(-4096.0 * kMaxFactor / kFactorOne).epsilon(1e-4));
}

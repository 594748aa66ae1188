#include "pnlp/nn/layers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "nn/noise.hpp"
#include "nn/reference.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;
using namespace pnlp::test;

TEST_CASE("layer_norm of values worked out by hand") {
  // Mean 2, variance 2: (0 - 2, 2 - 2, 4 - 2) / sqrt(8/3) = -1.224742..., 0, 1.224742...
  const std::vector<float> x{0, 2, 4, 7, 7, 7};
  const std::vector<float> gain{1, 2, 3};
  const std::vector<float> shift{0.5F, -1, 10};
  std::vector<float> y(6);
  layer_norm_forward(x.data(), gain.data(), shift.data(), 2, 3, y.data(), nullptr, nullptr);
  CHECK(y[0] == doctest::Approx(-1.224742 + 0.5).epsilon(1e-5));
  CHECK(y[1] == doctest::Approx(-1.0));
  CHECK(y[2] == doctest::Approx(3 * 1.224742 + 10).epsilon(1e-5));
  // A constant row has no variance: epsilon keeps it finite, and the shift remains.
  CHECK(y[3] == 0.5F);
  CHECK(y[4] == -1.0F);
  CHECK(y[5] == 10.0F);
}

TEST_CASE("layer_norm: kept, in place and with any number of channels it is the same") {
  Random random(1);
  for (const std::size_t c : {1, 2, 7, 16, 33, 256}) {
    const std::size_t rows = 5;
    const auto x = normals(random, rows * c, 3.0);
    const auto gain = normals(random, c);
    const auto shift = normals(random, c);
    std::vector<float> y(rows * c);
    std::vector<float> kept(rows * c);
    std::vector<float> xhat(rows * c);
    std::vector<float> rstd(rows);
    layer_norm_forward(x.data(), gain.data(), shift.data(), rows, c, y.data(), nullptr, nullptr);
    layer_norm_forward(x.data(), gain.data(), shift.data(), rows, c, kept.data(), xhat.data(),
                       rstd.data());
    CHECK(y == kept);
    auto place = x;
    layer_norm_forward(place.data(), gain.data(), shift.data(), rows, c, place.data(), nullptr,
                       nullptr);
    CHECK(place == y);
    Matrix<double> wide(rows, c);
    wide.values.assign(x.begin(), x.end());
    Matrix<double> g(1, c);
    g.values.assign(gain.begin(), gain.end());
    Matrix<double> s(1, c);
    s.values.assign(shift.begin(), shift.end());
    const auto expected = layer_norm(wide, g, s);
    for (std::size_t i = 0; i < rows * c; ++i) {
      REQUIRE(static_cast<double>(y[i]) == doctest::Approx(expected.values[i]).epsilon(1e-4));
      REQUIRE(gain[i % c] * xhat[i] + shift[i % c] == doctest::Approx(y[i]).epsilon(1e-4));
    }
  }
}

TEST_CASE("layer_norm's gradients, by central differences") {
  constexpr std::size_t kRows = 3;
  constexpr std::size_t kChannels = 6;
  Random random(2);
  const auto x = normals(random, kRows * kChannels);
  const auto gain = normals(random, kChannels);
  const auto shift = normals(random, kChannels);
  const auto dy = normals(random, kRows * kChannels);
  std::vector<float> y(x.size());
  std::vector<float> xhat(x.size());
  std::vector<float> rstd(kRows);
  layer_norm_forward(x.data(), gain.data(), shift.data(), kRows, kChannels, y.data(), xhat.data(),
                     rstd.data());
  std::vector<float> dx(x.size(), 1.0F);  // added to
  std::vector<float> dgain(kChannels, 2.0F);
  std::vector<float> dshift(kChannels, 3.0F);
  layer_norm_backward(dy.data(), gain.data(), xhat.data(), rstd.data(), kRows, kChannels, dx.data(),
                      dgain.data(), dshift.data());

  // loss = sum of dy * y as a function of all inputs, one after another.
  std::vector<double> inputs(x.begin(), x.end());
  inputs.insert(inputs.end(), gain.begin(), gain.end());
  inputs.insert(inputs.end(), shift.begin(), shift.end());
  const auto loss = [&] {
    Matrix<double> mx(kRows, kChannels);
    Matrix<double> mg(1, kChannels);
    Matrix<double> ms(1, kChannels);
    auto at = inputs.begin();
    for (Matrix<double>* m : {&mx, &mg, &ms}) {
      for (double& value : m->values) value = *at++;
    }
    const auto out = layer_norm(mx, mg, ms);
    double sum = 0;
    for (std::size_t i = 0; i < dy.size(); ++i) sum += static_cast<double>(dy[i]) * out.values[i];
    return sum;
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double value = inputs[i];
    inputs[i] = value + 1e-5;
    const double above = loss();
    inputs[i] = value - 1e-5;
    const double below = loss();
    inputs[i] = value;
    const double expected = (above - below) / 2e-5;
    double found = 0;
    if (i < x.size()) {
      found = static_cast<double>(dx[i]) - 1;
    } else if (i < x.size() + kChannels) {
      found = static_cast<double>(dgain[i - x.size()]) - 2;
    } else {
      found = static_cast<double>(dshift[i - x.size() - kChannels]) - 3;
    }
    CAPTURE(i);
    CHECK(found == doctest::Approx(expected).epsilon(1e-4));
  }
}

TEST_CASE("biases of columns, and sums of rows and of columns") {
  std::vector<float> x{1, 2, 3, 4, 5, 6};
  const std::vector<float> columns{10, 20, 30};
  add_bias_rows(x.data(), columns.data(), 2, 3);
  CHECK(x == std::vector<float>{11, 22, 33, 14, 25, 36});
  std::vector<float> dcolumns{1, 1, 1};
  sum_rows(x.data(), 2, 3, dcolumns.data());
  CHECK(dcolumns == std::vector<float>{26, 48, 70});
  std::vector<float> drows{1, 1};
  sum_columns(x.data(), 2, 3, drows.data());
  CHECK(drows == std::vector<float>{67, 76});
  std::vector<float> sum{1, 2, 3};
  add(sum.data(), columns.data(), 3);
  CHECK(sum == std::vector<float>{11, 22, 33});
  add_scaled(sum.data(), columns.data(), -0.5F, 3);
  CHECK(sum == std::vector<float>{6, 12, 18});
}

TEST_CASE("softmax sums to one and gives the log of the sum of exponentials") {
  const std::vector<float> x{0, std::numbers::ln2_v<float>, 0, std::numbers::ln2_v<float> * 2};
  std::vector<float> y(4);
  CHECK(softmax(x.data(), 4, y.data()) == doctest::Approx(std::log(8.0)));
  CHECK(y[0] == doctest::Approx(0.125));
  CHECK(y[1] == doctest::Approx(0.25));
  CHECK(y[3] == doctest::Approx(0.5));
  const float only = 321.5F;
  CHECK(softmax(&only, 1, y.data()) == doctest::Approx(321.5));
  CHECK(y[0] == 1.0F);
}

TEST_CASE("softmax of large, small and distant logits") {
  std::vector<float> y(3);
  const std::vector<float> large{1e4F, 1e4F, -1e4F};
  CHECK(softmax(large.data(), 3, y.data()) == doctest::Approx(1e4 + std::log(2.0)));
  CHECK(y[0] == 0.5F);
  CHECK(y[1] == 0.5F);
  CHECK(y[2] < 1e-30F);
  const std::vector<float> extreme{3e38F, -3e38F, 0};
  CHECK(softmax(extreme.data(), 3, y.data()) == doctest::Approx(3e38));
  CHECK(y[0] == 1.0F);
  CHECK(y[1] < 1e-30F);
  Random random(4);
  for (const std::size_t n : {2, 3, 15, 16, 17, 113, 1000}) {
    const auto x = normals(random, n, 20.0);
    const auto expected = exact_softmax(std::vector<double>(x.begin(), x.end()));
    auto p = x;
    softmax(p.data(), n, p.data());
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      REQUIRE(static_cast<double>(p[i]) == doctest::Approx(expected[i]).epsilon(1e-5));
      REQUIRE(std::abs(static_cast<double>(p[i]) - expected[i]) <= 1e-5 * expected[i] + 1e-37);
      sum += static_cast<double>(p[i]);
    }
    CHECK(sum == doctest::Approx(1.0).epsilon(1e-6));
  }
}

TEST_CASE("dropout: the asked share falls, the mean stays, the mask is a function of the key") {
  constexpr std::size_t kSize = 200000;
  for (const float rate : {0.05F, 0.1F, 0.5F, 0.9F}) {
    const Dropout dropout{0x9876543210fedcbaULL, rate};
    std::vector<float> x(kSize, 1.0F);
    apply_dropout(dropout, x.data(), kSize);
    const auto dropped = static_cast<double>(std::ranges::count(x, 0.0F));
    const double sigma = std::sqrt(kSize * static_cast<double>(rate * (1 - rate)));
    CHECK(std::abs(dropped - kSize * static_cast<double>(rate)) < 4 * sigma);
    for (const float value : x) {
      REQUIRE((value == 0.0F || value == doctest::Approx(1.0F / (1.0F - rate))));
    }
    // Shorter arrays have the beginning of the mask; the values are scaled, not replaced.
    std::vector<float> again(1000, -2.0F);
    apply_dropout(dropout, again.data(), again.size());
    for (std::size_t i = 0; i < again.size(); ++i) REQUIRE(again[i] == -2.0F * x[i]);
  }
}

TEST_CASE("dropout: neighbours, places and keys are independent of each other") {
  constexpr std::size_t kSize = 100000;
  const Dropout base{42, 0.5F};
  const auto mask = [](const Dropout& dropout) {
    std::vector<float> x(kSize, 1.0F);
    apply_dropout(dropout, x.data(), kSize);
    return x;
  };
  const auto agreement = [](const std::vector<float>& x, const std::vector<float>& y,
                            std::size_t shift) {
    std::size_t same = 0;
    for (std::size_t i = 0; i + shift < x.size(); ++i) same += x[i] == y[i + shift] ? 1 : 0;
    return static_cast<double>(same) / static_cast<double>(x.size() - shift);
  };
  const auto x = mask(base.at(0));
  CHECK(x == mask(base.at(0)));
  for (std::uint64_t place = 1; place < 8; ++place) {
    CHECK(std::abs(agreement(x, mask(base.at(place)), 0) - 0.5) < 0.01);
  }
  CHECK(std::abs(agreement(x, mask(Dropout{43, 0.5F}.at(0)), 0) - 0.5) < 0.01);
  for (const std::size_t shift : {1, 2, 16, 64, 256}) {
    CHECK(std::abs(agreement(x, x, shift) - 0.5) < 0.01);
  }
  CHECK(base.at(3).rate == 0.5F);
}

TEST_CASE("dropout of rate zero is the identity") {
  std::vector<float> x{1, 2, 3};
  apply_dropout({7, 0.0F}, x.data(), 3);
  CHECK(x == std::vector<float>{1, 2, 3});
}

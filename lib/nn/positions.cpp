#include "pnlp/nn/positions.hpp"

#include <cmath>

#include "pnlp/nn/layers.hpp"

namespace pnlp {

Positions::Positions(const std::string& name, std::size_t channels, ParameterLayout& layout)
    : channels_(channels), gain_(layout.add(name, {channels}, Init::one)) {}

void Positions::extend(std::size_t positions, std::vector<float>& sines) const {
  std::size_t position = sines.size() / channels_;
  if (position >= positions) return;
  std::vector<double> rates(channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    rates[c] = std::pow(10000.0, -static_cast<double>(c - c % 2) / static_cast<double>(channels_));
  }
  sines.resize(positions * channels_);
  for (; position < positions; ++position) {
    for (std::size_t c = 0; c < channels_; ++c) {
      const double angle = static_cast<double>(position) * rates[c];
      sines[position * channels_ + c] =
          static_cast<float>(c % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
}

PNLP_MULTIVERSION
void Positions::add(const float* w, const std::vector<float>& sines, std::size_t position,
                    float* x) const {
  const float* gain = w + gain_;
  const float* sine = sines.data() + position * channels_;
#pragma omp simd
  for (std::size_t c = 0; c < channels_; ++c) x[c] += gain[c] * sine[c];
}

PNLP_MULTIVERSION
void Positions::backward(const std::vector<float>& sines, std::size_t position, const float* dx,
                         float* g) const {
  float* dgain = g + gain_;
  const float* sine = sines.data() + position * channels_;
#pragma omp simd
  for (std::size_t c = 0; c < channels_; ++c) dgain[c] += dx[c] * sine[c];
}

}  // namespace pnlp

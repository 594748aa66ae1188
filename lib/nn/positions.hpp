// Sines that tell an encoder without an order of its own where a token stands (Vaswani et al. 2017,
// section 3.5), each channel with a learned gain.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pnlp/nn/parameters.hpp"

namespace pnlp {

class Positions {
 public:
  // Tensor `name`, the gains[C].
  Positions(const std::string& name, std::size_t channels, ParameterLayout& layout);
  // Makes `sines`[positions][C] at least so long: sin(p / 10000^(c / C)) for even c,
  // cos(p / 10000^((c - 1) / C)) for odd ones.
  void extend(std::size_t positions, std::vector<float>& sines) const;
  // x[C] += gain * sines[position].
  void add(const float* w, const std::vector<float>& sines, std::size_t position, float* x) const;
  void backward(const std::vector<float>& sines, std::size_t position, const float* dx,
                float* g) const;

 private:
  std::size_t channels_, gain_;
};

}  // namespace pnlp

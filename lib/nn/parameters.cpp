#include "pnlp/nn/parameters.hpp"

#include <algorithm>
#include <utility>

#include "pnlp/base/random.hpp"

namespace pnlp {

std::size_t ParameterLayout::add(std::string name, std::vector<std::size_t> shape, Init init,
                                 double scale, Outputs outputs) {
  Parameter parameter;
  parameter.name = std::move(name);
  parameter.size = 1;
  for (const std::size_t extent : shape) parameter.size *= extent;
  // Biases, gains and other vectors are not decayed.
  parameter.decay = shape.size() > 1;
  parameter.shape = std::move(shape);
  parameter.offset = size_;
  parameter.init = init;
  parameter.scale = scale;
  parameter.outputs = outputs;
  size_ += parameter.size;
  parameters_.push_back(std::move(parameter));
  return parameters_.back().offset;
}

void ParameterLayout::initialize(float* arena, std::uint64_t seed) const {
  for (const Parameter& parameter : parameters_) {
    float* values = arena + parameter.offset;
    if (parameter.init == Init::normal) {
      Random random(seed, hash64(parameter.name));
      std::generate_n(values, parameter.size,
                      [&] { return static_cast<float>(random.normal() * parameter.scale); });
    } else {
      std::fill_n(values, parameter.size, parameter.init == Init::one ? 1.0F : 0.0F);
    }
  }
}

}  // namespace pnlp

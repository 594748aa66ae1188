// Where each tensor of a network lives in one flat array of floats, so that optimizer, averages,
// files and gradients treat the network as a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pnlp {

enum class Init : std::uint8_t {
  zero,
  one,
  normal,  // standard deviation `scale`
};

// Which of a matrix's dimensions are the outputs of its product: each has a scale in 8 bits.
enum class Outputs : std::uint8_t { columns, rows };

struct Parameter {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t offset = 0;  // floats from the start of the arena
  std::size_t size = 0;    // product of shape
  Init init = Init::zero;
  double scale = 0;
  bool decay = false;  // weight decay applies
  Outputs outputs = Outputs::columns;
};

class ParameterLayout {
 public:
  // Returns the offset.
  std::size_t add(std::string name, std::vector<std::size_t> shape, Init init, double scale = 0,
                  Outputs outputs = Outputs::columns);
  // Floats of all tensors.
  std::size_t size() const { return size_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  // Fills `arena` (size() floats) by each tensor's rule; a function of the seed.
  void initialize(float* arena, std::uint64_t seed) const;

 private:
  std::vector<Parameter> parameters_;
  std::size_t size_ = 0;
};

}  // namespace pnlp

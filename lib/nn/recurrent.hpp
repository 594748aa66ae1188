// Encoders that walk over whole sequences in both directions, whatever the segments. All sequences
// of a batch take each step together, so that a step's product is one of matrices.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/encoder.hpp"

namespace pnlp {

// The tokens of a batch by steps: row r is of a sequence's first, second, ... step; step s has rows
// starts[s] to starts[s + 1]. Within a step stand the sequences that have it, the longest first, so
// that those of a step are the first ones of the step before.
struct Steps {
  std::vector<std::size_t> starts;                // one more than there are steps
  std::array<std::vector<std::size_t>, 2> token;  // [T] packed token; read from left, from right

  std::size_t steps() const { return starts.size() - 1; }
  std::size_t rows(std::size_t step) const { return starts[step + 1] - starts[step]; }
  std::size_t tokens() const { return starts.back(); }
};
Steps make_steps(const PackedBatch& batch);

// What a cell's forward leaves for backward, and scratch.
struct CellMemory {
  std::vector<float> inputs;                 // [T][taps * C]: of cells with more than one tap
  std::vector<float> gates, states, output;  // [T][gates * U], [T][U], [T][U]
  std::vector<float> dgates, dinputs, before, dstate;
  std::vector<float> kernels, zeros;
};

// One direction of a layer: from y[T][C] to memory.output[T][U], both by steps.
class Cell {
 public:
  virtual ~Cell() = default;
  virtual void forward(const float* w, const Steps& steps, const float* y, bool keep,
                       CellMemory& memory) const = 0;
  // doutput is used up; dy is overwritten.
  virtual void backward(const float* w, const Steps& steps, const float* y, float* doutput,
                        float* dy, CellMemory& memory, float* g) const = 0;
  virtual const Linear& in() const = 0;  // the product with the inputs
  virtual double flops() const = 0;      // a token's
};

// A cell of C inputs and U units, whose tensors are named `prefix`...
using MakeCell = std::function<std::unique_ptr<Cell>(
    const std::string& prefix, std::size_t channels, std::size_t units, ParameterLayout& layout)>;

struct RecurrentLayer {
  Norm norm;
  std::array<std::unique_ptr<Cell>, 2> cells;
  Linear out;
};

// `shape.layers` blocks x += out(left, right), where left[T][U] and right[T][U] are what two cells
// make of Norm(x), read from left and from right; U = H / 2, rounded up. Tensors of layer i have
// the prefix `name`i.
class Recurrent : public Encoder {
 public:
  Recurrent(const std::string& name, const EncoderShape& shape, ParameterLayout& layout,
            const MakeCell& make_cell);
  std::unique_ptr<EncoderMemory> make_memory() const override;
  void forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override;
  void backward(const float* w, const PackedBatch& batch, const Dropout& dropout, float* dx,
                EncoderMemory& memory, float* g) const override;
  bool is_independent() const override { return true; }
  double flops(std::size_t length) const override;
  const std::vector<RecurrentLayer>& layers() const { return layers_; }
  std::size_t units() const { return units_; }

 private:
  struct LayerMemory;
  class Memory;
  void read(const float* w, const RecurrentLayer& layer, bool keep, std::size_t t, const float* x,
            const Steps& steps, LayerMemory& kept) const;

  std::size_t channels_, units_;
  std::vector<RecurrentLayer> layers_;
};

}  // namespace pnlp

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

// One step of a cell of U units: all of its rows. What is of the step before is null at the first.
struct ForwardStep {
  bool is_first;
  std::size_t rows, units;
  float* gates;               // [rows][gates * U]: products with the inputs; become what is kept
  const float* before;        // [rows][U] states of the step before
  const float* shown_before;  // [rows][U] output of the step before
  float* states;              // [rows][U]
  float* output;              // [rows][U]
};
struct BackwardStep {
  bool is_first;
  std::size_t rows, units;
  const float* gates;
  const float* before;  // [rows][U] states of the step before
  const float* states;
  const float* doutput;   // [rows][U]
  float* doutput_before;  // [rows][U] of the step before
  // [rows][U] gradient of the states that comes from the step after; to become that of the states
  // before.
  float* dstate;
  float* dgates;  // [rows][gates * U]
};

// Takes each step in its order, from memory.gates[T][gates * U], which hold the products with the
// inputs, to memory.states and memory.output.
template <typename Take>
void walk_forward(const Steps& steps, std::size_t gates, std::size_t u, CellMemory& memory,
                  const Take& take) {
  float* states = sized(memory.states, steps.tokens() * u);
  float* output = sized(memory.output, steps.tokens() * u);
  for (std::size_t s = 0; s < steps.steps(); ++s) {
    const std::size_t at = steps.starts[s] * u;
    const std::size_t before = s > 0 ? steps.starts[s - 1] * u : 0;
    take(ForwardStep{.is_first = s == 0,
                     .rows = steps.rows(s),
                     .units = u,
                     .gates = memory.gates.data() + at * gates,
                     .before = s > 0 ? states + before : nullptr,
                     .shown_before = s > 0 ? output + before : nullptr,
                     .states = states + at,
                     .output = output + at});
  }
}

// Takes each step in the opposite order, from what walk_forward() left and doutput[T][U] to
// memory.dgates[T][gates * U]. There is a token.
template <typename Take>
void walk_backward(const Steps& steps, std::size_t gates, std::size_t u, float* doutput,
                   CellMemory& memory, const Take& take) {
  float* dgates = sized(memory.dgates, steps.tokens() * gates * u);
  memory.dstate.assign(steps.rows(0) * u, 0.0F);
  for (std::size_t s = steps.steps(); s-- > 0;) {
    const std::size_t at = steps.starts[s] * u;
    const std::size_t before = s > 0 ? steps.starts[s - 1] * u : 0;
    take(BackwardStep{.is_first = s == 0,
                      .rows = steps.rows(s),
                      .units = u,
                      .gates = memory.gates.data() + at * gates,
                      .before = s > 0 ? memory.states.data() + before : nullptr,
                      .states = memory.states.data() + at,
                      .doutput = doutput + at,
                      .doutput_before = s > 0 ? doutput + before : nullptr,
                      .dstate = memory.dstate.data(),
                      .dgates = dgates + at * gates});
  }
}

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

#include "pnlp/nn/qrnn.hpp"

#include <algorithm>

#include "pnlp/nn/logistic.hpp"
#include "pnlp/nn/recurrent.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kGates = 3;  // z, f, o
constexpr std::size_t kTaps = 3;   // two steps before, one before, the step's own

// As in lstm.cpp.
PNLP_MULTIVERSION
void step_forward(float* gates, const float* before, std::size_t rows, std::size_t u, float* states,
                  float* output) {
  for (std::size_t row = 0; row < rows; ++row) {
    float* z = gates + row * kGates * u;
    float* f = z + u;
    float* o = f + u;
    float* s = states + row * u;
    float* h = output + row * u;
    const float* old = before == nullptr ? nullptr : before + row * u;
#pragma omp simd
    for (std::size_t k = 0; k < u; ++k) {
      z[k] = hyperbolic_tangent(z[k]);
      f[k] = logistic(f[k]);
      o[k] = logistic(o[k]);
      s[k] = (1.0F - f[k]) * z[k] + (old == nullptr ? 0.0F : f[k] * old[k]);
      h[k] = o[k] * s[k];
    }
  }
}

PNLP_MULTIVERSION
void step_backward(const float* gates, const float* before, const float* states,
                   const float* doutput, std::size_t rows, std::size_t u, float* dstate,
                   float* dgates) {
  for (std::size_t row = 0; row < rows; ++row) {
    const float* z = gates + row * kGates * u;
    const float* f = z + u;
    const float* o = f + u;
    float* dz = dgates + row * kGates * u;
    float* df = dz + u;
    float* dof = df + u;
    const float* s = states + row * u;
    const float* dh = doutput + row * u;
    float* ds = dstate + row * u;
    const float* old = before == nullptr ? nullptr : before + row * u;
#pragma omp simd
    for (std::size_t k = 0; k < u; ++k) {
      const float dsum = ds[k] + dh[k] * o[k];
      dof[k] = dh[k] * s[k] * o[k] * (1.0F - o[k]);
      dz[k] = dsum * (1.0F - f[k]) * (1.0F - z[k] * z[k]);
      df[k] = dsum * ((old == nullptr ? 0.0F : old[k]) - z[k]) * f[k] * (1.0F - f[k]);
      ds[k] = dsum * f[k];
    }
  }
}

class QrnnCell : public Cell {
 public:
  QrnnCell(const std::string& prefix, std::size_t channels, std::size_t units,
           ParameterLayout& layout)
      : channels_(channels),
        units_(units),
        in_(prefix + "in", kTaps * channels, kGates * units, layout) {}

  void forward(const float* w, const Steps& steps, const float* y, bool keep,
               CellMemory& memory) const override {
    const std::size_t t = steps.tokens();
    const std::size_t u = units_;
    memory.inputs.assign(t * kTaps * channels_, 0.0F);
    for_each_tap(steps, [&](std::size_t at, std::size_t row) {
      std::copy_n(y + row * channels_, channels_, memory.inputs.data() + at);
    });
    float* gates = sized(memory.gates, t * kGates * u);
    float* states = sized(memory.states, t * u);
    float* output = sized(memory.output, t * u);
    in_.run(w, memory.inputs.data(), t, keep, false, gates, memory.kernels);
    for (std::size_t s = 0; s < steps.steps(); ++s) {
      const std::size_t at = steps.starts[s];
      step_forward(gates + at * kGates * u, s > 0 ? states + steps.starts[s - 1] * u : nullptr,
                   steps.rows(s), u, states + at * u, output + at * u);
    }
  }

  void backward(const float* w, const Steps& steps, const float*, float* doutput, float* dy,
                CellMemory& memory, float* g) const override {
    const std::size_t t = steps.tokens();
    if (t == 0) return;
    const std::size_t u = units_;
    float* dgates = sized(memory.dgates, t * kGates * u);
    memory.dstate.assign(steps.rows(0) * u, 0.0F);
    for (std::size_t s = steps.steps(); s-- > 0;) {
      const std::size_t at = steps.starts[s];
      step_backward(memory.gates.data() + at * kGates * u,
                    s > 0 ? memory.states.data() + steps.starts[s - 1] * u : nullptr,
                    memory.states.data() + at * u, doutput + at * u, steps.rows(s), u,
                    memory.dstate.data(), dgates + at * kGates * u);
    }
    float* dinputs = sized(memory.dinputs, t * kTaps * channels_);
    in_.backward(w, memory.inputs.data(), dgates, t, false, dinputs, g);
    std::fill_n(dy, t * channels_, 0.0F);
    for_each_tap(steps, [&](std::size_t at, std::size_t row) {
      add(dy + row * channels_, dinputs + at, channels_);
    });
  }

  double flops() const override { return in_.flops(); }

 private:
  // Calls visit(offset into the inputs, row of y) for every step and tap that there is.
  template <typename Visit>
  void for_each_tap(const Steps& steps, const Visit& visit) const {
    for (std::size_t s = 0; s < steps.steps(); ++s) {
      for (std::size_t tap = 0; tap < kTaps; ++tap) {
        const std::size_t back = kTaps - 1 - tap;
        if (back > s) continue;
        for (std::size_t j = 0; j < steps.rows(s); ++j) {
          visit(((steps.starts[s] + j) * kTaps + tap) * channels_, steps.starts[s - back] + j);
        }
      }
    }
  }

  std::size_t channels_, units_;
  Linear in_;
};

}  // namespace

std::unique_ptr<Encoder> make_qrnn(const EncoderShape& shape, ParameterLayout& layout) {
  return make_recurrent("qrnn", shape, layout,
                        [](const std::string& prefix, std::size_t channels, std::size_t units,
                           ParameterLayout& tensors) -> std::unique_ptr<Cell> {
                          return std::make_unique<QrnnCell>(prefix, channels, units, tensors);
                        });
}

}  // namespace pnlp

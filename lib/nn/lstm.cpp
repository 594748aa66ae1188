#include "pnlp/nn/lstm.hpp"

#include <algorithm>
#include <cmath>

#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/logistic.hpp"
#include "pnlp/nn/onednn.hpp"
#include "pnlp/nn/recurrent.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kGates = 4;  // i, f, g, o
constexpr float kForgetBias = 1.0F;

PNLP_MULTIVERSION
void step_forward(const ForwardStep& step) {
  const std::size_t u = step.units;
  for (std::size_t row = 0; row < step.rows; ++row) {
    float* i = step.gates + row * kGates * u;
    float* f = i + u;
    float* g = f + u;
    float* o = g + u;
    float* s = step.states + row * u;
    float* h = step.output + row * u;
    const float* old = step.before == nullptr ? nullptr : step.before + row * u;
#pragma omp simd
    for (std::size_t k = 0; k < u; ++k) {
      i[k] = logistic(i[k]);
      f[k] = logistic(f[k] + kForgetBias);
      g[k] = hyperbolic_tangent(g[k]);
      o[k] = logistic(o[k]);
      s[k] = i[k] * g[k] + (old == nullptr ? 0.0F : f[k] * old[k]);
      h[k] = o[k] * hyperbolic_tangent(s[k]);
    }
  }
}

PNLP_MULTIVERSION
void step_backward(const BackwardStep& step) {
  const std::size_t u = step.units;
  for (std::size_t row = 0; row < step.rows; ++row) {
    const float* i = step.gates + row * kGates * u;
    const float* f = i + u;
    const float* g = f + u;
    const float* o = g + u;
    float* di = step.dgates + row * kGates * u;
    float* df = di + u;
    float* dg = df + u;
    float* dof = dg + u;
    const float* s = step.states + row * u;
    const float* dh = step.doutput + row * u;
    float* ds = step.dstate + row * u;
    const float* old = step.before == nullptr ? nullptr : step.before + row * u;
#pragma omp simd
    for (std::size_t k = 0; k < u; ++k) {
      const float shown = hyperbolic_tangent(s[k]);
      const float dsum = ds[k] + dh[k] * o[k] * (1.0F - shown * shown);
      dof[k] = dh[k] * shown * o[k] * (1.0F - o[k]);
      di[k] = dsum * g[k] * i[k] * (1.0F - i[k]);
      dg[k] = dsum * i[k] * (1.0F - g[k] * g[k]);
      df[k] = old == nullptr ? 0.0F : dsum * old[k] * f[k] * (1.0F - f[k]);
      ds[k] = dsum * f[k];
    }
  }
}

class LstmCell : public Cell {
 public:
  LstmCell(const std::string& prefix, std::size_t channels, std::size_t units,
           ParameterLayout& layout)
      : units_(units),
        in_(prefix + "in", channels, kGates * units, layout),
        recurrent_(layout.add(prefix + "recurrent", {units, kGates * units}, Init::normal,
                              1.0 / std::sqrt(static_cast<double>(units)))) {}

  void forward(const float* w, const Steps& steps, const float* y, bool keep,
               CellMemory& memory) const override {
    const std::size_t t = steps.tokens();
    in_.run(w, y, t, keep, false, sized(memory.gates, t * kGates * units_), memory.kernels);
    walk_forward(steps, kGates, units_, memory, [&](const ForwardStep& step) {
      if (!step.is_first) add_recurrent(w, step.shown_before, step.rows, keep, step.gates, memory);
      step_forward(step);
    });
  }

  void backward(const float* w, const Steps& steps, const float* y, float* doutput, float* dy,
                CellMemory& memory, float* g) const override {
    const std::size_t t = steps.tokens();
    if (t == 0) return;
    const std::size_t u = units_;
    walk_backward(steps, kGates, u, doutput, memory, [&](const BackwardStep& step) {
      step_backward(step);
      if (step.is_first) return;
      gemm(Transpose::no, Transpose::yes, step.rows, u, kGates * u, step.dgates, kGates * u,
           w + recurrent_, kGates * u, true, step.doutput_before, u);
    });
    const float* dgates = memory.dgates.data();
    // All steps but the first, each with the outputs of the step before.
    const std::size_t first = steps.rows(0);
    float* outputs = sized(memory.before, t * u);
    for (std::size_t s = 1; s < steps.steps(); ++s) {
      std::copy_n(memory.output.data() + steps.starts[s - 1] * u, steps.rows(s) * u,
                  outputs + (steps.starts[s] - first) * u);
    }
    gemm(Transpose::yes, Transpose::no, u, kGates * u, t - first, outputs, u,
         dgates + first * kGates * u, kGates * u, true, g + recurrent_, kGates * u);
    in_.backward(w, y, dgates, t, false, dy, g);
  }

  const Linear& in() const override { return in_; }
  double flops() const override {
    return in_.flops() + 2.0 * static_cast<double>(kGates * units_ * units_);
  }

 private:
  // gates[rows][4U] += h[rows][U] R.
  void add_recurrent(const float* w, const float* h, std::size_t rows, bool keep, float* gates,
                     CellMemory& memory) const {
    const std::size_t u = units_;
    if (keep) {
      gemm(Transpose::no, Transpose::no, rows, kGates * u, u, h, u, w + recurrent_, kGates * u,
           true, gates, kGates * u);
      return;
    }
    memory.zeros.resize(kGates * u, 0.0F);
    multiply_rows({.rows = rows,
                   .inputs = u,
                   .outputs = kGates * u,
                   .x = h,
                   .w = w + recurrent_,
                   .bias = memory.zeros.data(),
                   .accumulate = true,
                   .y = gates},
                  memory.kernels);
  }

  std::size_t units_;
  Linear in_;
  std::size_t recurrent_;
};

}  // namespace

std::unique_ptr<Encoder> make_lstm(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<Recurrent>(
      "lstm", shape, layout,
      [](const std::string& prefix, std::size_t channels, std::size_t units,
         ParameterLayout& tensors) -> std::unique_ptr<Cell> {
        return std::make_unique<LstmCell>(prefix, channels, units, tensors);
      });
}

}  // namespace pnlp

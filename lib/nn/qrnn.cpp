#include "pnlp/nn/qrnn.hpp"

#include <algorithm>

#include "pnlp/nn/eight_bit.hpp"
#include "pnlp/nn/logistic.hpp"
#include "pnlp/nn/recurrent.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kGates = 3;        // z, f, o
constexpr std::size_t kTaps = 3;         // two steps before, one before, the step's own
constexpr std::size_t kBlockRows = 128;  // of prediction, at the least

// The three gates of a step from their products with the inputs, by one division: of 1 + exp(-x) of
// each, where it stops growing, the logistic function is within 2e-11 of 0; and the product of
// three of them is below 2^109.
struct Gates {
  float z, f, o;
};
inline float one_and_power(float x) {
  constexpr float kLogTwo = 1.44269504F;  // of e
  return 1.0F + power_of_two(std::min(std::max(-kLogTwo * x, -36.0F), 36.0F));
}
inline Gates open_gates(float z, float f, float o) {
  const float a = one_and_power(2.0F * z);
  const float b = one_and_power(f);
  const float c = one_and_power(o);
  const float inverse = 1.0F / (a * b * c);
  return {2.0F * (b * c * inverse) - 1.0F, a * c * inverse, a * b * inverse};
}

PNLP_MULTIVERSION
void step_forward(const ForwardStep& step) {
  const std::size_t u = step.units;
  for (std::size_t row = 0; row < step.rows; ++row) {
    float* z = step.gates + row * kGates * u;
    float* f = z + u;
    float* o = f + u;
    float* s = step.states + row * u;
    float* h = step.output + row * u;
    const float* old = step.before == nullptr ? nullptr : step.before + row * u;
#pragma omp simd
    for (std::size_t k = 0; k < u; ++k) {
      const Gates open = open_gates(z[k], f[k], o[k]);
      z[k] = open.z;
      f[k] = open.f;
      o[k] = open.o;
      s[k] = (1.0F - f[k]) * z[k] + (old == nullptr ? 0.0F : f[k] * old[k]);
      h[k] = o[k] * s[k];
    }
  }
}

PNLP_MULTIVERSION
void step_backward(const BackwardStep& step) {
  const std::size_t u = step.units;
  for (std::size_t row = 0; row < step.rows; ++row) {
    const float* z = step.gates + row * kGates * u;
    const float* f = z + u;
    const float* o = f + u;
    float* dz = step.dgates + row * kGates * u;
    float* df = dz + u;
    float* dof = df + u;
    const float* s = step.states + row * u;
    const float* dh = step.doutput + row * u;
    float* ds = step.dstate + row * u;
    const float* old = step.before == nullptr ? nullptr : step.before + row * u;
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
    memory.inputs.assign(t * kTaps * channels_, 0.0F);
    for_each_tap(steps, [&](std::size_t at, std::size_t row) {
      std::copy_n(y + row * channels_, channels_, memory.inputs.data() + at);
    });
    float* gates = sized(memory.gates, t * kGates * units_);
    in_.run(w, memory.inputs.data(), t, keep, false, gates, memory.kernels);
    walk_forward(steps, kGates, units_, memory, step_forward);
  }

  void backward(const float* w, const Steps& steps, const float*, float* doutput, float* dy,
                CellMemory& memory, float* g) const override {
    const std::size_t t = steps.tokens();
    if (t == 0) return;
    walk_backward(steps, kGates, units_, doutput, memory, step_backward);
    float* dinputs = sized(memory.dinputs, t * kTaps * channels_);
    in_.backward(w, memory.inputs.data(), memory.dgates.data(), t, false, dinputs, g);
    std::fill_n(dy, t * channels_, 0.0F);
    for_each_tap(steps, [&](std::size_t at, std::size_t row) {
      add(dy + row * channels_, dinputs + at, channels_);
    });
  }

  const Linear& in() const override { return in_; }
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

// One sequence of prediction: output[token][U] from gates[step][3U], rows of the output `stride`
// floats apart; `backwards`: the first step is the last token. state[U] is scratch. The three gates
// share one division: their denominators' product is below 2^109.
PNLP_MULTIVERSION
void pool(const float* __restrict gates, std::size_t steps, std::size_t u, std::size_t stride,
          bool backwards, float* __restrict state, float* __restrict outputs) {
  std::fill_n(state, u, 0.0F);
  for (std::size_t step = 0; step < steps; ++step, gates += kGates * u) {
    float* output = outputs + (backwards ? steps - 1 - step : step) * stride;
#pragma omp simd
    for (std::size_t k = 0; k < u; ++k) {
      const Gates open = open_gates(gates[k], gates[u + k], gates[2 * u + k]);
      const float s = open.z + open.f * (state[k] - open.z);
      state[k] = s;
      output[k] = open.o * s;
    }
  }
}

// Of prediction. A block is some whole sequences, one after another, of R rows together.
struct Block {
  std::vector<std::size_t> tokens;   // [R] packed tokens
  std::vector<std::size_t> lengths;  // of sequences
  // [R] where a step's inputs begin, two steps before it; there are two rows of zeros before each
  // sequence.
  std::vector<std::size_t> starts;
  std::size_t padded = 0;  // rows with those of zeros
};

class QrnnMemory : public EncoderMemory {
 public:
  std::unique_ptr<EncoderMemory> training;
  Block block;
  std::vector<float> x, gates, state;        // [R][C], [R][3U], [U]
  std::vector<float> both;                   // [R][2U]: left, right
  std::array<std::vector<float>, 2> inputs;  // [padded][C], read from left, from right
  std::vector<float> kernels;
  Scratch8 scratch8;
};

class Qrnn : public Encoder {
 public:
  Qrnn(const EncoderShape& shape, ParameterLayout& layout)
      : channels_(shape.channels),
        recurrent_("qrnn", shape, layout,
                   [](const std::string& prefix, std::size_t channels, std::size_t units,
                      ParameterLayout& tensors) -> std::unique_ptr<Cell> {
                     return std::make_unique<QrnnCell>(prefix, channels, units, tensors);
                   }) {}

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<QrnnMemory>();
    memory->training = recurrent_.make_memory();
    return memory;
  }

  void forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<QrnnMemory&>(memory);
    if (keep) {
      recurrent_.forward(w, batch, dropout, true, x, *mine.training);
      return;
    }
    const auto& layers = recurrent_.layers();
    predict(
        w, batch, x, mine,
        [&](std::size_t layer, std::size_t side, std::size_t rows) {
          layers[layer].cells[side]->in().run_at(w, mine.inputs[side].data(),
                                                 mine.block.starts.data(), rows, mine.gates.data(),
                                                 mine.kernels);
        },
        [&](std::size_t layer, std::size_t rows) {
          layers[layer].out.run(w, mine.both.data(), rows, false, true, mine.x.data(),
                                mine.kernels);
        });
  }

  void backward(const float* w, const PackedBatch& batch, const Dropout& dropout, float* dx,
                EncoderMemory& memory, float* g) const override {
    recurrent_.backward(w, batch, dropout, dx, *static_cast<QrnnMemory&>(memory).training, g);
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override;
  bool is_independent() const override { return true; }
  double flops(std::size_t length) const override { return recurrent_.flops(length); }

 private:
  friend class Qrnn8;

  // Block by block. `multiply_in` gives the gates of a block's rows, read from one side, of
  // memory.inputs[side]; `multiply_out` adds to memory.x what memory.both makes.
  template <typename MultiplyIn, typename MultiplyOut>
  void predict(const float* w, const PackedBatch& batch, float* x, QrnnMemory& memory,
               const MultiplyIn& multiply_in, const MultiplyOut& multiply_out) const {
    const std::size_t c = channels_;
    const Block& block = memory.block;
    for (std::size_t b = 0; b < batch.sequences();) {
      b = fill(batch, b, memory);
      const std::size_t rows = block.tokens.size();
      for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(x + block.tokens[row] * c, c, memory.x.data() + row * c);
      for (std::size_t i = 0; i < recurrent_.layers().size(); ++i) {
        normalize(w, recurrent_.layers()[i].norm, memory);
        for (std::size_t side = 0; side < 2; ++side) {
          multiply_in(i, side, rows);
          pool_block(side, memory);
        }
        multiply_out(i, rows);
      }
      for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(memory.x.data() + row * c, c, x + block.tokens[row] * c);
    }
  }

  // A block of sequences from `first` on; returns the one after it.
  std::size_t fill(const PackedBatch& batch, std::size_t first, QrnnMemory& memory) const {
    Block& block = memory.block;
    block.tokens.clear();
    block.lengths.clear();
    block.starts.clear();
    block.padded = 0;
    std::size_t b = first;
    for (; b < batch.sequences() && block.tokens.size() < kBlockRows; ++b) {
      const auto begin = static_cast<std::size_t>(batch.sequence_offsets[b]);
      const auto end = static_cast<std::size_t>(batch.sequence_offsets[b + 1]);
      if (begin == end) continue;
      block.lengths.push_back(end - begin);
      for (std::size_t at = begin; at < end; ++at) {
        block.tokens.push_back(static_cast<std::size_t>(batch.token_order[at]));
        block.starts.push_back((block.padded + at - begin) * channels_);
      }
      block.padded += kTaps - 1 + end - begin;
    }
    const std::size_t rows = block.tokens.size();
    sized(memory.x, rows * channels_);
    sized(memory.gates, rows * kGates * units());
    sized(memory.both, rows * 2 * units());
    sized(memory.state, units());
    for (std::vector<float>& inputs : memory.inputs) {
      float* to = sized(inputs, block.padded * channels_);
      for (const std::size_t length : block.lengths) {
        std::fill_n(to, (kTaps - 1) * channels_, 0.0F);
        to += (kTaps - 1 + length) * channels_;
      }
    }
    return b;
  }

  // Both inputs of a layer.
  void normalize(const float* w, const Norm& norm, QrnnMemory& memory) const {
    const std::size_t c = channels_;
    const float* x = memory.x.data();
    std::size_t at = 0;
    for (const std::size_t length : memory.block.lengths) {
      at += (kTaps - 1) * c;
      float* left = memory.inputs[0].data() + at;
      float* right = memory.inputs[1].data() + at;
      norm.predict(w, x, length, left);
      for (std::size_t step = 0; step < length; ++step)
        std::copy_n(left + (length - 1 - step) * c, c, right + step * c);
      x += length * c;
      at += length * c;
    }
  }

  // One side of memory.both from its gates.
  void pool_block(std::size_t side, QrnnMemory& memory) const {
    const std::size_t u = units();
    const float* gates = memory.gates.data();
    float* both = memory.both.data() + side * u;
    for (const std::size_t length : memory.block.lengths) {
      pool(gates, length, u, 2 * u, side == 1, memory.state.data(), both);
      gates += length * kGates * u;
      both += length * 2 * u;
    }
  }

  std::size_t units() const { return recurrent_.units(); }

  std::size_t channels_;
  Recurrent recurrent_;
};

// The products in 8 bits; gates and sums stay in fp32.
class Qrnn8 : public Encoder8 {
 public:
  Qrnn8(const Qrnn& encoder, const float* w) : encoder_(encoder), w_(w) {
    for (const RecurrentLayer& layer : encoder.recurrent_.layers()) {
      in_.push_back({layer.cells[0]->in().eight(w), layer.cells[1]->in().eight(w)});
      out_.push_back(layer.out.eight(w));
    }
  }

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<QrnnMemory&>(memory);
    encoder_.predict(
        w_, batch, x, mine,
        [&](std::size_t layer, std::size_t side, std::size_t rows) {
          in_[layer][side].run_at(mine.inputs[side].data(), mine.block.starts.data(), rows,
                                  mine.gates.data(), mine.scratch8);
        },
        [&](std::size_t layer, std::size_t rows) {
          out_[layer].run(mine.both.data(), rows, true, mine.x.data(), mine.scratch8);
        });
  }

 private:
  const Qrnn& encoder_;
  const float* w_;
  std::vector<std::array<Linear8, 2>> in_;
  std::vector<Linear8> out_;
};

std::unique_ptr<Encoder8> Qrnn::make_encoder8(const float* parameters) const {
  return std::make_unique<Qrnn8>(*this, parameters);
}

}  // namespace

std::unique_ptr<Encoder> make_qrnn(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<Qrnn>(shape, layout);
}

}  // namespace pnlp

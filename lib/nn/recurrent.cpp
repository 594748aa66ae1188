#include "pnlp/nn/recurrent.hpp"

#include <algorithm>
#include <numeric>

namespace pnlp {
namespace {

constexpr std::size_t kDirections = 2;

}  // namespace

struct Recurrent::LayerMemory {
  NormMemory norm;
  std::array<CellMemory, kDirections> cells;
  std::array<std::vector<float>, kDirections> inputs;  // [T][C], by steps
  std::vector<float> both;                             // [T][2U], packed: left, right
};

class Recurrent::Memory : public EncoderMemory {
 public:
  Steps steps;
  std::vector<LayerMemory> layers;
  std::vector<float> dboth, doutput, dinput;
  BlockScratch scratch;
};

Recurrent::Recurrent(const std::string& name, const EncoderShape& shape, ParameterLayout& layout,
                     const MakeCell& make_cell)
    : channels_(shape.channels), units_((shape.hidden + 1) / 2) {
  for (std::size_t i = 0; i < shape.layers; ++i) {
    const std::string prefix = name + std::to_string(i) + ".";
    Norm norm(prefix + "norm", channels_, layout);
    auto left = make_cell(prefix + "left.", channels_, units_, layout);
    auto right = make_cell(prefix + "right.", channels_, units_, layout);
    layers_.push_back({norm,
                       {std::move(left), std::move(right)},
                       Linear(prefix + "out", kDirections * units_, channels_, layout)});
  }
}

std::unique_ptr<EncoderMemory> Recurrent::make_memory() const {
  auto memory = std::make_unique<Memory>();
  memory->layers.resize(layers_.size());
  return memory;
}

void Recurrent::forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
                        float* x, EncoderMemory& memory) const {
  auto& mine = static_cast<Memory&>(memory);
  mine.steps = make_steps(batch);
  const std::size_t t = batch.tokens();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    // Prediction needs no more than one layer's memory.
    LayerMemory& kept = mine.layers[keep ? i : 0];
    read(w, layers_[i], keep, t, x, mine.steps, kept);
    const bool direct = dropout.rate <= 0;
    float* branch = direct ? x : sized(mine.scratch.branch, t * channels_);
    layers_[i].out.run(w, kept.both.data(), t, keep, direct, branch, mine.scratch.kernels);
    if (direct) continue;
    apply_dropout(dropout.at(2 * i), branch, t * channels_);
    add(x, branch, t * channels_);
  }
}

void Recurrent::backward(const float* w, const PackedBatch& batch, const Dropout& dropout,
                         float* dx, EncoderMemory& memory, float* g) const {
  auto& mine = static_cast<Memory&>(memory);
  const std::size_t t = batch.tokens();
  float* dboth = sized(mine.dboth, t * kDirections * units_);
  float* doutput = sized(mine.doutput, t * units_);
  float* dinput = sized(mine.dinput, t * channels_);
  for (std::size_t i = layers_.size(); i-- > 0;) {
    LayerMemory& kept = mine.layers[i];
    const float* dbranch = drop_gradient(dropout.at(2 * i), dx, t * channels_, mine.scratch);
    layers_[i].out.backward(w, kept.both.data(), dbranch, t, false, dboth, g);
    mine.scratch.dnormal.assign(t * channels_, 0.0F);
    for (std::size_t d = 0; d < kDirections; ++d) {
      const std::vector<std::size_t>& token = mine.steps.token[d];
      for (std::size_t row = 0; row < t; ++row) {
        std::copy_n(dboth + (token[row] * kDirections + d) * units_, units_,
                    doutput + row * units_);
      }
      layers_[i].cells[d]->backward(w, mine.steps, kept.inputs[d].data(), doutput, dinput,
                                    kept.cells[d], g);
      for (std::size_t row = 0; row < t; ++row) {
        add(mine.scratch.dnormal.data() + token[row] * channels_, dinput + row * channels_,
            channels_);
      }
    }
    layers_[i].norm.backward(w, mine.scratch.dnormal.data(), t, kept.norm, dx, g);
  }
}

double Recurrent::flops(std::size_t length) const {
  double token = 0;
  for (const RecurrentLayer& layer : layers_) {
    token += layer.cells[0]->flops() + layer.cells[1]->flops() + layer.out.flops();
  }
  return token * static_cast<double>(length);
}

// What both cells make of x: kept.both.
void Recurrent::read(const float* w, const RecurrentLayer& layer, bool keep, std::size_t t,
                     const float* x, const Steps& steps, LayerMemory& kept) const {
  if (!keep) layer.norm.predict(w, x, t, sized(kept.norm.normal, t * channels_));
  const float* normal = keep ? layer.norm.forward(w, x, t, kept.norm) : kept.norm.normal.data();
  float* both = sized(kept.both, t * kDirections * units_);
  for (std::size_t d = 0; d < kDirections; ++d) {
    const std::vector<std::size_t>& token = steps.token[d];
    float* input = sized(kept.inputs[d], t * channels_);
    for (std::size_t row = 0; row < t; ++row) {
      std::copy_n(normal + token[row] * channels_, channels_, input + row * channels_);
    }
    layer.cells[d]->forward(w, steps, input, keep, kept.cells[d]);
    for (std::size_t row = 0; row < t; ++row) {
      std::copy_n(kept.cells[d].output.data() + row * units_, units_,
                  both + (token[row] * kDirections + d) * units_);
    }
  }
}

Steps make_steps(const PackedBatch& batch) {
  const auto begin = [&](std::size_t b) {
    return static_cast<std::size_t>(batch.sequence_offsets[b]);
  };
  const auto length = [&](std::size_t b) { return begin(b + 1) - begin(b); };
  std::vector<std::size_t> order(batch.sequences());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  Steps steps;
  steps.starts.push_back(0);
  std::size_t count = order.size();
  for (std::size_t step = 0;; ++step) {
    while (count > 0 && length(order[count - 1]) <= step) --count;
    if (count == 0) break;
    for (std::size_t j = 0; j < count; ++j) {
      const std::size_t first = begin(order[j]);
      const std::size_t last = begin(order[j] + 1) - 1;
      steps.token[0].push_back(static_cast<std::size_t>(batch.token_order[first + step]));
      steps.token[1].push_back(static_cast<std::size_t>(batch.token_order[last - step]));
    }
    steps.starts.push_back(steps.starts.back() + count);
  }
  return steps;
}

}  // namespace pnlp

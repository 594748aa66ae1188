#include "pnlp/nn/shift.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/integer_kernels.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kReach = 3;  // tokens to each side
constexpr std::size_t kGroups = 2 * kReach + 1;

struct Layer {
  Norm norm;
  FeedForward mixing;
};

struct LayerMemory {
  NormMemory norm;
  std::vector<float> shifted;  // [T][C]
  FeedForwardMemory mixing;
};

class ShiftMemory : public EncoderMemory {
 public:
  std::vector<LayerMemory> layers;
  std::vector<float> dshifted;
  BlockScratch scratch;
};

// Calls visit(token, its neighbour, first channel, channels) for all groups of channels and tokens
// whose neighbour at the group's distance is in the sequence.
template <typename Visit>
void for_each_shift(const PackedBatch& batch, std::size_t c, const Visit& visit) {
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const auto begin = static_cast<std::size_t>(batch.sequence_offsets[b]);
    const auto end = static_cast<std::size_t>(batch.sequence_offsets[b + 1]);
    for (std::size_t at = begin; at < end; ++at) {
      for (std::size_t group = 0; group < kGroups; ++group) {
        if (at + group < begin + kReach || at + group >= end + kReach) continue;
        // The channels of which floor(7 c / C) is the group.
        const std::size_t first = (group * c + kGroups - 1) / kGroups;
        const std::size_t last = ((group + 1) * c + kGroups - 1) / kGroups;
        visit(static_cast<std::size_t>(batch.token_order[at]),
              static_cast<std::size_t>(batch.token_order[at + group - kReach]), first,
              last - first);
      }
    }
  }
}

// Rows of `c` values, `stride` apart; where there is no neighbour, `nothing`.
template <typename T>
void shift(const PackedBatch& batch, std::size_t c, std::size_t stride, const T* normal, T nothing,
           std::vector<T>& shifted) {
  shifted.assign(batch.tokens() * stride, nothing);
  for_each_shift(
      batch, c, [&](std::size_t token, std::size_t from, std::size_t first, std::size_t n) {
        std::copy_n(normal + from * stride + first, n, shifted.data() + token * stride + first);
      });
}

class Shift8 : public Encoder8 {
 public:
  Shift8(std::size_t channels, const std::vector<Layer>& layers, const float* w)
      : channels_(channels) {
    for (const Layer& layer : layers) {
      const Norm8 norm = layer.norm.eight(w);
      layers_.push_back({norm, layer.mixing.eight(norm, w)});
    }
  }

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    Scratch8& scratch = static_cast<ShiftMemory&>(memory).scratch.scratch8;
    const std::size_t t = batch.tokens();
    for (const Block& block : layers_) {
      const std::size_t stride = block.mixing.stride();
      scratch.normal.resize(std::max(scratch.normal.size(), t * stride));
      block.norm.run(x, t, stride, scratch.normal.data());
      shift(batch, channels_, stride, scratch.normal.data(), kZeroByte, scratch.bytes);
      block.mixing.run(scratch.bytes.data(), t, x, scratch);
    }
  }

 private:
  struct Block {
    Norm8 norm;
    FeedForward8 mixing;
  };

  std::size_t channels_;
  std::vector<Block> layers_;
};

class Shift : public Encoder {
 public:
  Shift(const EncoderShape& shape, ParameterLayout& layout) : channels_(shape.channels) {
    for (std::size_t i = 0; i < shape.layers; ++i) {
      const std::string name = "shift" + std::to_string(i) + ".";
      Norm norm(name + "channel_norm", channels_, layout);
      layers_.push_back(
          {norm, FeedForward(name + "channel", channels_, shape.hidden, channels_, layout)});
    }
  }

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<ShiftMemory>();
    memory->layers.resize(layers_.size());
    return memory;
  }

  void forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<ShiftMemory&>(memory);
    const std::size_t t = batch.tokens();
    const std::size_t n = t * channels_;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      LayerMemory& kept = mine.layers[keep ? i : 0];
      if (!keep) {
        layers_[i].norm.predict(w, x, t, sized(kept.norm.normal, n));
        shift(batch, channels_, channels_, kept.norm.normal.data(), 0.0F, kept.shifted);
        layers_[i].mixing.predict(w, kept.shifted.data(), t, true, x, mine.scratch);
        continue;
      }
      shift(batch, channels_, channels_, layers_[i].norm.forward(w, x, t, kept.norm), 0.0F,
            kept.shifted);
      float* branch = sized(mine.scratch.branch, n);
      layers_[i].mixing.forward(w, kept.shifted.data(), t, false, branch, kept.mixing,
                                mine.scratch);
      apply_dropout(dropout.at(2 * i + 1), branch, n);
      add(x, branch, n);
    }
  }

  void backward(const float* w, const PackedBatch& batch, const Dropout& dropout, float* dx,
                EncoderMemory& memory, float* g) const override {
    auto& mine = static_cast<ShiftMemory&>(memory);
    const std::size_t t = batch.tokens();
    const std::size_t c = channels_;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      LayerMemory& kept = mine.layers[i];
      const float* dbranch = drop_gradient(dropout.at(2 * i + 1), dx, t * c, mine.scratch);
      float* dshifted = sized(mine.dshifted, t * c);
      layers_[i].mixing.backward(w, kept.shifted.data(), dbranch, t, false, dshifted, kept.mixing,
                                 mine.scratch, g);
      mine.scratch.dnormal.assign(t * c, 0.0F);
      for_each_shift(
          batch, c, [&](std::size_t token, std::size_t from, std::size_t first, std::size_t count) {
            add(mine.scratch.dnormal.data() + from * c + first, dshifted + token * c + first,
                count);
          });
      layers_[i].norm.backward(w, mine.scratch.dnormal.data(), t, kept.norm, dx, g);
    }
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override {
    return std::make_unique<Shift8>(channels_, layers_, parameters);
  }

  bool is_independent() const override { return true; }

  double flops(std::size_t length) const override {
    double token = 0;
    for (const Layer& layer : layers_) token += layer.mixing.flops();
    return token * static_cast<double>(length);
  }

 private:
  std::size_t channels_;
  std::vector<Layer> layers_;
};

}  // namespace

std::unique_ptr<Encoder> make_shift(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<Shift>(shape, layout);
}

}  // namespace pnlp

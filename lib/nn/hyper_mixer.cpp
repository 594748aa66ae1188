#include "pnlp/nn/hyper_mixer.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/onednn.hpp"
#include "pnlp/nn/positions.hpp"

namespace pnlp {
namespace {

struct Layer {
  Norm norm;
  Positions positions;
  FeedForward in, out;
  ChannelMixing channels;
};

// Of tokens in reading order.
struct LayerMemory {
  NormMemory norm;          // the only one by packed tokens
  std::vector<float> y, z;  // [T][C]
  std::vector<float> a, b;  // [T][H], the weights that were made
  FeedForwardMemory in, out;
  ChannelMixingMemory channels;
};

class HyperMixerMemory : public EncoderMemory {
 public:
  std::vector<float> sines;
  std::vector<LayerMemory> layers;
  std::vector<float> turned, hidden, active;  // [H][L], [H][C], [H][C]: of a sequence
  std::vector<float> mixed, dhidden, zeros;
  std::vector<float> dmixed, dy, dz, da, db;  // as in LayerMemory
  BlockScratch scratch;
};

// to[i] = from[token_order[i]].
void to_reading_order(const PackedBatch& batch, std::size_t c, const float* from, float* to) {
  for (std::size_t i = 0; i < batch.tokens(); ++i) {
    std::copy_n(from + static_cast<std::size_t>(batch.token_order[i]) * c, c, to + i * c);
  }
}

void to_packed_order(const PackedBatch& batch, std::size_t c, const float* from, float* to) {
  for (std::size_t i = 0; i < batch.tokens(); ++i) {
    std::copy_n(from + i * c, c, to + static_cast<std::size_t>(batch.token_order[i]) * c);
  }
}

// turned[h][l] = scale * a[l][h].
void turn(const float* a, std::size_t l, std::size_t h, float scale, float* turned) {
  for (std::size_t i = 0; i < l; ++i) {
    for (std::size_t j = 0; j < h; ++j) turned[j * l + i] = scale * a[i * h + j];
  }
}

void scale(float* x, std::size_t n, float factor) {
  for (std::size_t i = 0; i < n; ++i) x[i] *= factor;
}

float inverse_root(std::size_t n) {
  return 1.0F / std::sqrt(static_cast<float>(n));
}

class HyperMixer : public Encoder {
 public:
  HyperMixer(const EncoderShape& shape, ParameterLayout& layout)
      : channels_(shape.channels), hidden_(shape.hidden) {
    const std::size_t c = channels_;
    for (std::size_t i = 0; i < shape.layers; ++i) {
      const std::string name = "hyper" + std::to_string(i) + ".";
      Norm norm(name + "token_norm", c, layout);
      Positions positions(name + "position", c, layout);
      FeedForward in(name + "first", c, c, hidden_, layout);
      FeedForward out(name + "second", c, c, hidden_, layout);
      layers_.push_back({norm, positions, in, out, ChannelMixing(name, c, hidden_, layout)});
    }
  }

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<HyperMixerMemory>();
    memory->layers.resize(layers_.size());
    return memory;
  }

  void forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<HyperMixerMemory&>(memory);
    extend_sines(batch, mine);
    const std::size_t t = batch.tokens();
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      LayerMemory& kept = mine.layers[keep ? i : 0];
      make_weights(w, layers_[i], batch, keep, x, mine, kept);
      float* mixed = sized(mine.mixed, t * channels_);
      for_each_sequence(batch, [&](std::size_t first, std::size_t length) {
        mix(kept, first, length, keep, mixed + first * channels_, mine);
      });
      float* branch = sized(mine.scratch.branch, t * channels_);
      to_packed_order(batch, channels_, mixed, branch);
      apply_dropout(dropout.at(2 * i), branch, t * channels_);
      add(x, branch, t * channels_);
      if (keep) {
        layers_[i].channels.forward(w, t, dropout.at(2 * i + 1), x, kept.channels, mine.scratch);
      } else {
        layers_[i].channels.predict(w, t, x, mine.scratch);
      }
    }
  }

  void backward(const float* w, const PackedBatch& batch, const Dropout& dropout, float* dx,
                EncoderMemory& memory, float* g) const override {
    auto& mine = static_cast<HyperMixerMemory&>(memory);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      LayerMemory& kept = mine.layers[i];
      layers_[i].channels.backward(w, batch.tokens(), dropout.at(2 * i + 1), dx, kept.channels,
                                   mine.scratch, g);
      mix_tokens_backward(w, layers_[i], batch, dropout.at(2 * i), dx, mine, kept, g);
    }
  }

  bool is_independent() const override { return true; }

  double flops(std::size_t length) const override {
    const double mixing = 4.0 * static_cast<double>(channels_ * hidden_);
    double token = 0;
    for (const Layer& layer : layers_)
      token += layer.in.flops() + layer.out.flops() + mixing + layer.channels.flops();
    return token * static_cast<double>(length);
  }

 private:
  // Calls visit(first token in reading order, tokens) for sequences that have any.
  template <typename Visit>
  static void for_each_sequence(const PackedBatch& batch, const Visit& visit) {
    for (std::size_t b = 0; b < batch.sequences(); ++b) {
      const auto first = static_cast<std::size_t>(batch.sequence_offsets[b]);
      const auto last = static_cast<std::size_t>(batch.sequence_offsets[b + 1]);
      if (last > first) visit(first, last - first);
    }
  }

  void extend_sines(const PackedBatch& batch, HyperMixerMemory& memory) const {
    std::size_t longest = 0;
    for_each_sequence(
        batch, [&](std::size_t, std::size_t length) { longest = std::max(longest, length); });
    if (!layers_.empty()) layers_.front().positions.extend(longest, memory.sines);
  }

  // kept.y, z, a and b.
  void make_weights(const float* w, const Layer& layer, const PackedBatch& batch, bool keep,
                    const float* x, HyperMixerMemory& memory, LayerMemory& kept) const {
    const std::size_t t = batch.tokens();
    const std::size_t c = channels_;
    if (keep) {
      layer.norm.forward(w, x, t, kept.norm);
    } else {
      layer.norm.predict(w, x, t, sized(kept.norm.normal, t * c));
    }
    float* y = sized(kept.y, t * c);
    float* z = sized(kept.z, t * c);
    to_reading_order(batch, c, kept.norm.normal.data(), y);
    std::copy_n(y, t * c, z);
    for_each_sequence(batch, [&](std::size_t first, std::size_t length) {
      for (std::size_t p = 0; p < length; ++p)
        layer.positions.add(w, memory.sines, p, z + (first + p) * c);
    });
    float* a = sized(kept.a, t * hidden_);
    float* b = sized(kept.b, t * hidden_);
    if (keep) {
      layer.in.forward(w, z, t, false, a, kept.in, memory.scratch);
      layer.out.forward(w, z, t, false, b, kept.out, memory.scratch);
    } else {
      layer.in.predict(w, z, t, false, a, memory.scratch);
      layer.out.predict(w, z, t, false, b, memory.scratch);
    }
  }

  // memory.turned and hidden, of a sequence: A^T / sqrt(L), and its product with y, before GELU or,
  // in prediction, after it.
  void mix_in(const LayerMemory& kept, std::size_t first, std::size_t length, bool keep,
              HyperMixerMemory& memory) const {
    const std::size_t c = channels_;
    const std::size_t h = hidden_;
    float* turned = sized(memory.turned, h * length);
    float* hidden = sized(memory.hidden, h * c);
    turn(kept.a.data() + first * h, length, h, inverse_root(length), turned);
    const float* y = kept.y.data() + first * c;
    if (keep) {
      gemm(Transpose::no, Transpose::no, h, c, length, turned, length, y, c, false, hidden, c);
      return;
    }
    memory.zeros.resize(c, 0.0F);
    multiply_rows({.rows = h,
                   .inputs = length,
                   .outputs = c,
                   .x = turned,
                   .w = y,
                   .bias = memory.zeros.data(),
                   .gelu = true,
                   .y = hidden},
                  memory.scratch.kernels);
  }

  // mixed[L][C] = B GELU(A^T y / sqrt(L)) / sqrt(H), of a sequence.
  void mix(const LayerMemory& kept, std::size_t first, std::size_t length, bool keep, float* mixed,
           HyperMixerMemory& memory) const {
    const std::size_t c = channels_;
    const std::size_t h = hidden_;
    mix_in(kept, first, length, keep, memory);
    const float* b = kept.b.data() + first * h;
    if (keep) {
      float* active = sized(memory.active, h * c);
      gelu(memory.hidden.data(), h * c, active);
      gemm(Transpose::no, Transpose::no, length, c, h, b, h, active, c, false, mixed, c);
    } else {
      multiply_rows({.rows = length,
                     .inputs = h,
                     .outputs = c,
                     .x = b,
                     .w = memory.hidden.data(),
                     .bias = memory.zeros.data(),
                     .y = mixed},
                    memory.scratch.kernels);
    }
    scale(mixed, length * c, inverse_root(h));
  }

  // memory.da, db and dy of a sequence, from memory.dmixed.
  void mix_backward(const LayerMemory& kept, std::size_t first, std::size_t length,
                    HyperMixerMemory& memory) const {
    const std::size_t c = channels_;
    const std::size_t h = hidden_;
    mix_in(kept, first, length, true, memory);  // made again rather than kept
    float* hidden = memory.hidden.data();
    float* dmixed = memory.dmixed.data() + first * c;
    scale(dmixed, length * c, inverse_root(h));
    float* dhidden = sized(memory.dhidden, h * c);
    gemm(Transpose::yes, Transpose::no, h, c, length, kept.b.data() + first * h, h, dmixed, c,
         false, dhidden, c);
    gelu_backward(h * c, hidden, dhidden);
    gemm(Transpose::no, Transpose::yes, length, h, c, dmixed, c, hidden, c, false,
         memory.db.data() + first * h, h);
    gemm(Transpose::yes, Transpose::no, length, c, h, memory.turned.data(), length, dhidden, c,
         false, memory.dy.data() + first * c, c);
    float* da = memory.da.data() + first * h;
    gemm(Transpose::no, Transpose::yes, length, h, c, kept.y.data() + first * c, c, dhidden, c,
         false, da, h);
    scale(da, length * h, inverse_root(length));
  }

  void mix_tokens_backward(const float* w, const Layer& layer, const PackedBatch& batch,
                           const Dropout& dropout, float* dx, HyperMixerMemory& memory,
                           LayerMemory& kept, float* g) const {
    const std::size_t t = batch.tokens();
    const std::size_t c = channels_;
    const float* dbranch = drop_gradient(dropout, dx, t * c, memory.scratch);
    to_reading_order(batch, c, dbranch, sized(memory.dmixed, t * c));
    sized(memory.da, t * hidden_);
    sized(memory.db, t * hidden_);
    float* dy = sized(memory.dy, t * c);
    for_each_sequence(batch, [&](std::size_t first, std::size_t length) {
      mix_backward(kept, first, length, memory);
    });
    float* dz = sized(memory.dz, t * c);
    layer.in.backward(w, kept.z.data(), memory.da.data(), t, false, dz, kept.in, memory.scratch, g);
    layer.out.backward(w, kept.z.data(), memory.db.data(), t, true, dz, kept.out, memory.scratch,
                       g);
    for_each_sequence(batch, [&](std::size_t first, std::size_t length) {
      for (std::size_t p = 0; p < length; ++p)
        layer.positions.backward(memory.sines, p, dz + (first + p) * c, g);
    });
    add(dy, dz, t * c);
    float* dnormal = sized(memory.scratch.dnormal, t * c);
    to_packed_order(batch, c, dy, dnormal);
    layer.norm.backward(w, dnormal, t, kept.norm, dx, g);
  }

  std::size_t channels_, hidden_;
  std::vector<Layer> layers_;
};

}  // namespace

std::unique_ptr<Encoder> make_hyper_mixer(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<HyperMixer>(shape, layout);
}

}  // namespace pnlp

#include "pnlp/nn/transformer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "pnlp/nn/attention.hpp"
#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/positions.hpp"

namespace pnlp {
namespace {

struct Layer {
  Norm norm;
  Linear in, out;  // to queries, keys and values; from what they gather
  ChannelMixing channels;
};

struct LayerMemory {
  NormMemory norm;
  std::vector<float> qkv, mixed;  // [T][3C], [T][C]
  ChannelMixingMemory channels;
};

class TransformerMemory : public EncoderMemory {
 public:
  std::vector<float> sines;  // as many positions as were seen
  std::vector<LayerMemory> layers;
  std::vector<float> dmixed, dqkv;
  AttentionScratch attention;
  BlockScratch scratch;
};

std::size_t heads_of(std::size_t channels) {
  return channels % 4 == 0 ? 4 : channels % 2 == 0 ? 2 : 1;
}

// Calls visit(packed token, position in its segment).
template <typename Visit>
void for_each_position(const PackedBatch& batch, const Visit& visit) {
  for (const SegmentGroup& group : batch.groups) {
    const auto count = static_cast<std::size_t>(group.count);
    for (std::size_t i = 0; i < static_cast<std::size_t>(group.length) * count; ++i) {
      visit(static_cast<std::size_t>(group.first_token) + i, i / count);
    }
  }
}

class Transformer : public Encoder {
 public:
  Transformer(const EncoderShape& shape, ParameterLayout& layout)
      : channels_(shape.channels),
        segment_(shape.segment),
        positions_("transformer.position", shape.channels, layout),
        attention_(shape.channels, heads_of(shape.channels)) {
    const std::size_t c = channels_;
    for (std::size_t i = 0; i < shape.layers; ++i) {
      const std::string name = "transformer" + std::to_string(i) + ".";
      Norm norm(name + "attention_norm", c, layout);
      Linear in(name + "attention_in", c, 3 * c, layout);
      Linear out(name + "attention_out", c, c, layout);
      layers_.push_back({norm, in, out, ChannelMixing(name, c, shape.hidden, layout)});
    }
  }

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<TransformerMemory>();
    memory->layers.resize(std::max<std::size_t>(1, layers_.size()));
    return memory;
  }

  void forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<TransformerMemory&>(memory);
    add_positions(w, batch, x, mine);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (keep) {
        attend(w, layers_[i], batch, dropout.at(2 * i), x, mine, mine.layers[i]);
        layers_[i].channels.forward(w, batch.tokens(), dropout.at(2 * i + 1), x,
                                    mine.layers[i].channels, mine.scratch);
      } else {
        predict(w, i, batch, x, mine, {});
      }
    }
  }

  void backward(const float* w, const PackedBatch& batch, const Dropout& dropout, float* dx,
                EncoderMemory& memory, float* g) const override {
    auto& mine = static_cast<TransformerMemory&>(memory);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      layers_[i].channels.backward(w, batch.tokens(), dropout.at(2 * i + 1), dx,
                                   mine.layers[i].channels, mine.scratch, g);
      attend_backward(w, layers_[i], batch, dropout.at(2 * i), dx, mine, mine.layers[i], g);
    }
    for_each_position(batch, [&](std::size_t token, std::size_t position) {
      positions_.backward(mine.sines, position, dx + token * channels_, g);
    });
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override;
  bool is_independent() const override { return true; }

  double flops(std::size_t length) const override {
    double token = 0;
    for (const Layer& layer : layers_)
      token += layer.in.flops() + layer.out.flops() + layer.channels.flops();
    const std::size_t whole = length / segment_;
    const double segments = static_cast<double>(whole) * attention_.flops(segment_) +
                            attention_.flops(length % segment_);
    return token * static_cast<double>(length) + segments * static_cast<double>(layers_.size());
  }

 private:
  friend class Transformer8;

  // What takes the place of a layer's products in 8 bits; null: fp32.
  struct Products8 {
    const Linear8* in = nullptr;
    const Linear8* out = nullptr;
    const ChannelMixing8* channels = nullptr;
  };

  void add_positions(const float* w, const PackedBatch& batch, float* x,
                     TransformerMemory& memory) const {
    std::size_t longest = 0;
    for (const SegmentGroup& group : batch.groups)
      longest = std::max(longest, static_cast<std::size_t>(group.length));
    positions_.extend(longest, memory.sines);
    for_each_position(batch, [&](std::size_t token, std::size_t position) {
      positions_.add(w, memory.sines, position, x + token * channels_);
    });
  }

  // Layer i of prediction.
  void predict(const float* w, std::size_t i, const PackedBatch& batch, float* x,
               TransformerMemory& memory, const Products8& eight) const {
    const Layer& layer = layers_[i];
    const std::size_t t = batch.tokens();
    LayerMemory& shared = memory.layers.front();
    float* normal = sized(shared.norm.normal, t * channels_);
    float* qkv = sized(shared.qkv, t * 3 * channels_);
    float* mixed = sized(shared.mixed, t * channels_);
    layer.norm.predict(w, x, t, normal);
    if (eight.in == nullptr) {
      layer.in.run(w, normal, t, false, false, qkv, memory.scratch.kernels);
      attention_.forward(batch, qkv, mixed, memory.attention);
      layer.out.run(w, mixed, t, false, true, x, memory.scratch.kernels);
      layer.channels.predict(w, t, x, memory.scratch);
    } else {
      eight.in->run(normal, t, false, qkv, memory.scratch.scratch8);
      attention_.forward(batch, qkv, mixed, memory.attention);
      eight.out->run(mixed, t, true, x, memory.scratch.scratch8);
      eight.channels->run(t, x, memory.scratch);
    }
  }

  void attend(const float* w, const Layer& layer, const PackedBatch& batch, const Dropout& dropout,
              float* x, TransformerMemory& memory, LayerMemory& kept) const {
    const std::size_t t = batch.tokens();
    const float* normal = layer.norm.forward(w, x, t, kept.norm);
    float* qkv = sized(kept.qkv, t * 3 * channels_);
    float* mixed = sized(kept.mixed, t * channels_);
    layer.in.run(w, normal, t, true, false, qkv, memory.scratch.kernels);
    attention_.forward(batch, qkv, mixed, memory.attention);
    float* branch = sized(memory.scratch.branch, t * channels_);
    layer.out.run(w, mixed, t, true, false, branch, memory.scratch.kernels);
    apply_dropout(dropout, branch, t * channels_);
    add(x, branch, t * channels_);
  }

  void attend_backward(const float* w, const Layer& layer, const PackedBatch& batch,
                       const Dropout& dropout, float* dx, TransformerMemory& memory,
                       LayerMemory& kept, float* g) const {
    const std::size_t t = batch.tokens();
    const float* dbranch = drop_gradient(dropout, dx, t * channels_, memory.scratch);
    float* dmixed = sized(memory.dmixed, t * channels_);
    float* dqkv = sized(memory.dqkv, t * 3 * channels_);
    float* dnormal = sized(memory.scratch.dnormal, t * channels_);
    layer.out.backward(w, kept.mixed.data(), dbranch, t, false, dmixed, g);
    attention_.backward(batch, kept.qkv.data(), dmixed, dqkv, memory.attention);
    layer.in.backward(w, kept.norm.normal.data(), dqkv, t, false, dnormal, g);
    layer.norm.backward(w, dnormal, t, kept.norm, dx, g);
  }

  std::size_t channels_, segment_;
  Positions positions_;
  Attention attention_;
  std::vector<Layer> layers_;
};

// The products of rows in 8 bits; those among tokens stay in fp32.
class Transformer8 : public Encoder8 {
 public:
  Transformer8(const Transformer& encoder, const float* w) : encoder_(encoder), w_(w) {
    for (const Layer& layer : encoder.layers_) {
      in_.push_back(layer.in.eight(w));
      out_.push_back(layer.out.eight(w));
      channels_.emplace_back(layer.channels, w);
    }
  }

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<TransformerMemory&>(memory);
    encoder_.add_positions(w_, batch, x, mine);
    for (std::size_t i = 0; i < in_.size(); ++i)
      encoder_.predict(w_, i, batch, x, mine, {&in_[i], &out_[i], &channels_[i]});
  }

 private:
  const Transformer& encoder_;
  const float* w_;
  std::vector<Linear8> in_, out_;
  std::vector<ChannelMixing8> channels_;
};

std::unique_ptr<Encoder8> Transformer::make_encoder8(const float* parameters) const {
  return std::make_unique<Transformer8>(*this, parameters);
}

}  // namespace

std::unique_ptr<Encoder> make_transformer(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<Transformer>(shape, layout);
}

}  // namespace pnlp

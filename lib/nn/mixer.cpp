#include "pnlp/nn/mixer.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pnlp/nn/blocks.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/token_mixing.hpp"

namespace pnlp {
namespace {

// Offsets into the arena of one token mixing's tensors. Weights are stored so that the first L
// positions are the first rows: token_in[S][H], token_out[S][H].
struct BlockParameters {
  std::size_t token_gain, token_shift, token_in, token_in_bias, token_out, token_out_bias;
};

struct BlockMemory {
  std::vector<float> token_xhat, token_rstd;  // [T][C], [T]
  std::vector<float> token_normal;            // [T][C]: input of token mixing
  ChannelMixingMemory channels;
};

class MixerMemory : public EncoderMemory {
 public:
  std::vector<BlockMemory> blocks;
  BlockScratch scratch;
  TokenMixingScratch tokens;
};

// Mixing in 8 bits; what is passed on stays in fp32.
class Mixer8 : public Encoder8 {
 public:
  Mixer8(const EncoderShape& shape, const std::vector<BlockParameters>& blocks,
         const std::vector<ChannelMixing>& channels, const float* w)
      : channels_(shape.channels) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const BlockParameters& p = blocks[i];
      const Norm8 norm(w + p.token_gain, w + p.token_shift, shape.channels);
      const TokenMixing8 tokens(norm, w + p.token_in, w + p.token_in_bias, w + p.token_out,
                                w + p.token_out_bias, shape.segment, shape.hidden);
      blocks_.push_back({norm, tokens, ChannelMixing8(channels[i], w)});
    }
  }

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<MixerMemory&>(memory);
    for (const Block& block : blocks_) {
      mix_tokens(block, batch, x, mine.scratch.scratch8);
      block.channels.run(batch.tokens(), x, mine.scratch);
    }
  }

 private:
  struct Block {
    Norm8 norm;
    TokenMixing8 tokens;
    ChannelMixing8 channels;
  };

  void mix_tokens(const Block& block, const PackedBatch& batch, float* x, Scratch8& scratch) const {
    const std::size_t t = batch.tokens();
    const std::size_t c = channels_;
    scratch.normal.resize(std::max(scratch.normal.size(), t * c));
    block.norm.run(x, t, c, scratch.normal.data());
    for (const SegmentGroup& group : batch.groups) {
      const std::size_t start = static_cast<std::size_t>(group.first_token) * c;
      const std::size_t columns = static_cast<std::size_t>(group.count) * c;
      block.tokens.run(static_cast<std::size_t>(group.length), columns, columns,
                       scratch.normal.data() + start, x + start, scratch);
    }
  }

  std::size_t channels_;
  std::vector<Block> blocks_;
};

class Mixer : public Encoder {
 public:
  Mixer(const EncoderShape& shape, ParameterLayout& layout) : shape_(shape) {
    const std::size_t c = shape.channels;
    const std::size_t h = shape.hidden;
    const std::size_t s = shape.segment;
    // Fan-in scaling; the segment's typical length is far below S, so token_in is scaled as for a
    // short one.
    const double token_scale = 1.0 / std::sqrt(std::min<double>(static_cast<double>(s), 16.0));
    for (std::size_t i = 0; i < shape.layers; ++i) {
      const std::string name = "mixer" + std::to_string(i) + ".";
      BlockParameters p{};
      p.token_gain = layout.add(name + "token_norm.gain", {c}, Init::one);
      p.token_shift = layout.add(name + "token_norm.shift", {c}, Init::zero);
      p.token_in = layout.add(name + "token_in", {s, h}, Init::normal, token_scale);
      p.token_in_bias = layout.add(name + "token_in.bias", {h}, Init::zero);
      p.token_out = layout.add(name + "token_out", {s, h}, Init::normal,
                               1.0 / std::sqrt(static_cast<double>(h)), Outputs::rows);
      p.token_out_bias = layout.add(name + "token_out.bias", {s}, Init::zero);
      blocks_.push_back(p);
      channels_.emplace_back(name, c, h, layout);
    }
  }

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<MixerMemory>();
    memory->blocks.resize(blocks_.size());
    return memory;
  }

  void forward(const float* parameters, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<MixerMemory&>(memory);
    if (!keep) {
      for (std::size_t i = 0; i < blocks_.size(); ++i) {
        predict_tokens(parameters, blocks_[i], batch, x, mine);
        channels_[i].predict(parameters, batch.tokens(), x, mine.scratch);
      }
      return;
    }
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      mix_tokens(parameters, blocks_[i], batch, dropout.at(2 * i), x, mine, mine.blocks[i]);
      channels_[i].forward(parameters, batch.tokens(), dropout.at(2 * i + 1), x,
                           mine.blocks[i].channels, mine.scratch);
    }
  }

  void backward(const float* parameters, const PackedBatch& batch, const Dropout& dropout,
                float* dx, EncoderMemory& memory, float* gradients) const override {
    auto& mine = static_cast<MixerMemory&>(memory);
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      channels_[i].backward(parameters, batch.tokens(), dropout.at(2 * i + 1), dx,
                            mine.blocks[i].channels, mine.scratch, gradients);
      mix_tokens_backward(parameters, blocks_[i], batch, dropout.at(2 * i), dx, mine,
                          mine.blocks[i], gradients);
    }
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override {
    return std::make_unique<Mixer8>(shape_, blocks_, channels_, parameters);
  }

  bool is_independent() const override { return true; }

  double flops(std::size_t length) const override {
    const auto c = static_cast<double>(shape_.channels);
    const auto h = static_cast<double>(shape_.hidden);
    return 8.0 * static_cast<double>(shape_.layers) * static_cast<double>(length) * c * h;
  }

 private:
  // Token mixing without anything kept.
  void predict_tokens(const float* w, const BlockParameters& p, const PackedBatch& batch, float* x,
                      MixerMemory& memory) const {
    const std::size_t t = batch.tokens();
    const std::size_t c = shape_.channels;
    float* normal = sized(memory.scratch.normal, t * c);
    layer_norm_forward(x, w + p.token_gain, w + p.token_shift, t, c, normal, nullptr, nullptr);
    mix_normal(w, p, batch, normal, x, memory);
  }

  // y += token mixing of `normal`.
  void mix_normal(const float* w, const BlockParameters& p, const PackedBatch& batch,
                  const float* normal, float* y, MixerMemory& memory) const {
    const std::size_t c = shape_.channels;
    for (const SegmentGroup& group : batch.groups) {
      const std::size_t start = static_cast<std::size_t>(group.first_token) * c;
      const std::size_t columns = static_cast<std::size_t>(group.count) * c;
      pnlp::mix_tokens({.length = static_cast<std::size_t>(group.length),
                        .hidden = shape_.hidden,
                        .columns = columns,
                        .stride = columns,
                        .x = normal + start,
                        .in = w + p.token_in,
                        .in_bias = w + p.token_in_bias,
                        .out = w + p.token_out,
                        .out_bias = w + p.token_out_bias,
                        .y = y + start},
                       memory.scratch.kernels);
    }
  }

  void mix_tokens(const float* w, const BlockParameters& p, const PackedBatch& batch,
                  const Dropout& dropout, float* x, MixerMemory& memory, BlockMemory& kept) const {
    const std::size_t t = batch.tokens();
    const std::size_t c = shape_.channels;
    float* normal = sized(kept.token_normal, t * c);
    layer_norm_forward(x, w + p.token_gain, w + p.token_shift, t, c, normal,
                       sized(kept.token_xhat, t * c), sized(kept.token_rstd, t));
    // Without dropout the product is added to the skip connection where it stands.
    const bool direct = dropout.rate <= 0;
    float* branch = direct ? x : sized(memory.scratch.branch, t * c);
    if (!direct) std::fill_n(branch, t * c, 0.0F);
    mix_normal(w, p, batch, normal, branch, memory);
    if (direct) return;
    apply_dropout(dropout, branch, t * c);
    add(x, branch, t * c);
  }

  void mix_tokens_backward(const float* w, const BlockParameters& p, const PackedBatch& batch,
                           const Dropout& dropout, float* dx, MixerMemory& memory,
                           BlockMemory& kept, float* g) const {
    const std::size_t t = batch.tokens();
    const std::size_t c = shape_.channels;
    const float* dbranch = drop_gradient(dropout, dx, t * c, memory.scratch);
    float* dnormal = sized(memory.scratch.normal, t * c);
    for (const SegmentGroup& group : batch.groups) {
      const std::size_t start = static_cast<std::size_t>(group.first_token) * c;
      token_mixing_backward({.length = static_cast<std::size_t>(group.length),
                             .hidden = shape_.hidden,
                             .segments = static_cast<std::size_t>(group.count),
                             .channels = c,
                             .x = kept.token_normal.data() + start,
                             .dy = dbranch + start,
                             .in = w + p.token_in,
                             .in_bias = w + p.token_in_bias,
                             .out = w + p.token_out,
                             .dx = dnormal + start,
                             .din = g + p.token_in,
                             .din_bias = g + p.token_in_bias,
                             .dout = g + p.token_out,
                             .dout_bias = g + p.token_out_bias},
                            memory.tokens);
    }
    layer_norm_backward(dnormal, w + p.token_gain, kept.token_xhat.data(), kept.token_rstd.data(),
                        t, c, dx, g + p.token_gain, g + p.token_shift);
  }

  EncoderShape shape_;
  std::vector<BlockParameters> blocks_;
  std::vector<ChannelMixing> channels_;
};

}  // namespace

std::unique_ptr<Encoder> make_mixer(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<Mixer>(shape, layout);
}

}  // namespace pnlp

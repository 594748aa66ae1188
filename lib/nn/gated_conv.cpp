#include "pnlp/nn/gated_conv.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pnlp/nn/eight_bit.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/onednn.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kReach = 1;  // neighbours to each side
constexpr std::size_t kTaps = 2 * kReach + 1;
constexpr std::size_t kBlockRows = 128;  // of prediction
// Keeps dropout's masks apart from those of encoders that follow.
constexpr std::uint64_t kDropoutPlace = 1U << 16;

// Offsets into the arena of one block's tensors: weight[taps][C][2C].
struct BlockParameters {
  std::size_t gain, shift, weight, bias;
};

struct BlockMemory {
  std::vector<float> xhat, rstd;  // [T][C], [T]
  std::vector<float> normal;      // [T][C]
  std::vector<float> gates;       // [T][2C]: a and g
};

class GatedConvMemory : public EncoderMemory {
 public:
  std::vector<BlockMemory> blocks;
  std::vector<float> branch, dgates, dnormal;
  // Of prediction: [T][C], [rows of a block][taps][C], [rows of a block][2C].
  std::vector<float> normal, windows, gates;
  std::vector<float> scratch;
  Scratch8 scratch8;
};

// One block of prediction: `multiply` gives gates[rows][2C] of windows[rows][taps * C].
template <typename Multiply>
void convolve(const float* parameters, const BlockParameters& p, std::size_t c,
              const PackedBatch& batch, float* x, GatedConvMemory& memory,
              const Multiply& multiply) {
  const std::size_t t = batch.tokens();
  memory.normal.resize(t * c);
  memory.windows.resize(kBlockRows * kTaps * c);
  memory.gates.resize(kBlockRows * 2 * c);
  memory.branch.resize(kBlockRows * c);
  layer_norm_forward(x, parameters + p.gain, parameters + p.shift, t, c, memory.normal.data(),
                     nullptr, nullptr);
  for (const SegmentGroup& group : batch.groups) {
    const auto count = static_cast<std::size_t>(group.count);
    const std::size_t tokens = static_cast<std::size_t>(group.length) * count;
    const std::size_t first = static_cast<std::size_t>(group.first_token);
    for (std::size_t begin = 0; begin < tokens; begin += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, tokens - begin);
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t tap = 0; tap < kTaps; ++tap) {
          // Positions stand one after another: a neighbour at distance d is d * count rows away.
          const std::size_t at = begin + row + tap * count;
          float* to = memory.windows.data() + (row * kTaps + tap) * c;
          if (at < kReach * count || at >= tokens + kReach * count) {
            std::fill_n(to, c, 0.0F);
          } else {
            std::copy_n(memory.normal.data() + (first + at - kReach * count) * c, c, to);
          }
        }
      }
      multiply(rows);
      gated_forward(memory.gates.data(), rows, c, memory.branch.data());
      add(x + (first + begin) * c, memory.branch.data(), rows * c);
    }
  }
}

class GatedConv8 : public Encoder8 {
 public:
  GatedConv8(std::size_t channels, const std::vector<BlockParameters>& blocks, const float* w)
      : channels_(channels), w_(w), blocks_(blocks) {
    for (const BlockParameters& p : blocks)
      linear_.emplace_back(w + p.weight, w + p.bias, kTaps * channels, 2 * channels);
  }

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<GatedConvMemory&>(memory);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      convolve(w_, blocks_[i], channels_, batch, x, mine, [&](std::size_t rows) {
        linear_[i].run(mine.windows.data(), rows, false, mine.gates.data(), mine.scratch8);
      });
    }
  }

 private:
  std::size_t channels_;
  const float* w_;
  std::vector<BlockParameters> blocks_;
  std::vector<Linear8> linear_;
};

class GatedConv : public Encoder {
 public:
  GatedConv(const EncoderShape& shape, ParameterLayout& layout) : channels_(shape.channels) {
    const std::size_t c = channels_;
    for (std::size_t i = 0; i < shape.layers; ++i) {
      const std::string name = "conv" + std::to_string(i);
      BlockParameters p{};
      p.gain = layout.add(name + ".norm.gain", {c}, Init::one);
      p.shift = layout.add(name + ".norm.shift", {c}, Init::zero);
      p.weight = layout.add(name, {kTaps * c, 2 * c}, Init::normal,
                            1.0 / std::sqrt(static_cast<double>(kTaps * c)));
      p.bias = layout.add(name + ".bias", {2 * c}, Init::zero);
      blocks_.push_back(p);
    }
  }

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<GatedConvMemory>();
    memory->blocks.resize(blocks_.size());
    return memory;
  }

  void forward(const float* parameters, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<GatedConvMemory&>(memory);
    if (!keep) {
      for (const BlockParameters& p : blocks_) predict(parameters, p, batch, x, mine);
      return;
    }
    const std::size_t t = batch.tokens();
    const std::size_t c = channels_;
    mine.branch.resize(t * c);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const BlockParameters& p = blocks_[i];
      BlockMemory& kept = mine.blocks[i];
      kept.xhat.resize(t * c);
      kept.rstd.resize(t);
      kept.normal.resize(t * c);
      kept.gates.assign(t * 2 * c, 0.0F);
      layer_norm_forward(x, parameters + p.gain, parameters + p.shift, t, c, kept.normal.data(),
                         kept.xhat.data(), kept.rstd.data());
      for_each_tap(batch, [&](std::size_t tap, std::size_t to, std::size_t from, std::size_t rows) {
        gemm(Transpose::no, Transpose::no, rows, 2 * c, c, kept.normal.data() + from * c, c,
             parameters + p.weight + tap * c * 2 * c, 2 * c, true, kept.gates.data() + to * 2 * c,
             2 * c);
      });
      add_bias_rows(kept.gates.data(), parameters + p.bias, t, 2 * c);
      gated_forward(kept.gates.data(), t, c, mine.branch.data());
      apply_dropout(dropout.at(kDropoutPlace + i), mine.branch.data(), t * c);
      add(x, mine.branch.data(), t * c);
    }
  }

  void backward(const float* parameters, const PackedBatch& batch, const Dropout& dropout,
                float* dx, EncoderMemory& memory, float* gradients) const override {
    auto& mine = static_cast<GatedConvMemory&>(memory);
    const std::size_t t = batch.tokens();
    const std::size_t c = channels_;
    mine.branch.resize(t * c);
    mine.dgates.resize(t * 2 * c);
    for (std::size_t i = blocks_.size(); i-- > 0;) {
      const BlockParameters& p = blocks_[i];
      BlockMemory& kept = mine.blocks[i];
      std::copy_n(dx, t * c, mine.branch.data());
      apply_dropout(dropout.at(kDropoutPlace + i), mine.branch.data(), t * c);
      gated_backward(kept.gates.data(), mine.branch.data(), t, c, mine.dgates.data());
      sum_rows(mine.dgates.data(), t, 2 * c, gradients + p.bias);
      mine.dnormal.assign(t * c, 0.0F);
      for_each_tap(batch, [&](std::size_t tap, std::size_t to, std::size_t from, std::size_t rows) {
        const std::size_t weight = p.weight + tap * c * 2 * c;
        gemm(Transpose::yes, Transpose::no, c, 2 * c, rows, kept.normal.data() + from * c, c,
             mine.dgates.data() + to * 2 * c, 2 * c, true, gradients + weight, 2 * c);
        gemm(Transpose::no, Transpose::yes, rows, c, 2 * c, mine.dgates.data() + to * 2 * c, 2 * c,
             parameters + weight, 2 * c, true, mine.dnormal.data() + from * c, c);
      });
      layer_norm_backward(mine.dnormal.data(), parameters + p.gain, kept.xhat.data(),
                          kept.rstd.data(), t, c, dx, gradients + p.gain, gradients + p.shift);
    }
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override {
    return std::make_unique<GatedConv8>(channels_, blocks_, parameters);
  }

  bool is_independent() const override { return true; }

  double flops(std::size_t length) const override {
    const auto c = static_cast<double>(channels_);
    const auto l = static_cast<double>(length);
    const double taps = length == 0 ? 0 : static_cast<double>(kTaps) * l - 2;  // none past the ends
    return static_cast<double>(blocks_.size()) * taps * 4.0 * c * c;
  }

 private:
  void predict(const float* parameters, const BlockParameters& p, const PackedBatch& batch,
               float* x, GatedConvMemory& memory) const {
    convolve(parameters, p, channels_, batch, x, memory, [&](std::size_t rows) {
      multiply_rows({.rows = rows,
                     .inputs = kTaps * channels_,
                     .outputs = 2 * channels_,
                     .x = memory.windows.data(),
                     .w = parameters + p.weight,
                     .bias = parameters + p.bias,
                     .y = memory.gates.data()},
                    memory.scratch);
    });
  }

  // Calls visit(tap, first row of the output, first row of the input, rows): positions of a group
  // stand one after another, so that a neighbour at distance d is d * count rows away.
  template <typename Visit>
  static void for_each_tap(const PackedBatch& batch, const Visit& visit) {
    for (const SegmentGroup& group : batch.groups) {
      const auto length = static_cast<std::size_t>(group.length);
      const auto count = static_cast<std::size_t>(group.count);
      const auto first = static_cast<std::size_t>(group.first_token);
      for (std::size_t tap = 0; tap < kTaps; ++tap) {
        const std::size_t before = tap < kReach ? kReach - tap : 0;
        const std::size_t after = tap > kReach ? tap - kReach : 0;
        if (before + after >= length) continue;
        visit(tap, first + before * count, first + after * count,
              (length - before - after) * count);
      }
    }
  }

  std::size_t channels_;
  std::vector<BlockParameters> blocks_;
};

}  // namespace

std::unique_ptr<Encoder> make_gated_conv(const EncoderShape& shape, ParameterLayout& layout) {
  return std::make_unique<GatedConv>(shape, layout);
}

}  // namespace pnlp

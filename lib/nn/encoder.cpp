#include "pnlp/nn/encoder.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/chain.hpp"
#include "pnlp/nn/gated_conv.hpp"
#include "pnlp/nn/hyper_mixer.hpp"
#include "pnlp/nn/lstm.hpp"
#include "pnlp/nn/mixer.hpp"
#include "pnlp/nn/qrnn.hpp"
#include "pnlp/nn/shift.hpp"
#include "pnlp/nn/shorten.hpp"
#include "pnlp/nn/transformer.hpp"

namespace pnlp {
namespace {

// No encoder: tokens know their window and nothing else (paper, table 2).
class None : public Encoder {
 public:
  std::unique_ptr<EncoderMemory> make_memory() const override {
    return std::make_unique<EncoderMemory>();
  }
  void forward(const float*, const PackedBatch&, const Dropout&, bool, float*,
               EncoderMemory&) const override {}
  void backward(const float*, const PackedBatch&, const Dropout&, float*, EncoderMemory&,
                float*) const override {}
  bool is_independent() const override { return true; }
  double flops(std::size_t) const override { return 0; }
};

std::unique_ptr<Encoder> make_none(const EncoderShape&, ParameterLayout&) {
  return std::make_unique<None>();
}

// One gated convolution, then `next`: words see their neighbours first.
std::unique_ptr<Encoder> after_conv(const EncoderShape& shape, ParameterLayout& layout,
                                    std::unique_ptr<Encoder> (*next)(const EncoderShape&,
                                                                     ParameterLayout&)) {
  EncoderShape first = shape;
  first.layers = 1;
  std::vector<std::unique_ptr<Encoder>> links;
  links.push_back(make_gated_conv(first, layout));
  links.push_back(next(shape, layout));
  return make_chain(std::move(links));
}

// And then a mixer of all layers, by position.
std::unique_ptr<Encoder> make_conv_mixer(const EncoderShape& shape, ParameterLayout& layout) {
  return after_conv(shape, layout, make_mixer);
}

// And then a mixer of all layers on pools of tokens, so that a segment reaches farther.
std::unique_ptr<Encoder> make_short_mixer(const EncoderShape& shape, ParameterLayout& layout) {
  constexpr std::size_t kPool = 4;
  return make_shortened(make_mixer(shape, layout), kPool, shape);
}
std::unique_ptr<Encoder> make_hourglass(const EncoderShape& shape, ParameterLayout& layout) {
  return after_conv(shape, layout, make_short_mixer);
}

struct Entry {
  std::string_view name;
  std::unique_ptr<Encoder> (*make)(const EncoderShape&, ParameterLayout&);
  EncoderUses uses{};
};

constexpr EncoderUses kMixing8 = {.segment = true, .mixing8 = true};

constexpr std::array kEncoders = {
    Entry{"mixer", make_mixer, kMixing8},
    Entry{"conv-mixer", make_conv_mixer, kMixing8},
    Entry{"conv", make_gated_conv, {.hidden = false, .segment = true}},
    Entry{"lstm", make_lstm},
    Entry{"transformer", make_transformer, kMixing8},
    Entry{"qrnn", make_qrnn},
    Entry{"shift", make_shift, {.mixing8 = true}},
    Entry{"hyper-mixer", make_hyper_mixer},
    Entry{"hourglass", make_hourglass, kMixing8},
    Entry{"none", make_none, {.layers = false, .hidden = false}},
};

const Entry& find_encoder(std::string_view name) {
  for (const Entry& entry : kEncoders) {
    if (entry.name == name) return entry;
  }
  throw Error(ErrorKind::usage, fmt::format("unknown encoder '{}'; there are: {}", name,
                                            fmt::join(encoder_names(), ", ")));
}

}  // namespace

std::vector<std::string> encoder_names() {
  std::vector<std::string> names;
  names.reserve(kEncoders.size());
  for (const Entry& entry : kEncoders) names.emplace_back(entry.name);
  return names;
}

EncoderUses encoder_uses(std::string_view name) {
  return find_encoder(name).uses;
}

std::unique_ptr<Encoder> make_encoder(std::string_view name, const EncoderShape& shape,
                                      ParameterLayout& layout) {
  return find_encoder(name).make(shape, layout);
}

}  // namespace pnlp

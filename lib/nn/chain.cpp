#include "pnlp/nn/chain.hpp"

#include <algorithm>
#include <utility>

namespace pnlp {
namespace {

class ChainMemory : public EncoderMemory {
 public:
  std::vector<std::unique_ptr<EncoderMemory>> links;
};

// Links that have no form in 8 bits run in fp32.
class Chain8 : public Encoder8 {
 public:
  Chain8(const std::vector<std::unique_ptr<Encoder>>& links, const float* parameters)
      : parameters_(parameters), links_(links) {
    for (const auto& link : links) eight_.push_back(link->make_encoder8(parameters));
  }

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<ChainMemory&>(memory);
    for (std::size_t i = 0; i < links_.size(); ++i) {
      if (eight_[i]) {
        eight_[i]->forward(batch, x, *mine.links[i]);
      } else {
        links_[i]->forward(parameters_, batch, Dropout{}, false, x, *mine.links[i]);
      }
    }
  }

 private:
  const float* parameters_;
  const std::vector<std::unique_ptr<Encoder>>& links_;
  std::vector<std::unique_ptr<Encoder8>> eight_;
};

class Chain : public Encoder {
 public:
  explicit Chain(std::vector<std::unique_ptr<Encoder>> links) : links_(std::move(links)) {}

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<ChainMemory>();
    for (const auto& link : links_) memory->links.push_back(link->make_memory());
    return memory;
  }

  void forward(const float* parameters, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    auto& mine = static_cast<ChainMemory&>(memory);
    for (std::size_t i = 0; i < links_.size(); ++i) {
      links_[i]->forward(parameters, batch, dropout, keep, x, *mine.links[i]);
    }
  }

  void backward(const float* parameters, const PackedBatch& batch, const Dropout& dropout,
                float* dx, EncoderMemory& memory, float* gradients) const override {
    auto& mine = static_cast<ChainMemory&>(memory);
    for (std::size_t i = links_.size(); i-- > 0;) {
      links_[i]->backward(parameters, batch, dropout, dx, *mine.links[i], gradients);
    }
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override {
    return std::make_unique<Chain8>(links_, parameters);
  }

  bool is_independent() const override {
    return std::ranges::all_of(links_, [](const auto& link) { return link->is_independent(); });
  }

  double flops(std::size_t length) const override {
    double sum = 0;
    for (const auto& link : links_) sum += link->flops(length);
    return sum;
  }

 private:
  std::vector<std::unique_ptr<Encoder>> links_;
};

}  // namespace

std::unique_ptr<Encoder> make_chain(std::vector<std::unique_ptr<Encoder>> links) {
  return std::make_unique<Chain>(std::move(links));
}

}  // namespace pnlp

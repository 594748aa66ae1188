#include "pnlp/nn/shorten.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pnlp {
namespace {

// A batch of pools.
struct ShortBatch {
  PackedBatch batch;
  std::vector<std::size_t> pool_of_token;  // [T], packed pool by packed token
  std::vector<float> share;                // [pools]: one over the tokens of a pool
};

class ShortenedMemory : public EncoderMemory {
 public:
  std::unique_ptr<EncoderMemory> inner;
  ShortBatch batch;
  std::vector<float> pooled;
};

// Groups of segments and the order of the pools, by their definitions in packed_batch.hpp.
// `lengths`: pools of each sequence.
void arrange(const std::vector<std::size_t>& lengths, std::size_t segment, PackedBatch& batch) {
  const std::size_t longest = lengths.empty() ? 0 : std::ranges::max(lengths);
  std::vector<std::size_t> count(std::min(segment, longest) + 1);
  for (const std::size_t length : lengths) {
    if (length >= segment) count[segment] += length / segment;
    if (length % segment != 0) ++count[length % segment];
  }
  std::vector<std::size_t> first(count.size());
  std::size_t at = 0;
  for (std::size_t length = count.size(); length-- > 1;) {
    first[length] = at;
    at += length * count[length];
    if (count[length] == 0) continue;
    batch.groups.push_back({static_cast<std::int32_t>(length),
                            static_cast<std::int32_t>(count[length]),
                            static_cast<std::int32_t>(first[length])});
  }
  batch.word_of_token.resize(at);
  std::vector<std::size_t> next(count.size());
  batch.sequence_offsets.push_back(0);
  for (const std::size_t length : lengths) {
    for (std::size_t begin = 0; begin < length; begin += segment) {
      const std::size_t size = std::min(segment, length - begin);
      const std::size_t place = first[size] + next[size]++;
      for (std::size_t p = 0; p < size; ++p)
        batch.token_order.push_back(static_cast<std::int32_t>(place + p * count[size]));
    }
    batch.sequence_offsets.push_back(static_cast<std::int32_t>(batch.token_order.size()));
  }
}

ShortBatch shorten(const PackedBatch& batch, std::size_t pool, std::size_t segment) {
  ShortBatch made;
  std::vector<std::size_t> lengths;
  const auto offset = [](const PackedBatch& of, std::size_t b) {
    return static_cast<std::size_t>(of.sequence_offsets[b]);
  };
  for (std::size_t b = 0; b < batch.sequences(); ++b)
    lengths.push_back((offset(batch, b + 1) - offset(batch, b) + pool - 1) / pool);
  arrange(lengths, segment, made.batch);
  made.pool_of_token.resize(batch.tokens());
  made.share.resize(made.batch.tokens());
  for (std::size_t b = 0; b < batch.sequences(); ++b) {
    const std::size_t length = offset(batch, b + 1) - offset(batch, b);
    for (std::size_t t = 0; t < length; ++t) {
      const auto packed =
          static_cast<std::size_t>(made.batch.token_order[offset(made.batch, b) + t / pool]);
      made.pool_of_token[static_cast<std::size_t>(batch.token_order[offset(batch, b) + t])] =
          packed;
      made.share[packed] = 1.0F / static_cast<float>(std::min(pool, length - t / pool * pool));
    }
  }
  return made;
}

// pooled[p] = share[p] times the sum of x[t] over the pool, or, with `whole`, the sum alone.
void gather(const ShortBatch& batch, const float* x, std::size_t c, bool whole,
            std::vector<float>& pooled) {
  pooled.assign(batch.share.size() * c, 0.0F);
  for (std::size_t t = 0; t < batch.pool_of_token.size(); ++t) {
    const std::size_t p = batch.pool_of_token[t];
    add_scaled(pooled.data() + p * c, x + t * c, whole ? 1.0F : batch.share[p], c);
  }
}

// x[t] += pooled[p], or, with `whole` false, share[p] times that.
void spread(const ShortBatch& batch, const std::vector<float>& pooled, std::size_t c, bool whole,
            float* x) {
  for (std::size_t t = 0; t < batch.pool_of_token.size(); ++t) {
    const std::size_t p = batch.pool_of_token[t];
    add_scaled(x + t * c, pooled.data() + p * c, whole ? 1.0F : batch.share[p], c);
  }
}

class Shortened : public Encoder {
 public:
  Shortened(std::unique_ptr<Encoder> inner, std::size_t pool, const EncoderShape& shape)
      : inner_(std::move(inner)), pool_(pool), channels_(shape.channels), segment_(shape.segment) {}

  std::unique_ptr<EncoderMemory> make_memory() const override {
    auto memory = std::make_unique<ShortenedMemory>();
    memory->inner = inner_->make_memory();
    return memory;
  }

  void forward(const float* w, const PackedBatch& batch, const Dropout& dropout, bool keep,
               float* x, EncoderMemory& memory) const override {
    between(batch, x, memory, [&](ShortenedMemory& mine) {
      inner_->forward(w, mine.batch.batch, dropout, keep, mine.pooled.data(), *mine.inner);
    });
  }

  void backward(const float* w, const PackedBatch&, const Dropout& dropout, float* dx,
                EncoderMemory& memory, float* g) const override {
    auto& mine = static_cast<ShortenedMemory&>(memory);
    gather(mine.batch, dx, channels_, true, mine.pooled);
    inner_->backward(w, mine.batch.batch, dropout, mine.pooled.data(), *mine.inner, g);
    spread(mine.batch, mine.pooled, channels_, false, dx);
  }

  std::unique_ptr<Encoder8> make_encoder8(const float* parameters) const override;
  bool is_independent() const override { return inner_->is_independent(); }
  double flops(std::size_t length) const override {
    return inner_->flops((length + pool_ - 1) / pool_);
  }

 private:
  friend class Shortened8;

  // Shortens, calls run(memory), and adds what it gives.
  template <typename Run>
  void between(const PackedBatch& batch, float* x, EncoderMemory& memory, const Run& run) const {
    auto& mine = static_cast<ShortenedMemory&>(memory);
    mine.batch = shorten(batch, pool_, segment_);
    gather(mine.batch, x, channels_, false, mine.pooled);
    run(mine);
    spread(mine.batch, mine.pooled, channels_, true, x);
  }

  std::unique_ptr<Encoder> inner_;
  std::size_t pool_, channels_, segment_;
};

class Shortened8 : public Encoder8 {
 public:
  Shortened8(const Shortened& encoder, std::unique_ptr<Encoder8> inner)
      : encoder_(encoder), inner_(std::move(inner)) {}

  void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const override {
    encoder_.between(batch, x, memory, [&](ShortenedMemory& mine) {
      inner_->forward(mine.batch.batch, mine.pooled.data(), *mine.inner);
    });
  }

 private:
  const Shortened& encoder_;
  std::unique_ptr<Encoder8> inner_;
};

std::unique_ptr<Encoder8> Shortened::make_encoder8(const float* parameters) const {
  auto inner = inner_->make_encoder8(parameters);
  return inner ? std::make_unique<Shortened8>(*this, std::move(inner)) : nullptr;
}

}  // namespace

std::unique_ptr<Encoder> make_shortened(std::unique_ptr<Encoder> inner, std::size_t pool,
                                        const EncoderShape& shape) {
  return std::make_unique<Shortened>(std::move(inner), pool, shape);
}

}  // namespace pnlp

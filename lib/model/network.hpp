// The whole network: sparse bottleneck, encoder, final normalisation, heads. Shapes and tensors
// follow from the configuration; weights live outside, in one flat arena.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/model/config.hpp"
#include "pnlp/nn/bottleneck.hpp"
#include "pnlp/nn/crf.hpp"
#include "pnlp/nn/encoder.hpp"
#include "pnlp/nn/heads.hpp"
#include "pnlp/nn/ngram_head.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp {

// Activations and scratch of one thread, reused from batch to batch.
struct NetworkMemory {
  std::vector<float> projected;  // [W][D]
  std::vector<float> x;          // [T][C]
  std::vector<float> normal, xhat, rstd;
  std::vector<float> label_logits;  // [B][labels]
  // Their two terms, in training with word n-grams.
  std::vector<float> encoder_logits, ngram_logits;
  std::vector<float> tag_logits;  // [T][tags], packed order
  std::vector<float> dnormal, dx, dprojected;
  std::unique_ptr<EncoderMemory> encoder;
  HeadMemory head;
  NgramMemory ngrams;
};

class Network;

// What 8-bit prediction has prepared from the dense weights. Both arguments must outlive it.
struct Network8 {
  Network8(const Network& network, const float* w, const Table8& table_);
  const Table8* table;
  std::unique_ptr<Encoder8> encoder;  // null: the encoder runs in fp32
  std::optional<Linear8> label_head, tag_head;
};

// Gradients of the label's logits, [B][labels], as they reach its two sources: the same array,
// unless the loss has terms of one source alone.
struct LabelGradients {
  const float* encoder = nullptr;
  const float* ngrams = nullptr;
};

struct TrainNoise {
  Dropout dropout;        // of the encoder's branches
  float input_scale = 1;  // of the feature rows: 1 / (1 - share dropped)
  float ngram_scale = 1;  // of word n-grams, likewise
};

class Network {
 public:
  // Errors: usage (sizes that make no sense, unknown encoder).
  explicit Network(const ModelConfig& config);

  const ParameterLayout& layout() const { return layout_; }
  // The arena: the dense part, the table of word n-grams if there is one, the feature table.
  std::size_t dense_size() const { return table_ - (ngram_head_ ? ngram_head_->table_size() : 0); }
  std::size_t table() const { return table_; }
  const BottleneckShape& bottleneck() const { return bottleneck_; }
  const Encoder& encoder() const { return *encoder_; }

  // Weights of the tags' transitions within the arena, or their gradients; none without a CRF.
  template <typename T>
  std::optional<CrfTensors<T>> crf(T* arena) const {
    if (!crf_) return std::nullopt;
    return CrfTensors<T>{arena + crf_->start, arena + crf_->next, arena + crf_->inside,
                         arena + crf_->end};
  }
  // Null if the model reads no word n-grams.
  const NgramHead* ngrams() const { return ngram_head_.get(); }

  // One word's projection: D floats.
  void project(const float* w, const WordRows& word, float scale, float* projected) const {
    project_word(bottleneck_, w + table_, word, scale, projected);
  }
  // For prediction, when projected words come from a cache: memory.projected[W][D] must be set.
  // `eight`: in 8 bits; `w` then needs all but the feature table.
  void forward_projected(const float* w, const PackedBatch& batch, NetworkMemory& memory,
                         const Network8* eight = nullptr) const;
  // The table in 8 bits, its weights still to be filled in.
  Table8 table8_shape() const;
  // Fills memory.label_logits and memory.tag_logits.
  void forward(const float* w, const PackedBatch& batch, NetworkMemory& memory) const;
  void forward_train(const float* w, const PackedBatch& batch, const TrainNoise& noise,
                     NetworkMemory& memory) const;
  // From gradients of logits (same shapes as the logits) to `gradients` (as the arena, added to) of
  // the dense part, to memory.dprojected[W][D], from which scatter_rows() makes the table's
  // gradient, and to memory.ngrams, from which NgramHead::scatter() makes its table's.
  void backward(const float* w, const PackedBatch& batch, const TrainNoise& noise,
                const LabelGradients& dlabel, const float* dtag_logits, NetworkMemory& memory,
                float* gradients) const;

  // Useful floating-point operations of one forward pass over a record of `length` tokens (products
  // only).
  double flops(std::size_t length) const;

 private:
  void project_words(const float* w, const PackedBatch& batch, float scale,
                     NetworkMemory& memory) const;
  void encode_and_score(const float* w, const PackedBatch& batch, const TrainNoise* noise,
                        NetworkMemory& memory, const Network8* eight) const;
  friend struct Network8;

  std::size_t channels_ = 0;
  ParameterLayout layout_;
  BottleneckShape bottleneck_;
  std::size_t table_ = 0, bias_ = 0, gain_ = 0, shift_ = 0;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<PoolHead> label_head_;  // null: no label
  std::unique_ptr<LinearHead> tag_head_;  // null: no tags
  struct CrfOffsets {
    std::size_t start, next, inside, end;
  };
  std::optional<CrfOffsets> crf_;
  std::unique_ptr<NgramHead> ngram_head_;  // null: no word n-grams
};

}  // namespace pnlp

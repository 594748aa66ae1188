// A linear-chain CRF over BIO tags (Lafferty, McCallum, Pereira 2001): the score of a sequence of
// tags is the sum of its logits and of the weights of its transitions, and its probability is
// proportional to the exponential of that. Only well-formed sequences have one (see decode.hpp).
//
// K slots, G = 1 + 2K tags. Free tags, which may follow any tag, are O (0) and B-k (1 + k): F = 1 +
// K of them. I-k may only follow B-k and I-k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pnlp {

// Weights of transitions within an arena, or their gradients.
template <typename T>
struct CrfTensors {
  T* start = nullptr;   // [F], of the first tag
  T* next = nullptr;    // [G][F], from a tag to a free tag
  T* inside = nullptr;  // [2][K], from B-k, and from I-k, to I-k
  T* end = nullptr;     // [G], of the last tag
};
using CrfWeights = CrfTensors<const float>;

// The tag that is free tag `f`.
constexpr std::size_t free_tag(std::size_t f) {
  return f == 0 ? 0 : 2 * f - 1;
}

// Weights, or expected numbers, of transitions.
struct CrfValues {
  explicit CrfValues(std::size_t slots)
      : start(1 + slots),
        next((1 + 2 * slots) * (1 + slots)),
        inside(2 * slots),
        end(1 + 2 * slots) {}
  CrfValues(std::size_t slots, const CrfWeights& weights);
  void clear();
  std::vector<double> start, next, inside, end;
};

// Forward and backward sums over all sequences of tags. Not thread-safe.
class TagChain {
 public:
  // All transitions weigh 0.
  explicit TagChain(std::size_t slots);
  // Transitions more than 600 below the best one count as that.
  void set_weights(const CrfValues& weights);

  // For logits[length][G], length 1 or more: the logarithm of the sum of the exponentials of all
  // sequences' scores. What follows speaks of this run.
  double run(const double* logits, std::size_t length);
  // Of the tags of token `at`: out[G].
  void probabilities(std::size_t at, double* out);
  // Adds `scale` times the expected number of each transition.
  void add_transitions(double scale, CrfValues& out);

 private:
  // Within: a state is a free tag, or F + k for I-k.
  std::size_t tag_of(std::size_t state) const {
    return state < free_ ? free_tag(state) : 2 * (state - free_) + 2;
  }
  void forward(const double* logits);
  void backward(const double* logits);

  std::size_t slots_, free_, states_;
  std::vector<double> start_, end_;    // by state
  std::vector<double> next_, inside_;  // exponentials, less shift_
  double shift_ = 0;
  std::size_t length_ = 0;
  double log_sum_ = 0;
  // By token and state: logarithms less the token's largest one, which is in the offsets.
  std::vector<double> alpha_, beta_;
  std::vector<double> alpha_exp_, arrival_exp_;  // the latter: of logit and beta
  std::vector<double> alpha_offset_, beta_offset_, arrival_offset_;
  std::vector<double> sums_;  // scratch
};

// Cross-entropy of the CRF against a mixture of targets: sequences, or distributions over
// well-formed sequences. Gradients are differences of expected numbers.
class CrfLoss {
 public:
  explicit CrfLoss(std::size_t slots);
  // Forgets the gradients of transitions.
  void set_weights(CrfValues weights);

  // A record: logits[length][G], length 1 or more. `scale` of its loss and gradients.
  void begin(const double* logits, std::size_t length, double scale);
  // Targets, whose shares should sum to 1: a sequence (Error(internal) if it is not well-formed),
  void add_path(std::span<const std::int32_t> tags, double share);
  // or the distribution whose sequences are as probable as the product of their tokens' tags, of
  // which the logarithms are given [length][G].
  void add_chain(const double* log_probabilities, double share);
  // The loss, in nats; its gradients are in dlogits()[length][G] and in transitions().
  double finish();

  std::span<const double> dlogits() const { return dlogits_; }
  // Of all records since set_weights().
  const CrfValues& transitions() const { return gradients_; }

 private:
  std::size_t slots_, tags_;
  CrfValues weights_, gradients_;
  CrfValues expected_;  // of the targets' chains of this record
  bool any_chain_ = false;
  TagChain chain_, target_;
  const double* logits_ = nullptr;
  std::size_t length_ = 0;
  double scale_ = 1, log_sum_ = 0, score_ = 0;
  std::vector<double> dlogits_, row_;
};

// Probabilities of the tags of each token: softmax of its logits, or what a CRF makes of all.
class TagProbabilities {
 public:
  // Without weights: softmax.
  TagProbabilities(std::size_t slots, const std::optional<CrfWeights>& weights);
  // `rows`: pointers to `length` rows of G logits. out[length][G].
  void run(const float* const* rows, std::size_t length, float* out);

 private:
  std::size_t tags_;
  std::optional<TagChain> chain_;
  std::vector<double> logits_, row_;
};

}  // namespace pnlp

// The best well-formed BIO sequence (Viterbi). Tag 0 is O, 1 + 2k begins slot k, 2 + 2k continues
// it: it may only follow 1 + 2k or 2 + 2k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pnlp/nn/crf.hpp"

namespace pnlp {

// Weights of transitions for decoding; what they point to must not change.
struct Transitions : CrfWeights {
  Transitions(const CrfWeights& weights, std::size_t tags);
  std::vector<float> least, most;  // [tags], of the weights from a tag to a free tag
};

// Not thread-safe: keeps scratch memory.
class BioDecoder {
 public:
  // Among well-formed sequences the one with the largest sum of logits, which is returned; ties go
  // to the lower tag. `rows`: pointers to `length` rows of `tags` logits, in reading order.
  // `slots`: which slots may be used, one entry each, 0 for no; empty: all. `crf`: weights of
  // transitions that are summed, too, or null. out[length].
  double decode(const float* const* rows, std::size_t length, std::size_t tags,
                std::span<const std::uint8_t> slots, const Transitions* crf, std::int32_t* out);

 private:
  void step(std::size_t tags, std::span<const std::uint8_t> slots, const Transitions* crf,
            const float* row, std::int32_t* from);

  std::vector<double> score_, next_;
  std::vector<std::int32_t> from_;
};

// The best pair of a label and a well-formed BIO sequence whose slots go with the label.
class JointDecoder {
 public:
  // `label_slots`[labels][slots]: 0 where a slot does not go with a label. Maximises the sum of the
  // label's log-probability, the tags' logits and the transitions' weights, if any, over the
  // kMostLabels most probable labels. Returns the label, and its tags in out[length].
  std::size_t decode(std::span<const float> label_logits, const float* const* rows,
                     std::size_t length, std::size_t tags,
                     std::span<const std::uint8_t> label_slots, const Transitions* crf,
                     std::int32_t* out);

  static constexpr std::size_t kMostLabels = 8;

 private:
  BioDecoder decoder_;
  std::vector<std::uint32_t> order_;
  std::vector<std::int32_t> tags_;
};

}  // namespace pnlp

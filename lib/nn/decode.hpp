// The best well-formed BIO sequence (Viterbi). Tag 0 is O, 1 + 2k begins slot k, 2 + 2k continues
// it: it may only follow 1 + 2k or 2 + 2k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pnlp {

// Not thread-safe: keeps scratch memory.
class BioDecoder {
 public:
  // Among well-formed sequences the one with the largest sum of logits; ties go to the lower tag.
  // `rows`: pointers to `length` rows of `tags` logits, in reading order. out[length].
  void decode(const float* const* rows, std::size_t length, std::size_t tags, std::int32_t* out);

 private:
  std::vector<double> score_, next_;
  std::vector<std::int32_t> from_;
};

}  // namespace pnlp

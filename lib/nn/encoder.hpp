// Encoders read T token vectors of C channels and give T vectors of C channels, each aware of its
// sequence. One interface; the registry at the end of encoder.cpp is the only other place that
// names them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/onednn.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp {

struct EncoderShape {
  std::size_t channels = 0;  // C
  std::size_t hidden = 0;    // H
  std::size_t layers = 0;
  std::size_t segment = 0;  // S: longest segment of a batch
};

// What forward leaves for backward, and scratch; reused from batch to batch. One per thread.
class EncoderMemory {
 public:
  virtual ~EncoderMemory() = default;
};

// The same in 8 bits, prepared once from float parameters; for prediction only.
class Encoder8 {
 public:
  virtual ~Encoder8() = default;
  // x[T][C] in place. A sequence's output must not depend on others in the batch.
  virtual void forward(const PackedBatch& batch, float* x, EncoderMemory& memory) const = 0;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual std::unique_ptr<EncoderMemory> make_memory() const = 0;
  // x[T][C] in place. `keep`: backward will follow (training).
  virtual void forward(const float* parameters, const PackedBatch& batch, const Dropout& dropout,
                       bool keep, float* x, EncoderMemory& memory) const = 0;
  // dx[T][C] in place: from the gradient of the output to that of the input; adds to `gradients`
  // (laid out as parameters).
  virtual void backward(const float* parameters, const PackedBatch& batch, const Dropout& dropout,
                        float* dx, EncoderMemory& memory, float* gradients) const = 0;
  // Null: this encoder has no such form, and 8-bit models run it in fp32. `parameters` must outlive
  // what is returned.
  virtual std::unique_ptr<Encoder8> make_encoder8(const float* /*parameters*/) const {
    return nullptr;
  }
  // Whether, in prediction, a sequence's output has the same bits whatever others are in the batch.
  // If not, every record is computed alone.
  virtual bool is_independent() const { return gemm_rows_are_independent(); }
  // Floating-point operations of forward products for a sequence of `length` tokens, counting only
  // useful ones.
  virtual double flops(std::size_t length) const = 0;
};

// Which of its sizes an encoder makes use of, and how it computes in 8 bits.
struct EncoderUses {
  bool layers = true;
  bool hidden = true;
  bool segment = false;  // else it reads whole sequences, however long
  bool mixing8 = false;  // by mixing8.hpp, whose ranges follow from the weights
};
// Error(usage) for an unknown name, with the names that exist.
EncoderUses encoder_uses(std::string_view name);
// Registers its tensors with `layout`. Error(usage) for an unknown name, with the names that exist.
std::unique_ptr<Encoder> make_encoder(std::string_view name, const EncoderShape& shape,
                                      ParameterLayout& layout);
std::vector<std::string> encoder_names();

}  // namespace pnlp

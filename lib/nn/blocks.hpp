// The parts that encoders' residual blocks are made of, forward and backward in pairs: the
// normalisation before a branch, products of rows, two of them with GELU between, and channel
// mixing, a block of both. Where a function has `keep`, backward will follow and products are
// oneDNN's; else they give every row the same bits whatever its company.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pnlp/nn/eight_bit.hpp"
#include "pnlp/nn/kernels.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/mixing8.hpp"
#include "pnlp/nn/parameters.hpp"

namespace pnlp {

// At least `size` elements, which may hold anything.
template <typename Element>
Element* sized(std::vector<Element>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

// Not between calls; one per thread.
struct BlockScratch {
  std::vector<float> normal, hidden, active, branch, dhidden, dnormal;
  std::vector<float> kernels;
  Scratch8 scratch8;
};

// dbranch[n] = dx under the branch's dropout: the first step back through a block. Without dropout
// it is dx itself, to be read before anything is added to that.
const float* drop_gradient(const Dropout& dropout, const float* dx, std::size_t n,
                           BlockScratch& scratch);

// y[rows][outputs] = x[rows][inputs] W[inputs][outputs] + bias[outputs].
class Linear {
 public:
  // Tensors `name` and `name`.bias.
  Linear(const std::string& name, std::size_t inputs, std::size_t outputs, ParameterLayout& layout);
  // `accumulate`: adds to y.
  void run(const float* w, const float* x, std::size_t rows, bool keep, bool accumulate, float* y,
           std::vector<float>& kernels) const;
  // Prediction, of rows that begin at x + starts[row].
  void run_at(const float* w, const float* x, const std::size_t* starts, std::size_t rows, float* y,
              std::vector<float>& kernels) const;
  // Prediction, with GELU of the result.
  void run_gelu(const float* w, const float* x, std::size_t rows, float* y,
                std::vector<float>& kernels) const;
  // dx[rows][inputs] is overwritten, or added to. In one step, or in two.
  void backward(const float* w, const float* x, const float* dy, std::size_t rows, bool accumulate,
                float* dx, float* g) const;
  void backward_input(const float* w, const float* dy, std::size_t rows, bool accumulate,
                      float* dx) const;
  void backward_weights(const float* x, const float* dy, std::size_t rows, float* g) const;
  Linear8 eight(const float* w) const { return {w + weight_, w + bias_, inputs_, outputs_}; }
  FeedForward8::Layer layer(const float* w) const {
    return {w + weight_, w + bias_, inputs_, outputs_};
  }
  std::size_t inputs() const { return inputs_; }
  std::size_t outputs() const { return outputs_; }
  double flops() const {  // a row's
    return 2.0 * static_cast<double>(inputs_) * static_cast<double>(outputs_);
  }

 private:
  RowProduct product(const float* w, const float* x, std::size_t rows, float* y) const;

  std::size_t inputs_, outputs_, weight_, bias_;
};

struct NormMemory {
  std::vector<float> xhat, rstd;  // [T][C], [T]
  std::vector<float> normal;      // [T][C], the result
};

// Layer normalisation before a branch.
class Norm {
 public:
  // Tensors `name`.gain and `name`.shift.
  Norm(const std::string& name, std::size_t channels, ParameterLayout& layout);
  void predict(const float* w, const float* x, std::size_t t, float* normal) const;
  Norm8 eight(const float* w) const { return {w + gain_, w + shift_, channels_}; }
  // Returns kept.normal.
  const float* forward(const float* w, const float* x, std::size_t t, NormMemory& kept) const;
  // dx[T][C] is added to.
  void backward(const float* w, const float* dnormal, std::size_t t, const NormMemory& kept,
                float* dx, float* g) const;

 private:
  std::size_t channels_, gain_, shift_;
};

struct FeedForwardMemory {
  std::vector<float> hidden;  // [rows][H], before GELU; backward leaves what is after
};

// y = GELU(x W + b) V + d, row by row.
class FeedForward {
 public:
  // Tensors `prefix`_in, `prefix`_in.bias, `prefix`_out and `prefix`_out.bias.
  FeedForward(const std::string& prefix, std::size_t inputs, std::size_t hidden,
              std::size_t outputs, ParameterLayout& layout);
  void predict(const float* w, const float* x, std::size_t rows, bool accumulate, float* y,
               BlockScratch& scratch) const;
  void forward(const float* w, const float* x, std::size_t rows, bool accumulate, float* y,
               FeedForwardMemory& kept, BlockScratch& scratch) const;
  // dx is overwritten, or added to.
  void backward(const float* w, const float* x, const float* dy, std::size_t rows, bool accumulate,
                float* dx, FeedForwardMemory& kept, BlockScratch& scratch, float* g) const;
  // Of what `norm` gives.
  FeedForward8 eight(const Norm8& norm, const float* w) const {
    return {norm, in_.layer(w), out_.layer(w)};
  }
  double flops() const { return in_.flops() + out_.flops(); }  // a row's

 private:
  Linear in_, out_;
};

struct ChannelMixingMemory {
  NormMemory norm;
  FeedForwardMemory layers;
};

// x += FeedForward(Norm(x)), C to H to C.
class ChannelMixing {
 public:
  // Tensors `prefix`channel_norm, `prefix`channel_in and `prefix`channel_out.
  ChannelMixing(const std::string& prefix, std::size_t channels, std::size_t hidden,
                ParameterLayout& layout);
  void predict(const float* w, std::size_t t, float* x, BlockScratch& scratch) const;
  void forward(const float* w, std::size_t t, const Dropout& dropout, float* x,
               ChannelMixingMemory& kept, BlockScratch& scratch) const;
  void backward(const float* w, std::size_t t, const Dropout& dropout, float* dx,
                ChannelMixingMemory& kept, BlockScratch& scratch, float* g) const;
  double flops() const { return layers_.flops(); }  // a row's

 private:
  friend class ChannelMixing8;
  std::size_t channels_;
  Norm norm_;
  FeedForward layers_;
};

class ChannelMixing8 {
 public:
  ChannelMixing8(const ChannelMixing& mixing, const float* w);
  void run(std::size_t t, float* x, BlockScratch& scratch) const;

 private:
  std::size_t channels_;
  Norm8 norm_;
  FeedForward8 layers_;
};

}  // namespace pnlp

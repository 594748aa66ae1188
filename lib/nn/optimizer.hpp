// Adam (Kingma, Ba 2015) and AdamW (Loshchilov, Hutter 2019) over the flat arena, the learning-rate
// schedule, and the running average of weights. Elementwise, so that ranges can be done by any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pnlp {

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  bool decoupled = true;  // AdamW: decay beside the gradient step; else added to the gradient
};

struct AdamState {
  std::vector<float> first;   // mean of gradients
  std::vector<float> second;  // mean of their squares
  std::uint64_t step = 0;     // updates done
};

// Update number `step` (from 1), with what does not differ from weight to weight worked out.
struct AdamStep {
  float beta1, beta2, epsilon, rate, correction2, shrink, decay, scale;
};

// `gradient_scale`: what gradients are multiplied by; `decay`: whether weights do decay.
AdamStep adam_step(const AdamOptions& options, double learning_rate, std::uint64_t step,
                   float gradient_scale, bool decay);

// Updates weights [begin, end).
void adam_update(const AdamStep& step, std::size_t begin, std::size_t end, const float* gradients,
                 float* weights, AdamState& state);

// average += (1 - decay) * (weights - average) for [begin, end).
void average_update(float decay, std::size_t begin, std::size_t end, const float* weights,
                    float* average);

double sum_of_squares(const float* values, std::size_t n);

// Learning rate of step `step` (from 0) of `steps`: rises linearly over the first `warmup` share,
// then stays, or falls along half a cosine to zero.
double scheduled_rate(double peak, double warmup, bool cosine, std::uint64_t step,
                      std::uint64_t steps);

}  // namespace pnlp

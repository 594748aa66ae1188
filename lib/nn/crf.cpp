#include "pnlp/nn/crf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/layers.hpp"
#include "pnlp/nn/logistic.hpp"

namespace pnlp {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kFarthest = -600;  // of a transition from the best one; exponentials stay above 0

PNLP_MULTIVERSION
void add_row(double* to, const double* from, double factor, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) to[i] += factor * from[i];
}

PNLP_MULTIVERSION
void add_products(double* to, const double* a, const double* b, double factor, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) to[i] += factor * a[i] * b[i];
}

PNLP_MULTIVERSION
double dot_row(const double* a, const double* b, std::size_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Makes the largest of `values` 0, and returns what it was.
PNLP_MULTIVERSION
double normalize(double* values, std::size_t n) {
  double most = values[0];
#pragma omp simd reduction(max : most)
  for (std::size_t i = 0; i < n; ++i) most = std::max(most, values[i]);
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) values[i] -= most;
  return most;
}

PNLP_MULTIVERSION
void exponentials(const double* values, std::size_t n, double* out) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) out[i] = exponential(values[i]);
}

PNLP_MULTIVERSION
void logarithms(const double* values, std::size_t n, double* out) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) out[i] = logarithm(values[i]);
}

void subtract(std::vector<double>& from, const std::vector<double>& what, double factor) {
  for (std::size_t i = 0; i < from.size(); ++i) from[i] -= factor * what[i];
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return dot_row(a.data(), b.data(), a.size());
}

}  // namespace

CrfValues::CrfValues(std::size_t slots, const CrfWeights& weights) : CrfValues(slots) {
  std::copy_n(weights.start, start.size(), start.begin());
  std::copy_n(weights.next, next.size(), next.begin());
  std::copy_n(weights.inside, inside.size(), inside.begin());
  std::copy_n(weights.end, end.size(), end.begin());
}

void CrfValues::clear() {
  for (auto* values : {&start, &next, &inside, &end}) std::ranges::fill(*values, 0.0);
}

TagChain::TagChain(std::size_t slots)
    : slots_(slots),
      free_(1 + slots),
      states_(1 + 2 * slots),
      start_(free_, 0.0),
      end_(states_, 0.0),
      next_(states_ * free_, 1.0),
      inside_(2 * slots, 1.0) {}

void TagChain::set_weights(const CrfValues& weights) {
  shift_ = std::ranges::max(weights.next);
  for (const double weight : weights.inside) shift_ = std::max(shift_, weight);
  const auto exponential = [&](double weight) {
    return std::exp(std::max(weight - shift_, kFarthest));
  };
  start_ = weights.start;
  for (std::size_t state = 0; state < states_; ++state) {
    const std::size_t tag = tag_of(state);
    end_[state] = weights.end[tag];
    for (std::size_t f = 0; f < free_; ++f)
      next_[state * free_ + f] = exponential(weights.next[tag * free_ + f]);
  }
  std::ranges::transform(weights.inside, inside_.begin(), exponential);
}

double TagChain::run(const double* logits, std::size_t length) {
  length_ = length;
  for (auto* values : {&alpha_, &beta_, &alpha_exp_, &arrival_exp_})
    values->resize(length * states_);
  for (auto* values : {&alpha_offset_, &beta_offset_, &arrival_offset_}) values->resize(length);
  sums_.resize(states_);
  forward(logits);
  backward(logits);
  for (std::size_t state = 0; state < states_; ++state)
    sums_[state] = alpha_[(length - 1) * states_ + state] + end_[state];
  const double most = normalize(sums_.data(), states_);
  exponentials(sums_.data(), states_, sums_.data());
  const double sum = std::accumulate(sums_.begin(), sums_.end(), 0.0);
  log_sum_ = alpha_offset_.back() + most + std::log(sum);
  return log_sum_;
}

void TagChain::forward(const double* logits) {
  for (std::size_t at = 0; at < length_; ++at) {
    double* alpha = alpha_.data() + at * states_;
    if (at == 0) {
      std::ranges::copy(start_, alpha);
      std::fill(alpha + free_, alpha + states_, kNever);
    } else {
      const double* before = alpha_exp_.data() + (at - 1) * states_;
      std::ranges::fill(sums_, 0.0);
      for (std::size_t state = 0; state < states_; ++state) {
        if (before[state] > 0)
          add_row(sums_.data(), next_.data() + state * free_, before[state], free_);
      }
      for (std::size_t k = 0; k < slots_; ++k)
        sums_[free_ + k] = before[1 + k] * inside_[k] + before[free_ + k] * inside_[slots_ + k];
      logarithms(sums_.data(), states_, alpha);
    }
    for (std::size_t state = 0; state < states_; ++state)
      alpha[state] += logits[at * states_ + tag_of(state)];
    const double most = normalize(alpha, states_);
    alpha_offset_[at] = at == 0 ? most : alpha_offset_[at - 1] + shift_ + most;
    exponentials(alpha, states_, alpha_exp_.data() + at * states_);
  }
}

void TagChain::backward(const double* logits) {
  for (std::size_t at = length_; at-- > 0;) {
    double* beta = beta_.data() + at * states_;
    if (at + 1 == length_) {
      std::ranges::copy(end_, beta);
    } else {
      const double* after = arrival_exp_.data() + (at + 1) * states_;
      for (std::size_t state = 0; state < states_; ++state)
        beta[state] = dot_row(next_.data() + state * free_, after, free_);
      for (std::size_t k = 0; k < slots_; ++k) {
        beta[1 + k] += inside_[k] * after[free_ + k];
        beta[free_ + k] += inside_[slots_ + k] * after[free_ + k];
      }
      logarithms(beta, states_, beta);
    }
    const double most = normalize(beta, states_);
    beta_offset_[at] = at + 1 == length_ ? most : arrival_offset_[at + 1] + shift_ + most;
    double* arrival = arrival_exp_.data() + at * states_;
    for (std::size_t state = 0; state < states_; ++state)
      arrival[state] = beta[state] + logits[at * states_ + tag_of(state)];
    arrival_offset_[at] = beta_offset_[at] + normalize(arrival, states_);
    exponentials(arrival, states_, arrival);
  }
}

void TagChain::probabilities(std::size_t at, double* out) {
  const double offset = alpha_offset_[at] + beta_offset_[at] - log_sum_;
  for (std::size_t state = 0; state < states_; ++state)
    sums_[state] = alpha_[at * states_ + state] + beta_[at * states_ + state] + offset;
  exponentials(sums_.data(), states_, sums_.data());
  for (std::size_t state = 0; state < states_; ++state) out[tag_of(state)] = sums_[state];
}

void TagChain::add_transitions(double scale, CrfValues& out) {
  std::vector<double> row(states_);
  probabilities(0, row.data());
  for (std::size_t f = 0; f < free_; ++f) out.start[f] += scale * row[free_tag(f)];
  probabilities(length_ - 1, row.data());
  for (std::size_t tag = 0; tag < states_; ++tag) out.end[tag] += scale * row[tag];
  for (std::size_t at = 1; at < length_; ++at) {
    const double* before = alpha_exp_.data() + (at - 1) * states_;
    const double* after = arrival_exp_.data() + at * states_;
    const double factor =
        scale * std::exp(alpha_offset_[at - 1] + arrival_offset_[at] + shift_ - log_sum_);
    for (std::size_t state = 0; state < states_; ++state) {
      if (!(before[state] > 0)) continue;
      add_products(out.next.data() + tag_of(state) * free_, next_.data() + state * free_, after,
                   factor * before[state], free_);
    }
    for (std::size_t k = 0; k < slots_; ++k) {
      const double arrived = factor * after[free_ + k];
      out.inside[k] += before[1 + k] * inside_[k] * arrived;
      out.inside[slots_ + k] += before[free_ + k] * inside_[slots_ + k] * arrived;
    }
  }
}

CrfLoss::CrfLoss(std::size_t slots)
    : slots_(slots),
      tags_(1 + 2 * slots),
      weights_(slots),
      gradients_(slots),
      expected_(slots),
      chain_(slots),
      target_(slots) {}

void CrfLoss::set_weights(CrfValues weights) {
  weights_ = std::move(weights);
  chain_.set_weights(weights_);
  gradients_.clear();
}

void CrfLoss::begin(const double* logits, std::size_t length, double scale) {
  logits_ = logits;
  length_ = length;
  scale_ = scale;
  score_ = 0;
  any_chain_ = false;
  log_sum_ = chain_.run(logits, length);
  dlogits_.resize(length * tags_);
  for (std::size_t at = 0; at < length; ++at) {
    double* row = dlogits_.data() + at * tags_;
    chain_.probabilities(at, row);
    for (std::size_t tag = 0; tag < tags_; ++tag) row[tag] *= scale;
  }
  chain_.add_transitions(scale, gradients_);
}

void CrfLoss::add_path(std::span<const std::int32_t> tags, double share) {
  const std::size_t free = 1 + slots_;
  double score = 0;
  const auto take = [&](const std::vector<double>& weights, std::vector<double>& gradients,
                        std::size_t index) {
    score += weights[index];
    gradients[index] -= scale_ * share;
  };
  for (std::size_t at = 0; at < tags.size(); ++at) {
    const auto tag = static_cast<std::size_t>(tags[at]);
    const std::size_t before = at == 0 ? 0 : static_cast<std::size_t>(tags[at - 1]);
    score += logits_[at * tags_ + tag];
    dlogits_[at * tags_ + tag] -= scale_ * share;
    if (tag == 0 || tag % 2 == 1) {
      const std::size_t f = (tag + 1) / 2;
      if (at == 0) {
        take(weights_.start, gradients_.start, f);
      } else {
        take(weights_.next, gradients_.next, before * free + f);
      }
    } else if (before == tag || before + 1 == tag) {
      take(weights_.inside, gradients_.inside, (before == tag ? slots_ : 0) + tag / 2 - 1);
    } else {
      throw Error(ErrorKind::internal, "a CRF is to learn tags that are not well-formed");
    }
  }
  take(weights_.end, gradients_.end, static_cast<std::size_t>(tags.back()));
  score_ += share * score;
}

void CrfLoss::add_chain(const double* log_probabilities, double share) {
  if (!any_chain_) expected_.clear();
  any_chain_ = true;
  target_.run(log_probabilities, length_);
  row_.resize(tags_);
  for (std::size_t at = 0; at < length_; ++at) {
    target_.probabilities(at, row_.data());
    score_ += share * dot_row(row_.data(), logits_ + at * tags_, tags_);
    add_row(dlogits_.data() + at * tags_, row_.data(), -scale_ * share, tags_);
  }
  target_.add_transitions(share, expected_);
}

double CrfLoss::finish() {
  if (any_chain_) {
    score_ += dot(expected_.start, weights_.start) + dot(expected_.next, weights_.next) +
              dot(expected_.inside, weights_.inside) + dot(expected_.end, weights_.end);
    subtract(gradients_.start, expected_.start, scale_);
    subtract(gradients_.next, expected_.next, scale_);
    subtract(gradients_.inside, expected_.inside, scale_);
    subtract(gradients_.end, expected_.end, scale_);
  }
  return scale_ * (log_sum_ - score_);
}

TagProbabilities::TagProbabilities(std::size_t slots, const std::optional<CrfWeights>& weights)
    : tags_(1 + 2 * slots) {
  if (!weights) return;
  chain_.emplace(slots);
  chain_->set_weights(CrfValues(slots, *weights));
}

void TagProbabilities::run(const float* const* rows, std::size_t length, float* out) {
  if (!chain_ || length == 0) {
    for (std::size_t at = 0; at < length; ++at) probabilities(rows[at], tags_, out + at * tags_);
    return;
  }
  logits_.clear();
  for (std::size_t at = 0; at < length; ++at)
    logits_.insert(logits_.end(), rows[at], rows[at] + tags_);
  chain_->run(logits_.data(), length);
  row_.resize(tags_);
  for (std::size_t at = 0; at < length; ++at) {
    chain_->probabilities(at, row_.data());
    std::ranges::transform(row_, out + at * tags_, [](double p) { return static_cast<float>(p); });
  }
}

}  // namespace pnlp

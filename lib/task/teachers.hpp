// Teachers: trained models whose averaged probabilities a new model learns beside the gold targets
// (knowledge distillation; Hinton, Vinyals, Dean 2015). They read the same batch as the student,
// after slot substitution and without any feature dropped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pnlp/base/packed_batch.hpp"
#include "pnlp/feature/batcher.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp {

// What the teachers say about a batch, in the order of its sequences and their tokens.
struct TeacherTargets {
  std::vector<float> labels;  // [B][labels]
  std::vector<float> tags;    // [T][tags], reading order
};

class Teachers {
 public:
  // One thread's memory.
  struct Memory {
    struct Teacher {
      Batcher batcher;
      NetworkMemory network;
      std::optional<TagProbabilities> tags;  // of models with slots
    };
    std::vector<Teacher> teachers;
    PackedBatch batch;
    std::vector<float> row;
    std::vector<const float*> rows;
  };

  // Error(data) naming the difference if a teacher's task, labels or slots are not the student's.
  Teachers(std::span<const Teacher> teachers, const ModelConfig& student);

  bool empty() const { return models_.empty(); }
  Memory make_memory() const;
  // The average of the teachers' probabilities for `sequences`, whose words are `set`'s.
  void predict(const FeatureSet& set, std::span<const BatchSequence> sequences, Memory& memory,
               TeacherTargets& out) const;

 private:
  static void add_tags(const PackedBatch& batch, std::span<const float> logits, std::size_t tags,
                       float share, TagProbabilities& probabilities, Memory& memory,
                       std::vector<float>& out);

  std::uint32_t max_tokens_;
  std::vector<std::vector<float>> weights_;  // of models in 8 bits
  std::vector<std::shared_ptr<const SharedModel>> models_;
};

}  // namespace pnlp

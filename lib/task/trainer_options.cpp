#include "pnlp/task/trainer_options.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/encoder.hpp"

namespace pnlp {

void check_options(const TrainOptions& options) {
  const auto need = [](bool fine, std::string_view what, double value, const char* range) {
    if (!fine) throw Error(ErrorKind::usage, fmt::format("{} is {}; give {}", what, value, range));
  };
  const auto share = [](double value) { return value >= 0 && value < 1; };
  need(options.learning_rate > 0 && options.learning_rate <= 10, "the learning rate",
       options.learning_rate, "a number above 0, up to 10");
  need(share(options.warmup), "the warm-up", options.warmup,
       "a share of the steps from 0 to below 1");
  need(options.batch > 0 && options.batch <= 65536, "the batch size", options.batch,
       "1 to 65536 records");
  need(share(options.feature_drop), "feature drop", options.feature_drop,
       "a share from 0 to below 1");
  need(share(options.ngram_drop), "n-gram drop", options.ngram_drop, "a share from 0 to below 1");
  need(options.separate_loss >= 0 && options.separate_loss <= 1, "the separate loss",
       options.separate_loss, "a share from 0 to 1");
  need(options.r_drop >= 0 && options.r_drop <= 1000, "the weight of R-Drop", options.r_drop,
       "0 (none) to 1000");
  need(share(options.slot_substitution), "slot substitution", options.slot_substitution,
       "a share from 0 to below 1");
  need(share(options.word_dropout), "word dropout", options.word_dropout,
       "a share from 0 to below 1");
  need(share(options.dropout), "dropout", options.dropout, "a share from 0 to below 1");
  need(options.weight_decay >= 0 && std::isfinite(options.weight_decay), "weight decay",
       options.weight_decay, "0 or more");
  need(share(options.ema), "the decay of the weight average", options.ema, "0 (none) to below 1");
  need(options.clip >= 0, "the clipping norm", options.clip, "0 (none) or more");
  need(share(options.label_smoothing), "label smoothing", options.label_smoothing,
       "a share from 0 to below 1");
  need(options.tag_weight > 0 && std::isfinite(options.tag_weight), "the tag weight",
       options.tag_weight, "a number above 0");
  need(options.teacher_weight >= 0 && options.teacher_weight <= 1, "the teachers' share",
       options.teacher_weight, "a share from 0 to 1");
  need(options.ensemble <= 64, "the ensemble", options.ensemble, "0 to 64 models");
  need(options.held_out > 0 && options.held_out < 1, "the held-out share", options.held_out,
       "a share between 0 and 1");
  need(options.checkpoint_every > 0, "the checkpoint interval", options.checkpoint_every,
       "1 epoch or more");
  need(options.max_tokens > 0, "the length limit", options.max_tokens, "1 token or more");
  for (const LabelWeight& weight : options.class_weights) {
    need(weight.weight >= 0 && std::isfinite(weight.weight),
         fmt::format("the weight of '{}'", weight.name), static_cast<double>(weight.weight),
         "0 or more");
  }
  if (options.resume && options.checkpoint.empty()) {
    throw Error(ErrorKind::usage, "to resume, name the checkpoint file");
  }
}

bool weighs_transitions(const TrainOptions& options, Task task) {
  const bool by_default = !options.init || options.init->config.crf;
  return options.crf.value_or(by_default && has_tags(task));
}

bool leaves_out(const TrainOptions& options, const Shape& shape) {
  const bool ngrams = shape.word_ngrams > 0 && options.ngram_drop > 0;
  const bool branches =
      encoder_uses(shape.encoder).layers && shape.layers > 0 && options.dropout > 0;
  return options.feature_drop > 0 || options.word_dropout > 0 || ngrams || branches;
}

void write_options(JsonWriter& json, const TrainOptions& options, std::uint32_t epochs) {
  json.begin_object();
  json.key("arithmetic").value(options.arithmetic == Arithmetic::bf16 ? "bf16" : "fp32");
  json.key("optimizer").value(options.optimizer == OptimizerKind::adamw ? "adamw" : "adam");
  json.key("schedule").value(options.schedule == Schedule::cosine ? "cosine" : "constant");
  json.key("learning_rate").value(options.learning_rate);
  json.key("warmup").value(options.warmup);
  json.key("epochs").value(static_cast<std::uint64_t>(epochs));
  json.key("batch").value(static_cast<std::uint64_t>(options.batch));
  json.key("feature_drop").value(options.feature_drop);
  json.key("ngram_drop").value(options.ngram_drop);
  json.key("separate_loss").value(options.separate_loss);
  json.key("r_drop").value(options.r_drop);
  json.key("slot_substitution").value(options.slot_substitution);
  json.key("word_dropout").value(options.word_dropout);
  json.key("dropout").value(options.dropout);
  json.key("weight_decay").value(options.weight_decay);
  json.key("ema").value(options.ema);
  json.key("clip").value(options.clip);
  json.key("label_smoothing").value(options.label_smoothing);
  json.key("tag_weight").value(options.tag_weight);
  json.key("balanced").value(options.balanced);
  json.key("class_weights").begin_object();
  for (const LabelWeight& weight : options.class_weights)
    json.key(weight.name).value(weight.weight);
  json.end_object();
  json.key("teachers").value(static_cast<std::uint64_t>(options.teachers.size()));
  json.key("ensemble").value(static_cast<std::uint64_t>(options.ensemble));
  json.key("teacher_weight").value(options.teacher_weight);
  json.key("patience").value(static_cast<std::uint64_t>(options.patience));
  json.end_object();
}

}  // namespace pnlp

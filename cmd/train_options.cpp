#include "train_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "pnlp/base/error.hpp"
#include "pnlp/nn/encoder.hpp"
#include "pnlp/task/metrics.hpp"
#include "pnlp/task/presets.hpp"

namespace pnlp::cmd {
namespace {

constexpr std::uint32_t kMaxSize = 65536;

// "balanced", or LABEL=WEIGHT; the label may hold '='.
void add_class_weight(TrainOptions& train, const std::string& text) {
  if (text == "balanced") {
    train.balanced = true;
    return;
  }
  const std::size_t equals = text.rfind('=');
  float weight = 0;
  bool number = false;
  if (equals != std::string::npos && equals > 0) {
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + equals + 1, end, weight);
    number = error == std::errc() && at == end && std::isfinite(weight) && weight >= 0;
  }
  if (!number) {
    throw Error(
        ErrorKind::usage,
        fmt::format("'{}' is neither 'balanced' nor LABEL=WEIGHT with a weight of 0 or more",
                    text));
  }
  train.class_weights.push_back({text.substr(0, equals), weight});
}

std::vector<std::string> metric_choices() {
  const auto names = metric_names();
  return {names.begin(), names.end()};
}

}  // namespace

void declare_model(Options& options, std::string& preset, TrainOptions& train) {
  std::vector<std::string> names;
  names.reserve(presets().size());
  for (const Preset& known : presets()) names.emplace_back(known.name);
  options
      .choice(preset, "preset", "NAME",
              "kind and sizes of the network, and how it is trained; options given by name count "
              "more",
              names)
      .shown_default("by the data");
  options
      .choice_of("task", "TASK", "what to learn", {"label", "multilabel", "tags", "joint"},
                 [&train](const std::string& name) { train.task = task_from_name(name); })
      .shown_default("by the data");
  Shape& shape = train.shape;
  options.choice(shape.encoder, "encoder", "NAME", "kind of network", encoder_names())
      .shown_default("by preset");
  options
      .integer(shape.feature_size, "feature-size", "M", "rows of the table of minhash", 1, kMaxSize)
      .shown_default("by preset");
  options
      .integer(shape.channel_rows, "channel-rows", "N",
               "rows of the table of each hashed channel of the word; 0: no channels", 0, kMaxSize)
      .shown_default("by preset");
  options
      .integer(shape.window, "window", "W", "tokens before and after that a token sees at once", 0,
               16)
      .shown_default("by preset");
  options.integer(shape.bottleneck, "bottleneck", "B", "channels of a token", 1, 8192)
      .shown_default("by preset");
  options.integer(shape.hidden, "hidden", "H", "hidden size of the encoder", 1, 8192)
      .shown_default("by preset");
  options.integer(shape.layers, "layers", "N", "layers of the encoder", 0, 64)
      .shown_default("by preset");
  options
      .integer(shape.segment, "segment", "S",
               "tokens that are mixed together; longer texts are cut into segments", 1, 4096)
      .shown_default("by preset");
  options
      .integer(shape.word_ngrams, "word-ngrams", "N",
               "hashed n-grams of up to N words that tell the label; 0: none", 0, 8)
      .shown_default("by preset");
  options
      .integer(shape.ngram_weights, "ngram-weights", "N", "weights of the table of hashed n-grams",
               1, 1U << 24)
      .shown_default("by preset");
  options.integer(train.max_tokens, "max-tokens", "N", "tokens of a text that are read", 1,
                  1U << 20);
}

void declare_optimisation(Options& options, TrainOptions& train) {
  options.integer(train.epochs, "epochs", "N", "passes over the data", 1, 100000)
      .shown_default("by the size of the data");
  options.integer(train.batch, "batch", "N", "records a step", 1, 65536)
      .shown_default("by the number of records");
  options.choice<Arithmetic>(train.arithmetic, "arithmetic", "KIND",
                             "what factors of products are rounded to in training; on processors "
                             "without products of bf16 always fp32",
                             {{"bf16", Arithmetic::bf16}, {"fp32", Arithmetic::fp32}});
  options.choice<OptimizerKind>(train.optimizer, "optimizer", "NAME", "rule of the steps",
                                {{"adamw", OptimizerKind::adamw}, {"adam", OptimizerKind::adam}});
  options.real(train.learning_rate, "lr", "X", "highest learning rate", 0, 10)
      .shown_default("by preset");
  options.choice<Schedule>(train.schedule, "schedule", "NAME", "course of the learning rate",
                           {{"cosine", Schedule::cosine}, {"constant", Schedule::constant}});
  options.real(train.warmup, "warmup", "SHARE", "share of the steps over which the rate rises", 0,
               1);
  options
      .real(train.feature_drop, "feature-drop", "SHARE",
            "share of the hash values left out at random", 0, 0.99)
      .shown_default("by preset");
  options
      .real(train.ngram_drop, "ngram-drop", "SHARE",
            "share of the hashed n-grams left out at random", 0, 0.99)
      .shown_default("by preset");
  options
      .real(train.separate_loss, "separate-loss", "SHARE",
            "share of the label's loss that encoder and word n-grams answer for each alone", 0, 1)
      .shown_default("by preset");
  options
      .real(train.r_drop, "r-drop", "X",
            "weight of R-Drop: each record is read twice a step, and both answers are drawn "
            "together; 0: read once",
            0, 1000)
      .shown_default("by preset");
  options
      .real(train.slot_substitution, "slot-substitution", "SHARE",
            "share of the slots whose words are swapped for another occurrence's", 0, 0.99)
      .shown_default("by preset");
  options.real(train.word_dropout, "word-dropout", "SHARE",
               "share of the words left out at random; their places stay", 0, 0.99);
  options.real(train.dropout, "dropout", "SHARE", "dropout after each mixing", 0, 0.99)
      .shown_default("by preset");
  options.real(train.weight_decay, "weight-decay", "X", "weight decay", 0, 10)
      .shown_default("by preset");
  options.real(train.ema, "ema", "X", "decay of the average of the weights; 0: no average", 0,
               0.999999);
  options.real(train.clip, "clip", "X", "largest norm of the gradient; 0: any", 0, 1e9);
  options
      .real(train.label_smoothing, "label-smoothing", "SHARE",
            "probability spread over the other labels; with --no-crf, over the other tags, too", 0,
            0.99)
      .shown_default("by preset");
  options.real(train.tag_weight, "tag-weight", "X", "weight of the slots' loss beside the label's",
               0, 1e6);
  options.texts_of(
      "class-weight", "WHAT", "'balanced', or LABEL=WEIGHT (as often as needed; others weigh 1)",
      [&train] {
        train.balanced = false;
        train.class_weights.clear();
      },
      [&train](const std::string& text) { add_class_weight(train, text); });
}

void declare_choosing(Options& options, TrainOptions& train) {
  options
      .choice(train.metric, "metric", "NAME", "metric on dev that chooses the best epoch",
              metric_choices())
      .shown_default("by the task");
  options.integer(train.patience, "patience", "N",
                  "stop after this many epochs without a better one; 0: never", 0, 100000);
  options.real(train.held_out, "held-out", "SHARE", "share of the data used as dev without --dev",
               0.001, 0.9);
  options.integer(train.seed, "seed", "N", "seed of everything random", 0,
                  std::numeric_limits<std::uint64_t>::max());
}

void resolve_preset(const Options& options, const Preset& preset, TrainOptions& train) {
  TrainOptions resolved = train;
  resolved.shape = preset.shape;
  static_cast<Recipe&>(resolved) = preset.recipe;
  const auto keep = [&](const char* name, const auto& field) {
    if (options.given(name)) field(resolved) = field(train);
  };
  keep(
      "encoder", [](TrainOptions & o) -> auto& { return o.shape.encoder; });
  keep(
      "feature-size", [](TrainOptions & o) -> auto& { return o.shape.feature_size; });
  keep(
      "channel-rows", [](TrainOptions & o) -> auto& { return o.shape.channel_rows; });
  keep(
      "window", [](TrainOptions & o) -> auto& { return o.shape.window; });
  keep(
      "bottleneck", [](TrainOptions & o) -> auto& { return o.shape.bottleneck; });
  keep(
      "hidden", [](TrainOptions & o) -> auto& { return o.shape.hidden; });
  keep(
      "layers", [](TrainOptions & o) -> auto& { return o.shape.layers; });
  keep(
      "segment", [](TrainOptions & o) -> auto& { return o.shape.segment; });
  keep(
      "word-ngrams", [](TrainOptions & o) -> auto& { return o.shape.word_ngrams; });
  keep(
      "ngram-weights", [](TrainOptions & o) -> auto& { return o.shape.ngram_weights; });
  keep(
      "lr", [](TrainOptions & o) -> auto& { return o.learning_rate; });
  keep(
      "feature-drop", [](TrainOptions & o) -> auto& { return o.feature_drop; });
  keep(
      "ngram-drop", [](TrainOptions & o) -> auto& { return o.ngram_drop; });
  keep(
      "separate-loss", [](TrainOptions & o) -> auto& { return o.separate_loss; });
  keep(
      "r-drop", [](TrainOptions & o) -> auto& { return o.r_drop; });
  keep(
      "slot-substitution", [](TrainOptions & o) -> auto& { return o.slot_substitution; });
  keep(
      "dropout", [](TrainOptions & o) -> auto& { return o.dropout; });
  keep(
      "weight-decay", [](TrainOptions & o) -> auto& { return o.weight_decay; });
  keep(
      "label-smoothing", [](TrainOptions & o) -> auto& { return o.label_smoothing; });
  keep(
      "ensemble", [](TrainOptions & o) -> auto& { return o.ensemble; });
  train = std::move(resolved);
}

}  // namespace pnlp::cmd

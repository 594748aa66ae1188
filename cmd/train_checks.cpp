#include "train_checks.hpp"

#include <fmt/format.h>

#include <charconv>
#include <initializer_list>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/projection_kinds.hpp"
#include "pnlp/nn/encoder.hpp"
#include "pnlp/task/trainer_options.hpp"
#include "pnlp/task/training_set.hpp"
#include "shared_options.hpp"

namespace pnlp::cmd {
namespace {

enum class Where : std::uint8_t { anywhere, command_line };

struct Rule {
  RunFact fact;
  Where refused;
  std::initializer_list<const char*> options;
  const char* why;  // follows the option's name
};

constexpr std::initializer_list<const char*> kModelOptions = {
    "preset", "encoder", "feature-size", "channel-rows", "window",       "bottleneck",
    "hidden", "layers",  "segment",      "word-ngrams",  "ngram-weights"};
constexpr const char* kBringsItsOwn = "makes no sense with --init, whose model brings its own";
constexpr const char* kNotOfAStream = "makes no sense with a feature stream";

// In the order in which they are tried.
constexpr std::initializer_list<Rule> kRules = {
    {RunFact::no_checkpoint,
     Where::command_line,
     {"checkpoint-every"},
     "makes no sense without --checkpoint FILE"},
    {RunFact::dev, Where::anywhere, {"held-out"}, "makes no sense with --dev"},
    {RunFact::init, Where::anywhere, kModelOptions, kBringsItsOwn},
    {RunFact::init, Where::anywhere, kFeatureOptions, kBringsItsOwn},
    {RunFact::stream, Where::anywhere, kFeatureOptions, kNotOfAStream},
    {RunFact::stream, Where::anywhere, {"soft-targets"}, kNotOfAStream},
    {RunFact::only_streams, Where::command_line, kReaderOptions, kNotOfAStream},
    {RunFact::numbers,
     Where::anywhere,
     {"feature-size"},
     "makes no sense with the projection {}; --hashes says how many"},
    {RunFact::no_word_channels,
     Where::command_line,
     {"channel-rows"},
     "makes no sense with features that have no channels of the word; name some with --channels"},
    {RunFact::encoder_has_no_layers,
     Where::command_line,
     {"layers", "hidden", "segment", "dropout"},
     "makes no sense with the encoder {}, which has no layers; choose another with --encoder"},
    {RunFact::encoder_has_no_hidden,
     Where::command_line,
     {"hidden"},
     "makes no sense with the encoder {}, which has no hidden layer; --bottleneck is its size"},
    {RunFact::encoder_reads_it_all,
     Where::command_line,
     {"segment"},
     "makes no sense with the encoder {}, which reads whole texts"},
    {RunFact::no_layers,
     Where::command_line,
     {"hidden", "segment", "dropout"},
     "makes no sense without layers; ask for some with --layers"},
    {RunFact::no_teachers,
     Where::command_line,
     {"teacher-weight"},
     "makes no sense without --teacher or --ensemble"},
    {RunFact::no_labels,
     Where::command_line,
     {"ngram-weights", "ngram-drop", "separate-loss"},
     "makes no sense with the task {}: word n-grams tell labels; leave it out"},
    {RunFact::no_word_ngrams,
     Where::command_line,
     {"ngram-weights", "ngram-drop", "separate-loss"},
     "makes no sense without word n-grams; ask for them with --word-ngrams, or leave it out"},
    {RunFact::no_noise,
     Where::command_line,
     {"r-drop"},
     "makes no sense where nothing is left out at random; give --feature-drop, --dropout, "
     "--word-dropout or --ngram-drop"},
    {RunFact::not_joint,
     Where::command_line,
     {"tag-weight"},
     "makes no sense with the task {}: it weighs slots beside labels; leave it out"},
    {RunFact::only_chains,
     Where::command_line,
     {"label-smoothing"},
     "makes no sense for slots alone that a CRF weighs; give --no-crf, or leave it out"},
    {RunFact::no_slots,
     Where::command_line,
     {"slot-substitution"},
     "makes no sense without slots in the training records; leave it out"},
};

// Whether all that is asked for is to leave something out.
bool is_off(const Option& option) {
  const std::string& text = option.given_values.back();
  double value = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value == 0;
}

// Slots whose words can be swapped: not those that only probabilities of tags tell of.
bool has_slots(const RecordSet& records) {
  FeatureRecord record;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records.read_gold(i, record);
    if (!record.spans.empty() && record.tag_weights.empty()) return true;
  }
  return false;
}

}  // namespace

void RunFacts::add_of(const ProjectionSpec& projection, const RecordSet& records,
                      const TrainOptions& train) {
  const ProjectionKind& kind = *find_projection_kind(projection.kind);
  if (kind.numbers) {
    add(RunFact::numbers, fmt::format("{}, whose table has a row for each of its {} numbers",
                                      kind.name, projection.hashes));
  }
  if (projection.channels.empty()) add(RunFact::no_word_channels);
  const Shape& shape = train.shape;
  const EncoderUses uses = encoder_uses(shape.encoder);
  if (!uses.layers) add(RunFact::encoder_has_no_layers, shape.encoder);
  if (!uses.hidden) add(RunFact::encoder_has_no_hidden, shape.encoder);
  if (!uses.segment) add(RunFact::encoder_reads_it_all, shape.encoder);
  if (shape.layers == 0) add(RunFact::no_layers);
  if (train.teachers.empty() && train.ensemble == 0) add(RunFact::no_teachers);
  if (!leaves_out(train, shape)) add(RunFact::no_noise);
  if (records.empty()) return;  // train() says so
  ModelConfig config;
  if (train.task) config.task = *train.task;
  describe_records(RecordSelection(records), config, train.task.has_value());
  const std::string task(task_name(config.task));
  if (!has_label(config.task)) add(RunFact::no_labels, task);
  if (shape.word_ngrams == 0) add(RunFact::no_word_ngrams);
  if (config.task != Task::joint) add(RunFact::not_joint, task);
  if (config.task == Task::tags && weighs_transitions(train, config.task))
    add(RunFact::only_chains);
  if (!has_tags(config.task) || !has_slots(records)) add(RunFact::no_slots);
}

void RunFacts::check(const Options& options) const {
  for (const Rule& rule : kRules) {
    for (const auto& [fact, about] : facts_) {
      if (fact != rule.fact) continue;
      for (const char* name : rule.options) {
        const Option* option = options.find(name);
        if (!option->given) continue;
        if (rule.refused == Where::command_line && (option->given_in_config || is_off(*option)))
          continue;
        throw Error(ErrorKind::usage,
                    fmt::format("--{} {}", name, fmt::format(fmt::runtime(rule.why), about)));
      }
    }
  }
}

}  // namespace pnlp::cmd

// pnlp train: records or feature streams to a model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include "feature_files.hpp"
#include "interrupt.hpp"
#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/model_source.hpp"
#include "pnlp/task/presets.hpp"
#include "pnlp/task/trainer.hpp"
#include "pnlp/text/tokenizer.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"
#include "train_checks.hpp"
#include "train_options.hpp"
#include "train_report.hpp"

namespace pnlp::cmd {
namespace {

class Train : public Command {
 public:
  void declare(Options& options) override {
    options.section("Input");
    declare_files(options, files_, "labelled records, or feature streams of pnlp project");
    options.files(dev_, "dev", "records that choose the best epoch (may be given several times)");
    declare_format(options, reader_);
    options.text(
        reader_.fields.prediction, "soft-targets", "NAME",
        "learn from the probabilities of pnlp predict --scores in this field instead, where "
        "a record has it");
    declare_faults(options, reader_, false);
    options.section("Features");
    declare_tokenizer(options, tokenizer_);
    declare_projection(options, spec_, ", and letters by preset");
    options.section("Model");
    declare_model(options, preset_, train_);
    options.flag(crf_, "crf",
                 "learn how likely a tag follows another, too: the default where there are slots, "
                 "but for --init");
    options.flag(crf_, "no-crf", "do not", false);
    options.file(init_, "init", "start from the weights of this model, labels matched by name",
                 "MODEL");
    options.section("Optimisation");
    declare_optimisation(options, train_);
    options.files(teachers_, "teacher",
                  "learn from the probabilities of this model, too (may be given several times)");
    options
        .integer(train_.ensemble, "ensemble", "N",
                 "first train N models like this one, and learn from them, too", 0, 64)
        .shown_default("by preset");
    options.real(train_.teacher_weight, "teacher-weight", "SHARE",
                 "share of the teachers' probabilities in what is learned", 0, 1);
    options.section("Choosing");
    declare_choosing(options, train_);
    options.section("Output");
    options.file(output_, "output,o", "the model; an old file stays until training has succeeded",
                 "MODEL");
    options.choice<WeightFormat>(train_.weights, "weights", "FORMAT", "form of the stored weights",
                                 {{"int8", WeightFormat::int8}, {"fp32", WeightFormat::fp32}});
    options.file(train_.checkpoint, "checkpoint", "keep the state of training in FILE");
    options.integer(train_.checkpoint_every, "checkpoint-every", "N", "epochs from one to the next",
                    1, 100000);
    options.flag(train_.resume, "resume", "continue from the checkpoint, if there is one");
    options.file(log_, "log", "append one JSON line an epoch to FILE");
    options.flag(force_, "force", "write the model to a terminal all the same");
    declare_threads(options, train_.threads);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options& options) override {
    check(options);
    Messages messages(options.command(), verbosity_);
    check_output();
    if (!init_.empty()) train_.init = load_model(init_);
    for (const std::string& teacher : teachers_)
      train_.teachers.push_back({"the teacher " + teacher, load_model(teacher)});
    LoadedFeatures train_set = load_train(options, messages);
    const Preset& preset = choose_preset(options, train_set.records, messages);
    if (may_leave_out_letters_ && !wants_letters(preset)) train_set.leave_out("letters");
    if (are_feature_streams(files_)) note_missing_letters(preset, train_set.source, messages);
    std::optional<LoadedFeatures> dev_set = load_dev(train_set.source, messages);
    const bool skipped = train_set.skipped || (dev_set && dev_set->skipped);
    RunFacts facts;
    facts.add_of(train_set.source.projection, train_set.records, train_);
    facts.check(options);
    std::optional<RecordSet> dev_records;
    if (dev_set) dev_records = std::move(dev_set->records);
    const TrainResult result = fit(train_set.source, train_set.records, dev_records, messages);
    messages.progress("");
    if (result.stopped) {
      messages.warn(interrupted_text(result));
      die_of(interrupted());
    }
    save_model(result.model, output_);
    for (const std::string& warning : result.warnings) messages.warn(warning);
    messages.note(summary_text(result));
    return skipped ? kNegative : kDone;
  }

 private:
  void check(const Options& options) const {
    if (output_.empty()) {
      throw Error(ErrorKind::usage, "no place for the model; name a file with -o MODEL");
    }
    if (train_.resume && train_.checkpoint.empty()) {
      throw Error(ErrorKind::usage, "--resume needs --checkpoint FILE, the file to continue from");
    }
    RunFacts facts;
    if (train_.checkpoint.empty()) facts.add(RunFact::no_checkpoint);
    if (!dev_.empty()) facts.add(RunFact::dev);
    if (!init_.empty()) facts.add(RunFact::init);
    facts.check(options);
  }

  // An output that cannot be written is found before the hours of training, not after them.
  void check_output() const {
    const OutputFile file(output_);
    if (file.is_terminal() && !force_) {
      throw Error(ErrorKind::usage,
                  "a model is binary and standard output is a terminal; use -o FILE or --force");
    }
    if (!log_.empty()) const EpochLog log(log_);
    if (!train_.checkpoint.empty()) const OutputFile checkpoint(train_.checkpoint);
  }

  LoadedFeatures load_train(const Options& options, const Messages& messages) {
    std::optional<FeatureSource> start;
    if (train_.init) {
      start = source_of(*train_.init);
    }
    if (are_feature_streams(files_)) {
      RunFacts facts;
      facts.add(RunFact::stream);
      if (dev_.empty() || are_feature_streams(dev_)) facts.add(RunFact::only_streams);
      facts.check(options);
      return load_features(files_, start ? &*start : nullptr);
    }
    if (!start) {
      // Dev streams have what project gives by default.
      may_leave_out_letters_ =
          !options.given("channels") && (dev_.empty() || !are_feature_streams(dev_));
      if (may_leave_out_letters_) spec_.channels.emplace_back("letters");
      resolve_projection(options, spec_);
    }
    auto featurizer = start ? std::make_unique<Featurizer>(*start)
                            : std::make_unique<Featurizer>(open_tokenizer(tokenizer_), spec_);
    LoadedFeatures set =
        load_records(files_, reader_, std::move(featurizer), train_.threads, messages);
    if (!reader_.fields.prediction.empty()) check_soft_targets(set.records);
    return set;
  }

  void check_soft_targets(const RecordSet& records) const {
    FeatureRecord record;
    for (std::size_t i = 0; i < records.size(); ++i) {
      records.read_gold(i, record);
      if (record.label_form == LabelForm::soft || !record.tag_weights.empty()) return;
    }
    throw Error(ErrorKind::data,
                fmt::format("no training record has probabilities in the field \"{}\"; add them by "
                            "pnlp predict --scores --into {}",
                            reader_.fields.prediction, reader_.fields.prediction));
  }

  // Nothing if no file is given. A file without records is a mistake: it must not silently stand
  // for a share of the training records.
  std::optional<LoadedFeatures> load_dev(const FeatureSource& source,
                                         const Messages& messages) const {
    if (dev_.empty()) return std::nullopt;
    LoadedFeatures set = are_feature_streams(dev_)
                             ? load_features(dev_, &source)
                             : load_records(dev_, reader_, std::make_unique<Featurizer>(source),
                                            train_.threads, messages);
    if (set.records.empty()) {
      std::vector<std::string> names = dev_;
      std::ranges::replace(names, "-", "standard input");
      throw Error(ErrorKind::data,
                  fmt::format("{}: no record to choose the best epoch by; name another file with "
                              "--dev, or leave the option out to hold out a share of the training "
                              "records",
                              fmt::join(names, ", ")));
    }
    return set;
  }

  // An initial model brings its sizes, and is trained on alone.
  const Preset& choose_preset(const Options& options, const RecordSet& records,
                              Messages& messages) {
    const LearnedFields learned = learned_fields(records, train_.task);
    const Preset& preset = !preset_.empty() ? find_preset(preset_)
                           : train_.init    ? presets().front()
                                            : preset_for(records, learned);
    resolve_preset(options, preset, train_);
    if (!options.given("batch")) train_.batch = batch_for(records.size());
    if (!learned.labels && !options.given("word-ngrams")) train_.shape.word_ngrams = 0;
    if (options.given("crf") || options.given("no-crf")) train_.crf = crf_;
    if (train_.init) {
      train_.shape = train_.init->config.shape;
      if (!options.given("ensemble")) train_.ensemble = 0;
    } else if (preset_.empty()) {
      messages.detail(fmt::format("the records call for the preset {}", preset.name));
    }
    return preset;
  }

  // N-grams have use for them. What teachers read, the model has to read, too.
  bool wants_letters(const Preset& preset) const {
    if (train_.teachers.empty()) return preset.letters && train_.shape.word_ngrams != 0;
    const auto& channels = train_.teachers.front().model.config.channels;
    return std::ranges::count(channels, "letters", &ChannelRows::name) != 0;
  }

  // Of features that project made by default: the others were chosen.
  void note_missing_letters(const Preset& preset, const FeatureSource& source,
                            const Messages& messages) const {
    const std::vector<std::string> by_default = ProjectionSpec{}.channels;
    if (!train_.teachers.empty() || !wants_letters(preset)) return;
    if (source.projection.channels != by_default) return;
    messages.note(
        fmt::format("the preset {} reads n-grams of letters, too, which these features lack; make "
                    "them by pnlp project --channels {},letters",
                    preset.name, fmt::join(by_default, ",")));
  }

  TrainResult fit(const FeatureSource& source, const RecordSet& records,
                  const std::optional<RecordSet>& dev, Messages& messages) const {
    std::optional<EpochLog> log;
    if (!log_.empty()) log.emplace(log_);
    ProgressLine progress(messages, train_.batch);
    if (!train_.checkpoint.empty()) defer_first_signal();
    try {
      return pnlp::train(source, records, dev, train_, [&](const EpochReport& report) {
        progress.show(report);
        if (report.end_of_epoch) {
          if (log) log->append(report);
          messages.detail(epoch_text(report));
        }
        return interrupted() == 0;
      });
    } catch (const DivergedError& error) {
      if (!error.last_good) throw;
      save_model(*error.last_good, output_);
      throw Error(ErrorKind::data,
                  fmt::format("{}; the best model before that is in {}", error.what(), output_));
    }
  }

  ReaderOptions reader_;
  std::vector<std::string> files_;
  std::vector<std::string> dev_;
  std::string tokenizer_ = "chars";
  ProjectionSpec spec_;
  TrainOptions train_;
  std::string preset_;  // empty: by the data
  bool crf_ = false;    // as asked for, if it was
  // Features have the channel "letters" until it is known whether the preset wants it.
  bool may_leave_out_letters_ = false;
  std::string init_;
  std::vector<std::string> teachers_;
  std::string output_;
  std::string log_;
  bool force_ = false;
  Verbosity verbosity_;
};

}  // namespace

std::unique_ptr<Command> make_train() {
  return std::make_unique<Train>();
}

}  // namespace pnlp::cmd

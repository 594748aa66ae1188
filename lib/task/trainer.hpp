// Training: from records to a model file, with a dev set that chooses the best epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pnlp/feature/record_set.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/nn/arithmetic.hpp"

namespace pnlp {

enum class Schedule : std::uint8_t { cosine, constant };
enum class OptimizerKind : std::uint8_t { adam, adamw };

// What differs from preset to preset beside the sizes of the network.
struct Recipe {
  double learning_rate = 6e-3;
  double feature_drop = 0.5;  // share of fingerprint values left out in training
  double ngram_drop = 0;      // share of word n-grams left out
  // Share of the label's loss that encoder and word n-grams answer for each on its own, not both
  // together: so that neither rests on what the other has learned by heart.
  double separate_loss = 0;
  // Weight of R-Drop (Liang et al. 2021): each record is read twice a step, with other values left
  // out, and what both say is drawn together. 0: read once.
  double r_drop = 0;
  double slot_substitution =
      0.3;               // share of slots whose words are swapped for another occurrence's
  double dropout = 0.1;  // after each mixing
  double weight_decay = 0.01;
  double label_smoothing = 0;  // probability spread over the other labels
  // Models that are trained first, each like the one asked for but with other random numbers, to be
  // teachers beside those that are given. With a checkpoint each has its own: its name and
  // ".teacher1" on.
  std::uint32_t ensemble = 0;
  // Epochs, when none are asked for: as many as make this many visits to records, or to tokens
  // where texts are long, from 5 to 60. Above 16,000 records visits grow with their square root.
  double record_visits = 670e3;
  double token_visits = 10e6;
};

struct Teacher {
  std::string name;  // for messages
  ModelFile model;
};

struct TrainOptions : Recipe {
  // Model.
  std::optional<Task> task;  // else read off the data: spans and label make joint, and so on
  Shape shape;
  std::uint32_t max_tokens = 4096;
  // Whether to weigh transitions of tags; none: see weighs_transitions().
  std::optional<bool> crf;

  // Optimisation.
  Arithmetic arithmetic = Arithmetic::bf16;  // of products; without effect where there is only fp32
  OptimizerKind optimizer = OptimizerKind::adamw;
  Schedule schedule = Schedule::cosine;
  double warmup = 0.05;       // share of all steps over which the rate rises linearly
  std::uint32_t epochs = 0;   // 0: by the size of the data, see pnlp-train(1)
  std::uint32_t batch = 128;  // records
  double word_dropout = 0;    // share of the words of which all values are left out
  double ema = 0;     // decay per step of the weight average that is evaluated and saved; 0: none
  double clip = 1.0;  // largest norm of the gradient; 0: none
  double tag_weight = 1.0;                 // of the tag loss beside the label loss
  bool balanced = false;                   // class weights inverse to frequency
  std::vector<LabelWeight> class_weights;  // given ones; 1 for labels not named

  // Choosing and stopping.
  std::string metric;          // empty: exact for joint, span-f1 … see pnlp-train(1)
  std::uint32_t patience = 0;  // epochs without improvement after which training stops; 0: never
  double held_out = 0.1;       // share of train used as dev when none is given
  std::uint64_t seed = 1;
  int threads = 1;

  WeightFormat weights = WeightFormat::int8;
  std::string checkpoint;              // file written every `checkpoint_every` epochs; empty: none
  std::uint32_t checkpoint_every = 1;  // epochs
  bool resume = false;                 // continue from `checkpoint` if it exists
  // Start from its weights: labels and slots matched by name. Its shape and channels are taken over
  // instead of `shape`; it must read the features of the records.
  std::optional<ModelFile> init;
  std::vector<Teacher> teachers;  // learnt from beside the gold targets
  double teacher_weight = 0.7;    // share of the teachers' probabilities in what is learned
};

struct EpochReport {
  std::uint32_t teacher = 0;  // of `teachers` that are trained first, from 1; 0: the model itself
  std::uint32_t teachers = 0;
  bool again = false;       // on all records, after a model without the held-out share
  std::uint32_t epoch = 0;  // from 1
  std::uint32_t epochs = 0;
  std::uint64_t step = 0;  // optimizer steps so far
  std::uint64_t steps = 0;
  double loss = 0;  // mean per record, nats
  double learning_rate = 0;
  double gradient_norm = 0;
  std::vector<std::pair<std::string, double>> dev;  // metric name, value
  double seconds = 0;                               // since the start of training
  bool best = false;
  bool end_of_epoch = false;  // false: a progress call inside an epoch
};

struct TrainResult {
  ModelFile
      model;  // of the best epoch; without weights if training stopped before one was finished
  std::uint32_t best_epoch = 0;
  bool again = false;  // trained on all records; `dev` is of a model without the held-out share
  std::vector<std::pair<std::string, double>> dev;  // of the best epoch
  std::vector<std::string> warnings;  // one sentence each, with counts: misaligned spans, cut texts
  bool stopped = false;               // by `report`
  std::string checkpoint;             // of the model that was trained last
  std::uint32_t checkpoint_epochs = 0;  // what it holds; 0: this run has none
};

// The loss, the weights or the scores of the dev set were not finite. `last_good` is the best model
// so far, if an epoch had been finished.
class DivergedError : public Error {
 public:
  DivergedError(const std::string& message, std::optional<ModelFile> best)
      : Error(ErrorKind::data, message), last_good(std::move(best)) {}
  std::optional<ModelFile> last_good;
};

// Without `dev_records`, a share of the training records is held out; where they are few (and
// without patience), a second model is then trained on all of them, and is the result. Records that
// lack a label (or slots) teach only what they have, and are counted in a warning. Errors: data (no
// label where the task needs one, a single class, nothing to train on, a dev set without a record,
// an initial model of other features), usage (an option that makes no sense), DivergedError.
// `report` is called after each step and at the end of each epoch; returning false stops training:
// at the end of an epoch after a checkpoint is written, within an epoch at once, so that the last
// checkpoint stands. With an ensemble, a run that is stopped while a teacher is trained gives a
// result without a model.
TrainResult train(const FeatureSource& source, const RecordSet& train_records,
                  const std::optional<RecordSet>& dev_records, const TrainOptions& options,
                  const std::function<bool(const EpochReport&)>& report);

}  // namespace pnlp

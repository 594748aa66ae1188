// Options of pnlp train that a run has no use for.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"
#include "pnlp/feature/projection.hpp"
#include "pnlp/feature/record_set.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp::cmd {

// What is known of a run that leaves options without use.
enum class RunFact : std::uint8_t {
  init,                   // it starts from a model
  dev,                    // records choose the best epoch
  no_checkpoint,          // its state is not kept
  stream,                 // it trains on a feature stream
  only_streams,           // and reads nothing else
  numbers,                // the projection gives numbers (its name, how many)
  no_word_channels,       // the features have no hashed channels of the word
  encoder_has_no_layers,  // (its name)
  encoder_has_no_hidden,  // (its name)
  encoder_reads_it_all,   // (its name)
  no_layers,
  no_noise,  // nothing is left out at random
  no_teachers,
  no_labels,  // the task has none (its name)
  no_word_ngrams,
  not_joint,    // the task is not to tell labels and slots (its name)
  only_chains,  // the task is to tell slots, and a CRF weighs them
  no_slots,     // there is none whose words can be swapped
};

class RunFacts {
 public:
  // `about` stands in messages in place of {}.
  void add(RunFact fact, std::string about = {}) { facts_.emplace_back(fact, std::move(about)); }
  // What features, records and the sizes that were chosen tell. Errors: data, as train() for
  // records without a target.
  void add_of(const ProjectionSpec& projection, const RecordSet& records,
              const TrainOptions& train);

  // Error(usage) for the first option that makes no sense with a fact. One that names what cannot
  // be is refused wherever it was given; one that only says how, of a thing that is not there, is
  // refused on the command line and counts for nothing in a configuration, which may serve many
  // runs. A share or a number of 0, which leaves the thing out, is never refused.
  void check(const Options& options) const;

 private:
  std::vector<std::pair<RunFact, std::string>> facts_;
};

}  // namespace pnlp::cmd

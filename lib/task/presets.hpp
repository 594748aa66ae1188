// Named recipes: sizes of a network together with how it is best trained.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "pnlp/feature/record_set.hpp"
#include "pnlp/task/trainer.hpp"

namespace pnlp {

struct Preset {
  std::string_view name;
  Shape shape;
  Recipe recipe;
  // Whether the label is told by n-grams of letters, too: the channel "letters", where the features
  // are made for this training.
  bool letters = false;
};

// "megabyte" for slots, "sentence" for labels of short texts and "document" for those of longer
// ones, "few-documents" for those of few of them, all with files of about a megabyte; then the
// paper's sizes (table 6), with its encoder.
std::span<const Preset> presets();
// Error(usage) for a name that is none of them, with those there are.
const Preset& find_preset(std::string_view name);
// What of records is learned. Word n-grams, which some presets have, are for labels only.
struct LearnedFields {
  bool labels = false;
  bool several = false;  // labels of a record
  bool slots = false;
};
// Those of the task; without one, those that records carry.
LearnedFields learned_fields(const RecordSet& records, std::optional<Task> task);
// The preset for records when none is asked for. A label without slots: "document", or
// "few-documents" if they are few, where records have more than kDocumentTokens tokens on average,
// else "sentence"; several labels of a record: "document" where there are many long ones, else
// "megabyte". Slots: "sentence" if there is a label and records are few, else "megabyte".
const Preset& preset_for(const RecordSet& records, LearnedFields learned);
// Records a step when no number is asked for: fewer where there are few, so that an epoch has
// enough steps.
std::uint32_t batch_for(std::size_t records);
// Whether records are so few that a model learns them by heart, and a held-out share is missed.
bool are_few(std::size_t records);
inline constexpr double kDocumentTokens = 24;

}  // namespace pnlp

// Named recipes: sizes of a network together with how it is best trained.
#pragma once

#include <cstddef>
#include <cstdint>
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

// "megabyte" for slots and short texts and "document" for longer ones, "few" and "few-documents"
// for few of them, all with files of about a megabyte; then the paper's sizes (table 6), with its
// encoder.
std::span<const Preset> presets();
// Error(usage) for a name that is none of them, with those there are.
const Preset& find_preset(std::string_view name);
// The preset for records when none is asked for: "document" if they have labels, no slots, and
// more than kDocumentTokens tokens on average, else "megabyte"; "few-documents" and "few" in their
// place if they have labels and are few.
const Preset& preset_for(const RecordSet& records);
// Records a step when no number is asked for: fewer where there are few, so that an epoch has
// enough steps.
std::uint32_t batch_for(std::size_t records);
// Whether records are so few that a model learns them by heart, and a held-out share is missed.
bool are_few(std::size_t records);
// Whether any record has a label: word n-grams, which some presets have, are for labels only.
bool has_labels(const RecordSet& records);
inline constexpr double kDocumentTokens = 24;

}  // namespace pnlp

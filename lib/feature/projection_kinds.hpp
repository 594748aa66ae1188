// The kinds of projections: what each is called, which options mean anything to it, and how its
// channel is made. Another kind is another line of the table.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "pnlp/feature/main_channel.hpp"

namespace pnlp {

struct ProjectionKind {
  std::string_view name;
  bool numbers;          // values are numbers, not hash values
  std::uint32_t hashes;  // how many, if nobody says; 0: as many as its vectors have
  bool ngrams;           // reads the n-grams of units
  bool lowercase;        // knows units both as they are and in lower case
  bool vectors;          // reads static vectors
  std::unique_ptr<MainChannel> (*make)(const ProjectionSpec& spec);
};

std::span<const ProjectionKind> projection_kinds();
// Null for a name that is none of theirs.
const ProjectionKind* find_projection_kind(std::string_view name);

}  // namespace pnlp

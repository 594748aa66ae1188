// "Did you mean": the known name that is closest to what was typed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pnlp::cmd {

// Insertions, deletions, substitutions and swaps of neighbours that make `a` into `b`, in bytes
// (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The closest of `known` if it is near enough to be what was meant, else an empty string. On a tie
// the first.
std::string nearest(std::string_view typed, std::span<const std::string> known);

// "; did you mean 'NAME'?" or nothing.
std::string suggestion(std::string_view typed, std::span<const std::string> known);

}  // namespace pnlp::cmd

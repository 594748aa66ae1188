#include "nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace pnlp::cmd {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string nearest(std::string_view typed, std::span<const std::string> known) {
  // A third of the letters may be wrong; a name that begins as typed counts as one mistake.
  std::size_t best = std::max<std::size_t>(2, typed.size() / 3) + 1;
  std::string found;
  for (const std::string& name : known) {
    std::size_t distance = edit_distance(typed, name);
    if (typed.size() >= 3 && name.starts_with(typed)) distance = 1;
    if (distance < best && distance < name.size()) {
      best = distance;
      found = name;
    }
  }
  return found;
}

std::string suggestion(std::string_view typed, std::span<const std::string> known) {
  const std::string name = nearest(typed, known);
  return name.empty() ? std::string() : fmt::format("; did you mean '{}'?", name);
}

}  // namespace pnlp::cmd

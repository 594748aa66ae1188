#include "pnlp/task/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

// "A, B and 3 more": the first names of `a` that `b` lacks (both sorted).
std::string missing(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> names;
  std::ranges::set_difference(a, b, std::back_inserter(names));
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text.empty() ? "none" : text;
}

void check_names(std::string_view what, std::string_view a_name, const std::vector<std::string>& a,
                 std::string_view b_name, const std::vector<std::string>& b) {
  if (a == b) return;
  throw Error(ErrorKind::data,
              fmt::format("the {0} of {1} are not those of {2}; only in {1}: {3}; only in {2}: {4}",
                          what, a_name, b_name, missing(a, b), missing(b, a)));
}

}  // namespace

void check_agreement(std::string_view a_name, const ModelConfig& a, std::string_view b_name,
                     const ModelConfig& b) {
  if (a.task != b.task) {
    throw Error(ErrorKind::data, fmt::format("{} is for the task {}, {} for the task {}", a_name,
                                             task_name(a.task), b_name, task_name(b.task)));
  }
  check_names("labels", a_name, a.labels, b_name, b.labels);
  check_names("slots", a_name, a.slots, b_name, b.slots);
}

}  // namespace pnlp

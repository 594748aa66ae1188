// Changes read-only numbers of a model.
#pragma once

#include <utility>
#include <vector>

#include "pnlp/base/held.hpp"

// edit(values) of a copy, which takes the place of the numbers.
template <typename T, typename Edit>
void edit(pnlp::Held<T>& held, const Edit& edit_values) {
  std::vector<T> values = held.copy();
  edit_values(values);
  held = std::move(values);
}

// Predictions as lines of tab-separated values.
#pragma once

#include <string>
#include <string_view>

#include "pnlp/task/predictor.hpp"

namespace pnlp::cmd {

// "id", "label", "score" for tasks with a label, "spans" for tasks with slots, "text".
std::string tsv_header(Task task, bool has_text);

// One line. `id` is JSON text or empty. Several labels and spans are written as JSON. A null label
// is an empty cell. Tabs, line ends and backslashes in cells become \t, \n, \r and \\.
void append_tsv(std::string& out, std::string_view id, const std::string* text,
                const Prediction& prediction, Task task);

}  // namespace pnlp::cmd

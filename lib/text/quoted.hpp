// A value as it is shown in a message.
#pragma once

#include <string>
#include <string_view>

namespace pnlp {

// `text` in quotes on one line, control characters escaped, cut to about 40 bytes.
std::string in_quotes(std::string_view text);

}  // namespace pnlp

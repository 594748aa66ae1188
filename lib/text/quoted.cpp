#include "pnlp/text/quoted.hpp"

#include "pnlp/io/json.hpp"

namespace pnlp {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown;
  if (text.size() <= kShown) {
    append_json_string(shown, text);
    return shown;
  }
  std::size_t size = kShown;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  append_json_string(shown, text.substr(0, size));
  shown.insert(shown.size() - 1, "...");
  return shown;
}

}  // namespace pnlp

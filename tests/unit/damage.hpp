// Ways in which a file comes to harm.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pnlp {

// Calls visit(bytes, at) with `good` cut at every place, with a bit flipped in every byte, and with
// a byte too many.
template <typename Visit>
void for_each_damage(std::string_view good, const Visit& visit) {
  std::string damaged(good);
  for (std::size_t size = 0; size < good.size(); ++size) visit(good.substr(0, size), size);
  for (std::size_t at = 0; at < good.size(); ++at) {
    damaged[at] = static_cast<char>(static_cast<unsigned char>(good[at]) ^ (1U << (at % 8)));
    visit(std::string_view(damaged), at);
    damaged[at] = good[at];
  }
  damaged += '\0';
  visit(std::string_view(damaged), good.size());
}

}  // namespace pnlp

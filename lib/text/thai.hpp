// Private to lib/text: a second opinion on Thai words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pnlp {

// ICU looks three words ahead, so one unknown name spoils the words after it (จอห์|นทำ|งาน). Here
// the whole run counts: the way with the fewest words and unknown clusters through ICU's own
// dictionary (จอห์|น|ทำงาน). Words are cut where either sees a bound: nearly all bounds are common.
class ThaiWords {
 public:
  // Appends to `cuts` the indices, rising, at which words begin inside the runs of Thai of `text`.
  // Nothing if this ICU has no dictionary of a form that is known here.
  void find(std::u16string_view text, std::vector<std::uint32_t>& cuts);

 private:
  // The best way to a position, by what it ends in.
  struct Way {
    std::uint32_t cost;
    std::uint32_t from;
    bool from_unknown;
  };
  void find_in_run(std::u16string_view run, std::size_t offset, std::vector<std::uint32_t>& cuts);
  void step(std::u16string_view run, std::size_t at, bool unknown);

  std::vector<Way> known_;    // ending in a word of the dictionary
  std::vector<Way> unknown_;  // ending in a cluster that belongs to none
};

}  // namespace pnlp

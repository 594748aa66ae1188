// The normalisation table inside a SentencePiece model.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "pnlp/base/error.hpp"
#include "pnlp/text/spm_check.hpp"

namespace pnlp {
namespace {

// One unit of darts-clone's double array.
struct TrieUnit {
  std::uint32_t bits = 0;
  bool has_leaf() const { return ((bits >> 8) & 1U) != 0; }
  std::uint32_t value() const { return bits & 0x7fffffffU; }
  std::uint32_t label() const { return bits & 0x800000ffU; }
  std::size_t offset() const {
    return static_cast<std::size_t>(bits >> 10) << ((bits & 512U) >> 6);
  }
};

// The normalizer asks for at most so many prefixes of a text, and reads as many as there are.
constexpr std::uint32_t kMostPrefixes = 32;
constexpr std::size_t kMostReplacement = 4096;

class TableCheck {
 public:
  TableCheck(std::vector<TrieUnit> units, std::string_view replacements, const std::string& name)
      : units_(std::move(units)), replacements_(replacements), name_(name) {
    state_.resize(units_.size());
  }

  std::size_t longest() const { return longest_; }

  // Depth first over all that can be reached, without recursion: a hostile array may be deep.
  void walk() {
    if (units_.empty()) broken("it has no trie");
    enter(0);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.label > 0xff) {
        leave();
        continue;
      }
      const std::size_t child = step.children ^ step.label;
      const bool exists = units_[child].label() == step.label;
      ++step.label;
      if (!exists) continue;
      if (state_[child].open) broken("its trie has a circle");
      if (state_[child].done) {
        step.prefixes = std::max(step.prefixes, state_[child].prefixes);
      } else {
        enter(child);
      }
    }
  }

 private:
  struct Step {
    std::size_t unit;
    std::size_t children;        // index of the child with label 0
    std::uint32_t label = 0;     // next to be looked at
    std::uint32_t prefixes = 0;  // most keys on a path below
  };
  struct State {
    bool open = false;
    bool done = false;
    std::uint32_t prefixes = 0;
  };

  [[noreturn]] void broken(std::string_view why) const {
    throw Error(ErrorKind::data, {.file = name_},
                fmt::format("the normalisation table of this SentencePiece model is broken: {}; "
                            "take a fresh copy",
                            why));
  }

  void enter(std::size_t unit) {
    const std::size_t children = unit ^ units_[unit].offset();
    if ((children | 0xffU) >= units_.size()) broken("its trie points outside itself");
    if (units_[unit].has_leaf() && unit != 0) check_replacement(units_[children].value());
    state_[unit].open = true;
    path_.push_back({.unit = unit, .children = children});
  }

  void leave() {
    const Step step = path_.back();
    path_.pop_back();
    const std::uint32_t prefixes = step.prefixes + (units_[step.unit].has_leaf() ? 1U : 0U);
    if (prefixes > kMostPrefixes) broken("too many of its keys begin alike");
    state_[step.unit] = {.done = true, .prefixes = prefixes};
    if (!path_.empty()) path_.back().prefixes = std::max(path_.back().prefixes, prefixes);
  }

  void check_replacement(std::size_t at) {
    if (at >= replacements_.size()) broken("a replacement is outside it");
    const std::size_t end = replacements_.find('\0', at);
    if (end == std::string_view::npos) broken("a replacement has no end");
    if (end - at > kMostReplacement) broken("a replacement is too long");
    if (!simdjson::validate_utf8(replacements_.data() + at, end - at)) {
      broken("a replacement is not UTF-8");
    }
    longest_ = std::max(longest_, end - at);
  }

  std::vector<TrieUnit> units_;
  std::string_view replacements_;
  const std::string& name_;
  std::vector<State> state_;
  std::vector<Step> path_;
  std::size_t longest_ = 0;
};

}  // namespace

std::size_t check_charsmap(std::string_view table, const std::string& name) {
  std::uint32_t size = 0;
  if (table.size() > sizeof(size)) std::memcpy(&size, table.data(), sizeof(size));
  if (table.size() <= sizeof(size) || size > table.size() - sizeof(size)) {
    throw Error(ErrorKind::data, {.file = name},
                fmt::format("the normalisation table of this SentencePiece model is cut: {} bytes "
                            "hold no trie of {} bytes; take a fresh copy",
                            table.size(), size));
  }
  table.remove_prefix(sizeof(size));
  std::vector<TrieUnit> units(size / sizeof(TrieUnit));
  if (!units.empty()) std::memcpy(units.data(), table.data(), units.size() * sizeof(TrieUnit));
  TableCheck check(std::move(units), table.substr(size), name);
  check.walk();
  return check.longest();
}

}  // namespace pnlp

#include <array>
#include <string>

#include "pnlp/text/json_walk.hpp"

namespace pnlp::json_walk {
namespace {

// ["wake"] or ["un", ["able"]]: a unit that continues a word stands in a list of its own.
void read_word_units(Value& value, std::vector<UnitText>& units, std::string_view& fault) {
  static constexpr std::string_view kForm = "must hold strings, or lists of one string";
  const auto add = [&](Value& text, bool continuation) {
    if (type_of(text) == json_type::string) {
      units.push_back({std::string(string(text)), continuation});
    } else {
      fault = kForm;
      skip(text, 5);
    }
  };
  for_elements(value, [&](Value& unit) {
    if (type_of(unit) != json_type::array) {
      add(unit, false);
      return;
    }
    std::size_t count = 0;
    for_elements(unit, [&](Value& text) {
      ++count;
      add(text, true);
    });
    if (count != 1) fault = kForm;
  });
}

}  // namespace

void read_units(Value& value, std::vector<std::vector<UnitText>>& units, std::string_view& fault) {
  if (type_of(value) != json_type::array) {
    fault = "must be a list";
    skip(value, 2);
    return;
  }
  for_elements(value, [&](Value& word) {
    units.emplace_back();
    if (type_of(word) == json_type::array) {
      read_word_units(word, units.back(), fault);
    } else {
      fault = "must hold one list for each token";
      skip(word, 3);
    }
  });
}

void read_offsets(Value& value, std::vector<ByteRange>& offsets, std::string_view& fault) {
  static constexpr std::string_view kForm = "must be a list of [begin, end] pairs";
  if (type_of(value) != json_type::array) {
    fault = kForm;
    skip(value, 2);
    return;
  }
  for_elements(value, [&](Value& pair) {
    if (type_of(pair) != json_type::array) {
      fault = kForm;
      skip(pair, 3);
      return;
    }
    std::array<std::uint32_t, 2> range{};
    std::size_t count = 0;
    for_elements(pair, [&](Value& number) {
      if (type_of(number) != json_type::number) {
        fault = kForm;
        skip(number, 4);
      } else if (count >= 2 || !whole_number(scalar(number), range[count])) {
        scalar(number);
        fault = "must be pairs of whole numbers of bytes";
      }
      ++count;
    });
    if (count != 2) fault = kForm;
    offsets.push_back({range[0], range[1]});
  });
}

}  // namespace pnlp::json_walk

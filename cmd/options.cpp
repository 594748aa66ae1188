#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "nearest.hpp"
#include "pnlp/base/error.hpp"

namespace pnlp::cmd {
namespace {

// The whole of `text` as a number, or false.
template <typename T>
std::errc parse_whole(const std::string& text, T& value) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [at, error] = std::from_chars(begin, end, value);
  if (error == std::errc() && at != end) return std::errc::invalid_argument;
  return error;
}

template <typename T>
void check_range(const std::string& text, T value, T low, T high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorKind::usage, fmt::format("{} is not in the range {} to {}", text, low, high));
}

template <typename T>
std::function<void(const std::string&)> whole_number(T low, T high, std::function<void(T)> set) {
  return [low, high, set = std::move(set)](const std::string& text) {
    T value = 0;
    const std::errc error = parse_whole(text, value);
    if (error == std::errc::result_out_of_range || (low >= 0 && text.starts_with('-'))) {
      std::int64_t negative = 0;
      if (error == std::errc::result_out_of_range || parse_whole(text, negative) == std::errc()) {
        throw Error(ErrorKind::usage,
                    fmt::format("{} is not in the range {} to {}", text, low, high));
      }
    }
    if (error != std::errc()) {
      throw Error(ErrorKind::usage, fmt::format("'{}' is not a whole number", text));
    }
    check_range(text, value, low, high);
    set(value);
  };
}

template <typename T>
std::string range(T low, T high) {
  if (high == std::numeric_limits<T>::max()) return fmt::format("{} or more", low);
  return fmt::format("{} to {}", low, high);
}

}  // namespace

Option& Option::shown_default(std::string text) {
  default_text = std::move(text);
  return *this;
}

Option& Option::remedy(std::string text) {
  remedy_text = std::move(text);
  return *this;
}

Option& Option::first() {
  early = true;
  return *this;
}

Options::Options(std::string command, std::string summary, std::string usage)
    : command_(std::move(command)), summary_(std::move(summary)), usage_(std::move(usage)) {}

void Options::section(std::string title) {
  sections_.push_back(std::move(title));
}

Option& Options::add(const std::string& names, std::string value, std::string help) {
  if (sections_.empty()) section("Options");
  Option option;
  const std::size_t comma = names.find(',');
  option.name = names.substr(0, comma);
  if (comma != std::string::npos) option.letter = names.at(comma + 1);
  const bool taken = std::any_of(options_.begin(), options_.end(), [&](const Option& other) {
    return other.name == option.name || (option.letter != 0 && other.letter == option.letter);
  });
  if (taken) {
    throw Error(ErrorKind::internal, fmt::format("option {} is declared twice", names));
  }
  option.value = std::move(value);
  option.help = std::move(help);
  option.section = sections_.back();
  return options_.emplace_back(std::move(option));
}

Option& Options::flag(bool& target, const std::string& names, std::string help, bool truth) {
  Option& option = add(names, "", std::move(help));
  option.assign = [&target, truth](const std::string& text) {
    if (text != "true" && text != "false") {
      throw Error(ErrorKind::usage, fmt::format("'{}' is neither true nor false", text));
    }
    target = (text == "true") == truth;
  };
  return option;
}

void Options::bind_signed(Option& option, std::int64_t low, std::int64_t high,
                          std::function<void(std::int64_t)> set) {
  option.range_text = range(low, high);
  option.assign = whole_number<std::int64_t>(low, high, std::move(set));
}

void Options::bind_unsigned(Option& option, std::uint64_t low, std::uint64_t high,
                            std::function<void(std::uint64_t)> set) {
  option.range_text = range(low, high);
  option.assign = whole_number<std::uint64_t>(low, high, std::move(set));
}

void Options::bind_real(Option& option, double initial, bool single, double low, double high,
                        std::function<void(double)> set) {
  option.default_text =
      single ? fmt::format("{}", static_cast<float>(initial)) : fmt::format("{}", initial);
  if (low != std::numeric_limits<double>::lowest()) option.range_text = range(low, high);
  option.assign = [low, high, set = std::move(set)](const std::string& text) {
    double value = 0;
    if (parse_whole(text, value) != std::errc() || !std::isfinite(value)) {
      throw Error(ErrorKind::usage, fmt::format("'{}' is not a number", text));
    }
    check_range(text, value, low, high);
    set(value);
  };
}

void Options::bind_choice(Option& option, std::function<void(std::size_t)> set) {
  option.assign = [choices = option.choices, set = std::move(set)](const std::string& text) {
    const auto at = std::find(choices.begin(), choices.end(), text);
    if (at == choices.end()) {
      throw Error(ErrorKind::usage,
                  fmt::format("'{}' is not one of {}{}", text, fmt::join(choices, ", "),
                              suggestion(text, choices)));
    }
    set(static_cast<std::size_t>(at - choices.begin()));
  };
}

Option& Options::text(std::string& target, const std::string& names, std::string value,
                      std::string help) {
  Option& option = add(names, std::move(value), std::move(help));
  option.default_text = target;
  option.assign = [&target](const std::string& text) { target = text; };
  return option;
}

Option& Options::file(std::string& target, const std::string& names, std::string help,
                      std::string value) {
  Option& option = text(target, names, std::move(value), std::move(help));
  option.completion = Completion::file;
  option.assign = [&target](const std::string& text) {
    if (text.empty()) throw Error(ErrorKind::usage, "the name of a file cannot be empty");
    target = text;
  };
  return option;
}

Option& Options::texts(std::vector<std::string>& target, const std::string& names,
                       std::string value, std::string help) {
  Option& option = add(names, std::move(value), std::move(help));
  option.repeated = true;
  option.clear = [&target] { target.clear(); };
  option.assign = [&target](const std::string& text) { target.push_back(text); };
  return option;
}

Option& Options::files(std::vector<std::string>& target, const std::string& names, std::string help,
                       std::string value) {
  Option& option = texts(target, names, std::move(value), std::move(help));
  option.completion = Completion::file;
  return option;
}

Option& Options::list(std::vector<std::string>& target, const std::string& names, std::string value,
                      std::string help, std::vector<std::string> choices) {
  Option& option = add(names, std::move(value), std::move(help));
  option.default_text = target.empty() ? "none" : fmt::format("{}", fmt::join(target, ","));
  option.assign = [&target, known = std::move(choices)](const std::string& text) {
    target.clear();
    if (text == "none" || text.empty()) return;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string item = text.substr(begin, end - begin);
      if (!known.empty() && std::find(known.begin(), known.end(), item) == known.end()) {
        throw Error(ErrorKind::usage, fmt::format("'{}' is neither none nor one of {}{}", item,
                                                  fmt::join(known, ", "), suggestion(item, known)));
      }
      target.push_back(item);
      begin = end + 1;
    }
  };
  return option;
}

Option& Options::choice(std::string& target, const std::string& names, std::string value,
                        std::string help, std::vector<std::string> choices) {
  Option& option = add(names, std::move(value), std::move(help));
  option.default_text = target;
  option.choices = std::move(choices);
  bind_choice(option,
              [&target, known = option.choices](std::size_t index) { target = known[index]; });
  return option;
}

Option& Options::choice_of(const std::string& names, std::string value, std::string help,
                           std::vector<std::string> choices,
                           std::function<void(const std::string&)> set) {
  Option& option = add(names, std::move(value), std::move(help));
  option.choices = std::move(choices);
  bind_choice(option, [set = std::move(set), known = option.choices](std::size_t index) {
    set(known[index]);
  });
  return option;
}

Option& Options::texts_of(const std::string& names, std::string value, std::string help,
                          std::function<void()> clear,
                          std::function<void(const std::string&)> add_one) {
  Option& option = add(names, std::move(value), std::move(help));
  option.repeated = true;
  option.clear = std::move(clear);
  option.assign = std::move(add_one);
  return option;
}

void Options::operands(std::vector<std::string>& target, std::string value, std::string help,
                       std::size_t least, std::size_t most) {
  operands_ = &target;
  operand_value_ = std::move(value);
  operand_help_ = std::move(help);
  least_operands_ = least;
  most_operands_ = most;
}

void Options::finish() {
  section("General");
  file(config_, "config",
       "read options from FILE: a JSON object, or lines of name=value; options of the command "
       "line win");
  flag(help_, "help,h", "show this help and stop");
  flag(version_, "version", "show the version and stop");
}

const Option* Options::find(std::string_view name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found == options_.end() ? nullptr : &*found;
}

bool Options::given(std::string_view name) const {
  const Option* option = find(name);
  return option != nullptr && option->given;
}

std::vector<std::string> Options::long_names() const {
  std::vector<std::string> names;
  for (const Option& option : options_) names.push_back(option.name);
  return names;
}

}  // namespace pnlp::cmd

#include <fmt/format.h>

#include "options.hpp"

namespace pnlp::cmd {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kHelpColumn = 28;

// Appends `text` broken at spaces, every line after the first indented. `column` is where the
// cursor stands.
void append_wrapped(std::string& out, const std::string& text, std::size_t column,
                    std::size_t indent) {
  bool first = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (!first && column + 1 + word.size() > kWidth) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    first = false;
  }
  out += '\n';
}

std::string left_side(const Option& option) {
  std::string left = option.letter != 0 ? fmt::format("  -{}, ", option.letter) : "      ";
  left += "--" + option.name;
  if (!option.value.empty()) left += " " + option.value;
  return left;
}

std::string right_side(const Option& option) {
  std::string right = option.help;
  if (!option.choices.empty()) {
    right += fmt::format(": {}", fmt::join(option.choices, ", "));
  }
  if (!option.default_text.empty()) right += fmt::format(" [{}]", option.default_text);
  return right;
}

void append_option(std::string& out, const std::string& left, const std::string& right) {
  out += left;
  if (left.size() + 2 > kHelpColumn) {
    out += '\n';
    out.append(kHelpColumn, ' ');
  } else {
    out.append(kHelpColumn - left.size(), ' ');
  }
  append_wrapped(out, right, kHelpColumn, kHelpColumn);
}

}  // namespace

std::string help_text(const Options& options) {
  std::string out;
  append_wrapped(out, fmt::format("Usage: pnlp {} {}", options.command(), options.usage()), 0, 7);
  out += '\n';
  append_wrapped(out, options.summary(), 0, 0);
  if (options.takes_operands()) {
    out += '\n';
    append_option(out, "  " + options.operand_value(), options.operand_help());
  }
  for (const std::string& section : options.sections()) {
    out += fmt::format("\n{}:\n", section);
    for (const Option& option : options.all()) {
      if (option.section == section) append_option(out, left_side(option), right_side(option));
    }
  }
  out += fmt::format("\nSee pnlp-{}(1) for formats and examples.\n", options.command());
  return out;
}

}  // namespace pnlp::cmd

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>

#include "docs.hpp"

namespace pnlp::cmd {
namespace {

// Text that mdoc shows as it is.
std::string escaped(const std::string& text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

// As an argument of a macro: in quotes if mdoc might take it for something else.
std::string argument(const std::string& text) {
  const bool plain = text.size() > 2 && text.find(' ') == std::string::npos;
  return plain ? escaped(text) : fmt::format("\"{}\"", escaped(text));
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return escaped(text);
}

std::string item(const Option& option) {
  std::string line = ".It ";
  const std::string value = option.value.empty() ? "" : fmt::format(" Ar {}", option.value);
  if (option.letter != 0) line += fmt::format("Fl {}{} , ", option.letter, value);
  return line + fmt::format("Fl -{}{}\n", option.name, value);
}

std::string choices(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* end = i + 1 == names.size() ? " ." : " ,";
    out += fmt::format(".Cm {}{}\n", argument(names[i]), end);
  }
  return out;
}

std::string body(const Option& option) {
  std::string out = sentence(option.help);
  out += option.choices.empty() ? ".\n" : ":\n" + choices(option.choices);
  if (!option.range_text.empty()) out += fmt::format("Range: {}.\n", option.range_text);
  if (!option.default_text.empty()) {
    out += fmt::format("Default: {}.\n", escaped(option.default_text));
  }
  return out;
}

}  // namespace

std::string man_options(const Options& options) {
  std::string out;
  for (const std::string& section : options.sections()) {
    out += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", section);
    for (const Option& option : options.all()) {
      if (option.section == section) out += item(option) + body(option);
    }
    out += ".El\n";
  }
  return out;
}

std::string man_commands(const std::vector<Documented>& commands) {
  std::string out = ".Bl -tag -width tokenize\n";
  for (const Documented& one : commands) {
    out += fmt::format(".It Cm {}\n{}\nSee\n.Xr pnlp-{} 1 .\n", one.entry.name,
                       escaped(one.entry.summary), one.entry.name);
  }
  return out + ".El\n";
}

}  // namespace pnlp::cmd

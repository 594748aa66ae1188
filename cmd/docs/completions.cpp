#include <fmt/format.h>
#include <fmt/ranges.h>

#include "docs.hpp"

namespace pnlp::cmd {
namespace {

constexpr const char* kHeader =
    "# Made from the option tables by the target pnlp_docs: do not edit.\n";

std::string replaced(std::string text, char what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, 1, by);
  }
  return text;
}

std::vector<std::string> names(const std::vector<Documented>& commands) {
  std::vector<std::string> all;
  all.reserve(commands.size());
  for (const Documented& one : commands) all.emplace_back(one.entry.name);
  return all;
}

// "--output|-o", as a pattern of bash's case.
std::string pattern(const Option& option) {
  std::string out = fmt::format("--{}", option.name);
  if (option.letter != 0) out += fmt::format("|-{}", option.letter);
  return out;
}

std::string bash_values(const Option& option) {
  if (!option.choices.empty()) {
    return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
                       fmt::join(option.choices, " "));
  }
  if (option.completion == Completion::file)
    return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))";
  return ":";
}

// What completes a word that is no option.
std::string bash_operands(const Options& options) {
  return options.takes_operands() ? "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))"
                                  : ":";
}

std::string zsh_text(const std::string& text) {
  std::string out = replaced(text, '\\', "\\\\");
  for (const char special : {'[', ']', ':'})
    out = replaced(out, special, fmt::format("\\{}", special));
  return replaced(out, '\'', "'\\''");
}

std::string zsh_value(const Option& option) {
  if (option.value.empty()) return "";
  std::string action = " ";
  if (!option.choices.empty()) {
    action = fmt::format("({})", fmt::join(option.choices, " "));
  } else if (option.completion == Completion::file) {
    action = "_files";
  }
  return fmt::format(":{}:{}", zsh_text(option.value), action);
}

std::string zsh_option(const Option& option) {
  const std::string help = fmt::format("[{}]{}", zsh_text(option.help), zsh_value(option));
  const char* many = option.repeated ? "*" : "";
  const char* equals = option.value.empty() ? "" : "=";
  if (option.letter == 0) return fmt::format("'{}--{}{}{}'", many, option.name, equals, help);
  const char* joined = option.value.empty() ? "" : "+";
  const std::string exclusion =
      option.repeated ? "*" : fmt::format("(-{} --{})", option.letter, option.name);
  return fmt::format("'{}'{{-{}{},--{}{}}}'{}'", exclusion, option.letter, joined, option.name,
                     equals, help);
}

std::string fish_text(const std::string& text) {
  return fmt::format("'{}'", replaced(replaced(text, '\\', "\\\\"), '\'', "\\'"));
}

std::string fish_option(const std::string& command, const Option& option) {
  std::string line = fmt::format("complete -c pnlp -n '__fish_seen_subcommand_from {}' -l {}",
                                 command, option.name);
  if (option.letter != 0) line += fmt::format(" -s {}", option.letter);
  if (!option.choices.empty()) {
    line += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
  } else if (option.completion == Completion::file) {
    line += " -r -F";
  } else if (!option.value.empty()) {
    line += " -x";
  }
  return line + fmt::format(" -d {}\n", fish_text(option.help));
}

}  // namespace

std::string bash_completion(const std::vector<Documented>& commands) {
  std::string out = fmt::format("{}_pnlp() {{\n", kHeader);
  out +=
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word\n"
      "  # Bash cuts --name=value into three words.\n"
      "  if [[ $cur == '=' ]]; then\n"
      "    cur=\n"
      "  elif [[ $prev == '=' ]]; then\n"
      "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  fi\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n";
  out += fmt::format(
      "    COMPREPLY=($(compgen -W 'help {} --help --version' -- \"$cur\"))\n    return\n  fi\n",
      fmt::join(names(commands), " "));
  out += "  case ${COMP_WORDS[1]} in\n";
  out += fmt::format("    help) COMPREPLY=($(compgen -W '{}' -- \"$cur\")) ;;\n",
                     fmt::join(names(commands), " "));
  for (const Documented& one : commands) {
    out += fmt::format("    {})\n      case $prev in\n", one.entry.name);
    std::vector<std::string> all;
    for (const Option& option : one.options->all()) {
      all.push_back(fmt::format("--{}", option.name));
      if (!option.value.empty()) {
        out += fmt::format("        {}) {} ;;\n", pattern(option), bash_values(option));
      }
    }
    out += fmt::format(
        "        *)\n          if [[ $cur == -* ]]; then\n"
        "            COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n          else\n"
        "            {}\n          fi\n          ;;\n      esac\n      ;;\n",
        fmt::join(all, " "), bash_operands(*one.options));
  }
  return out + "  esac\n}\ncomplete -F _pnlp pnlp\n";
}

std::string zsh_completion(const std::vector<Documented>& commands) {
  std::string out = fmt::format("#compdef pnlp\n{}_pnlp() {{\n", kHeader);
  out +=
      "  local context state state_descr line\n  local -A opt_args\n  local -a commands\n  "
      "commands=(\n";
  for (const Documented& one : commands) {
    out += fmt::format("    '{}:{}'\n", one.entry.name, replaced(one.entry.summary, '\'', "'\\''"));
  }
  out +=
      "  )\n  _arguments -C '(- *)--help[show the commands]' '(- *)--version[show the version]' "
      "\\\n"
      "    '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n    command) _describe command commands ;;\n    argument)\n"
      "      case $line[1] in\n";
  for (const Documented& one : commands) {
    out += fmt::format("        {})\n          _arguments -s -S \\\n", one.entry.name);
    for (const Option& option : one.options->all()) {
      out += fmt::format("            {} \\\n", zsh_option(option));
    }
    if (one.options->takes_operands()) {
      out += fmt::format("            '*:{}:_files' \\\n", one.options->operand_value());
    }
    out += "            && return\n          ;;\n";
  }
  return out + "      esac\n      ;;\n  esac\n}\n_pnlp \"$@\"\n";
}

std::string fish_completion(const std::vector<Documented>& commands) {
  std::string out = kHeader;
  const std::string all = fmt::format("{}", fmt::join(names(commands), " "));
  out += fmt::format(
      "complete -c pnlp -n 'not __fish_seen_subcommand_from {0}' -f -l help -d 'show the "
      "commands'\n"
      "complete -c pnlp -n 'not __fish_seen_subcommand_from {0}' -f -l version -d 'show the "
      "version'\n",
      all);
  for (const Documented& one : commands) {
    out += fmt::format("complete -c pnlp -n 'not __fish_seen_subcommand_from {}' -f -a {} -d {}\n",
                       all, one.entry.name, fish_text(one.entry.summary));
    for (const Option& option : one.options->all()) out += fish_option(one.entry.name, option);
  }
  return out;
}

}  // namespace pnlp::cmd

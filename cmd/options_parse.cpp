// Parsing by CLI11: the table becomes a CLI::App that only sorts arguments into options and
// operands; numbers, choices and messages are the table's own.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "nearest.hpp"
#include "options.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"

namespace pnlp::cmd {
namespace {

constexpr std::uint64_t kMaxConfig = 16ULL << 20;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// A configuration value as the text that the command line would have.
std::string scalar_text(const JsonValue& value, const Place& place, const std::string& key) {
  switch (value.kind) {
    case JsonValue::Kind::string:
      return value.string;
    case JsonValue::Kind::boolean:
      return value.boolean ? "true" : "false";
    case JsonValue::Kind::number:
      return fmt::format("{}", value.number);
    default:
      throw Error(ErrorKind::data, place,
                  fmt::format("\"{}\" must be a string, a number, true, false, or an array of "
                              "these",
                              key));
  }
}

using Pairs = std::vector<std::pair<std::string, std::vector<std::string>>>;

Pairs json_pairs(const std::string& text, const std::string& path) {
  const Place place{path, 0};
  JsonValue root;
  try {
    root = parse_json(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::data, place, error.what());
  }
  Pairs pairs;
  for (const auto& [key, value] : root.members) {
    std::vector<std::string>& values = pairs.emplace_back(key, std::vector<std::string>()).second;
    if (value.kind == JsonValue::Kind::array) {
      for (const JsonValue& item : value.items) values.push_back(scalar_text(item, place, key));
    } else {
      values.push_back(scalar_text(value, place, key));
    }
  }
  return pairs;
}

Pairs line_pairs(const std::string& text, const std::string& path) {
  Pairs pairs;
  std::uint64_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trim(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      throw Error(ErrorKind::data, Place{path, number},
                  fmt::format("'{}' is not of the form name=value", line.substr(0, 60)));
    }
    const std::string key(trim(line.substr(0, equals)));
    const std::string value(trim(line.substr(equals + 1)));
    const auto same = std::find_if(pairs.begin(), pairs.end(),
                                   [&](const auto& pair) { return pair.first == key; });
    if (same == pairs.end()) {
      pairs.emplace_back(key, std::vector<std::string>{value});
    } else {
      same->second.push_back(value);
    }
  }
  return pairs;
}

bool dashed(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-';
}

}  // namespace

void Options::refuse(const std::string& message) const {
  throw Error(ErrorKind::usage, fmt::format("{} (see pnlp {} --help)", message, command_));
}

Options::Values Options::read_arguments(std::span<const std::string> arguments) {
  // What follows "--" is cut off here: CLI11 cannot tell us afterwards whether a leftover "-x"
  // stood before or after it.
  const auto marker = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> before;
  for (auto at = arguments.begin(); at != marker; ++at) {
    // CLI11 takes the argument after "--name=" for the value; an empty value was meant.
    const bool empty_value = at->starts_with("--") && at->ends_with('=') &&
                             std::any_of(options_.begin(), options_.end(), [&](const Option& o) {
                               return !o.value.empty() && *at == "--" + o.name + "=";
                             });
    if (empty_value) {
      before.push_back(at->substr(0, at->size() - 1));
      before.emplace_back();
    } else {
      before.push_back(*at);
    }
  }

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> bound;
  for (const Option& option : options_) {
    std::string names = "--" + option.name;
    if (option.letter != 0) names += fmt::format(",-{}", option.letter);
    CLI::Option* one = nullptr;
    if (option.value.empty()) {
      one = app.add_flag(names);
    } else {
      one = app.add_option(names, [](const CLI::results_t&) { return true; });
      one->type_size(1)->expected(1)->allow_extra_args(false);
    }
    bound.push_back(one->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
  }
  std::reverse(before.begin(), before.end());  // CLI11's vector form is a stack
  try {
    app.parse(before);
  } catch (const CLI::ParseError& error) {
    for (std::size_t i = 0; i < bound.size(); ++i) {
      const std::string name = error.what();
      if (name.starts_with(bound[i]->get_name() + ":")) {
        refuse(fmt::format("option --{} needs a value", options_[i].name));
      }
    }
    refuse(error.what());
  }

  Values values(options_.size());
  for (std::size_t i = 0; i < bound.size(); ++i) values[i] = bound[i]->results();
  // --help and --version win over everything that might be wrong with the rest.
  const auto asked = [&](std::string_view name) {
    for (std::size_t i = 0; i < options_.size(); ++i) {
      if (options_[i].name == name) return !values[i].empty();
    }
    return false;
  };
  help_ = asked("help");
  version_ = asked("version");
  if (help_ || version_) return values;

  for (const std::string& extra : app.remaining()) {
    if (dashed(extra)) {
      const std::string typed = extra.substr(0, extra.find('='));
      std::vector<std::string> known;
      for (const std::string& name : long_names()) known.push_back("--" + name);
      refuse(fmt::format("unknown option '{}'{}", typed,
                         typed.starts_with("--") ? suggestion(typed, known) : ""));
    }
  }
  std::vector<std::string> rest = app.remaining();
  if (marker != arguments.end()) rest.insert(rest.end(), marker + 1, arguments.end());
  if (operands_ != nullptr) {
    *operands_ = rest;
  } else if (!rest.empty()) {
    refuse(fmt::format("unexpected argument '{}'", rest.front()));
  }
  return values;
}

Options::Values Options::read_config(const std::string& path) const {
  const std::string text = read_file(path, kMaxConfig);
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string::npos && text[start] == '{';
  const Place place{path == "-" ? "standard input" : path, 0};
  const Pairs pairs = json ? json_pairs(text, place.file) : line_pairs(text, place.file);

  Values values(options_.size());
  for (const auto& [key, given_values] : pairs) {
    const auto at = std::find_if(options_.begin(), options_.end(),
                                 [&, &name = key](const Option& o) { return o.name == name; });
    if (at == options_.end()) {
      throw Error(ErrorKind::usage, place,
                  fmt::format("unknown option '{}'{}", key, suggestion(key, long_names())));
    }
    if (key == "config" || key == "help" || key == "version") {
      throw Error(ErrorKind::usage, place, fmt::format("'{}' cannot be given in a file", key));
    }
    values[static_cast<std::size_t>(at - options_.begin())] = given_values;
  }
  return values;
}

void Options::assign(const Values& flags, const Values& config, const std::string& config_path) {
  // Early options (presets) first: what is asked for by name then overrides them, wherever it
  // stands.
  for (const bool early : {true, false}) {
    for (std::size_t i = 0; i < options_.size(); ++i) {
      Option& option = options_[i];
      const bool from_config = flags[i].empty();
      const std::vector<std::string>& values = from_config ? config[i] : flags[i];
      if (values.empty() || option.early != early) continue;
      option.given = true;
      option.given_in_config = from_config;
      option.given_values = values;
      if (option.repeated) option.clear();
      try {
        if (option.repeated) {
          for (const std::string& value : values) option.assign(value);
        } else {
          option.assign(values.back());
        }
      } catch (const Error& error) {
        const std::string message =
            fmt::format("--{}: {}{}{}", option.name, error.what(),
                        option.remedy_text.empty() ? "" : "; ", option.remedy_text);
        if (error.kind() != ErrorKind::usage) throw;
        if (from_config) throw Error(ErrorKind::usage, Place{config_path, 0}, message);
        refuse(message);
      }
    }
  }
}

Options::Asked Options::parse(std::span<const std::string> arguments) {
  const Values flags = read_arguments(arguments);
  if (help_) return Asked::help;
  if (version_) return Asked::version;
  Values config(options_.size());
  for (std::size_t i = 0; i < options_.size(); ++i) {
    if (options_[i].name == "config" && !flags[i].empty()) config_ = flags[i].back();
  }
  if (!config_.empty()) config = read_config(config_);
  assign(flags, config, config_);
  if (operands_ != nullptr) {
    if (operands_->size() < least_operands_) {
      refuse(fmt::format("a {} must be given", operand_value_));
    }
    if (operands_->size() > most_operands_) {
      refuse(fmt::format("unexpected argument '{}'", (*operands_)[most_operands_]));
    }
  }
  return Asked::run;
}

}  // namespace pnlp::cmd

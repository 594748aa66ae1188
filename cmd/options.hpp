// The option table of a subcommand. From this one table come the parser, --help, the man page's
// OPTIONS, and the completions of bash, zsh and fish.
// An option is bound to a variable of the subcommand when it is declared; the variable's value at
// that moment is the default.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pnlp::cmd {

enum class Completion : std::uint8_t { none, file, folder };

struct Option {
  std::string name;   // long name without dashes
  char letter = 0;    // short name, 0: none
  std::string value;  // what stands for the value in help ("FILE"); empty: a flag
  std::string help;
  std::string section;
  std::string default_text;  // as help shows it; empty: not shown
  std::string range_text;    // "1 to 4096"; empty: no range
  std::vector<std::string> choices;
  Completion completion = Completion::none;
  bool repeated = false;    // each use adds a value
  bool early = false;       // applied before the others (a preset, which they then override)
  std::string remedy_text;  // added to the message when a value is refused
  bool given = false;       // on the command line or in the configuration file
  bool given_in_config = false;
  std::vector<std::string> given_values;           // as they were written
  std::function<void()> clear;                     // repeated: forgets the default
  std::function<void(const std::string&)> assign;  // throws Error(usage): "'12abc' is not ..."

  Option& shown_default(std::string text);
  Option& remedy(std::string text);
  Option& first();
};

class Options {
 public:
  // `usage` follows "pnlp NAME" in the first line of help.
  Options(std::string command, std::string summary, std::string usage);
  ~Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  Options(Options&&) = delete;
  Options& operator=(Options&&) = delete;

  // Options declared from here on stand under this title.
  void section(std::string title);

  // `names` is "threads" or "threads,j". Sets `target` to `truth`.
  Option& flag(bool& target, const std::string& names, std::string help, bool truth = true);

  template <typename T>
  requires std::is_integral_v<T> Option& integer(T& target, const std::string& names,
                                                 std::string value, std::string help,
                                                 std::type_identity_t<T> low,
                                                 std::type_identity_t<T> high) {
    Option& option = add(names, std::move(value), std::move(help));
    option.default_text = std::to_string(target);
    if constexpr (std::is_signed_v<T>) {
      bind_signed(option, low, high, [&target](std::int64_t v) { target = static_cast<T>(v); });
    } else {
      bind_unsigned(option, low, high, [&target](std::uint64_t v) { target = static_cast<T>(v); });
    }
    return option;
  }

  // `low` <= value <= `high`; never infinite nor NaN.
  template <typename T>
  requires std::is_floating_point_v<T> Option& real(
      T& target, const std::string& names, std::string value, std::string help,
      double low = std::numeric_limits<double>::lowest(),
      double high = std::numeric_limits<double>::max()) {
    Option& option = add(names, std::move(value), std::move(help));
    bind_real(option, target, std::is_same_v<T, float>, low, high,
              [&target](double v) { target = static_cast<T>(v); });
    return option;
  }

  // Stays empty when it is not given.
  template <typename T>
  Option& real(std::optional<T>& target, const std::string& names, std::string value,
               std::string help, double low, double high) {
    Option& option = add(names, std::move(value), std::move(help));
    bind_real(option, 0, true, low, high, [&target](double v) { target = static_cast<T>(v); });
    return option.shown_default("");
  }

  Option& text(std::string& target, const std::string& names, std::string value, std::string help);
  // Text that the shell completes to a file's name. The file is not looked at: lib opens it.
  Option& file(std::string& target, const std::string& names, std::string help,
               std::string value = "FILE");
  // Each use adds one.
  Option& files(std::vector<std::string>& target, const std::string& names, std::string help,
                std::string value = "FILE");
  Option& texts(std::vector<std::string>& target, const std::string& names, std::string value,
                std::string help);
  // One value, comma-separated ("a,b,c"); "none" is the empty list. With choices, each is one of
  // them.
  Option& list(std::vector<std::string>& target, const std::string& names, std::string value,
               std::string help, std::vector<std::string> choices = {});
  Option& choice(std::string& target, const std::string& names, std::string value, std::string help,
                 std::vector<std::string> choices);
  // Named values of an enum.
  template <typename E>
  requires std::is_enum_v<E> Option& choice(E& target, const std::string& names, std::string value,
                                            std::string help,
                                            std::vector<std::pair<std::string, E>> choices) {
    Option& option = add(names, std::move(value), std::move(help));
    for (const auto& [name, chosen] : choices) {
      option.choices.push_back(name);
      if (chosen == target) option.default_text = name;
    }
    bind_choice(option, [&target, choices = std::move(choices)](std::size_t index) {
      target = choices[index].second;
    });
    return option;
  }
  // One of `choices`, handed to `set`.
  Option& choice_of(const std::string& names, std::string value, std::string help,
                    std::vector<std::string> choices, std::function<void(const std::string&)> set);
  // Each use hands one text to `add`, which may throw Error(usage) with a message that begins with
  // the value; `clear` comes before the first.
  Option& texts_of(const std::string& names, std::string value, std::string help,
                   std::function<void()> clear, std::function<void(const std::string&)> add);

  // The arguments that are no options. Without this call there must be none.
  void operands(std::vector<std::string>& target, std::string value, std::string help,
                std::size_t least = 0, std::size_t most = std::numeric_limits<std::size_t>::max());

  // Adds --config, --help and --version, which every subcommand has. Called last.
  void finish();

  enum class Asked : std::uint8_t { run, help, version };
  // Parses everything after the subcommand's name, then --config's file, and assigns: flags over
  // configuration over defaults. Errors: usage (messages carry the nearest match); io, data (the
  // configuration file).
  Asked parse(std::span<const std::string> arguments);
  // Whether the option was asked for, on the command line or in the configuration file.
  bool given(std::string_view name) const;
  // Null if there is no such option.
  const Option* find(std::string_view name) const;

  // For help, man pages and completions.
  const std::string& command() const { return command_; }
  const std::string& summary() const { return summary_; }
  const std::string& usage() const { return usage_; }
  const std::deque<Option>& all() const { return options_; }
  const std::vector<std::string>& sections() const { return sections_; }
  const std::string& operand_value() const { return operand_value_; }
  const std::string& operand_help() const { return operand_help_; }
  bool takes_operands() const { return operands_ != nullptr; }

 private:
  using Values = std::vector<std::vector<std::string>>;  // by option

  Option& add(const std::string& names, std::string value, std::string help);
  void bind_signed(Option& option, std::int64_t low, std::int64_t high,
                   std::function<void(std::int64_t)> set);
  void bind_unsigned(Option& option, std::uint64_t low, std::uint64_t high,
                     std::function<void(std::uint64_t)> set);
  void bind_real(Option& option, double initial, bool single, double low, double high,
                 std::function<void(double)> set);
  void bind_choice(Option& option, std::function<void(std::size_t)> set);
  std::vector<std::string> long_names() const;
  Values read_arguments(std::span<const std::string> arguments);
  Values read_config(const std::string& path) const;
  void assign(const Values& flags, const Values& config, const std::string& config_path);
  [[noreturn]] void refuse(const std::string& message) const;

  std::string command_;
  std::string summary_;
  std::string usage_;
  std::deque<Option> options_;  // a deque: references stay valid
  std::vector<std::string> sections_;
  std::vector<std::string>* operands_ = nullptr;
  std::string operand_value_;
  std::string operand_help_;
  std::size_t least_operands_ = 0;
  std::size_t most_operands_ = 0;
  std::string config_;
  bool help_ = false;
  bool version_ = false;
};

// The text of --help, wrapped at 80 columns.
std::string help_text(const Options& options);

}  // namespace pnlp::cmd

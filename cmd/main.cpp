// pnlp: chooses the subcommand, runs it, and turns what it throws into a message and a status.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "command.hpp"
#include "interrupt.hpp"
#include "nearest.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"
#include "version.hpp"

namespace pnlp::cmd {
namespace {

void complain(std::string_view command, std::string_view message) {
  fmt::print(stderr, "pnlp{}{}: {}\n", command.empty() ? "" : " ", command, message);
}

void print(const std::string& text) {
  OutputFile out("-");
  out.write(text);
  out.commit();
}

std::string overview() {
  std::string text =
      "Usage: pnlp COMMAND [OPTION]... [FILE]...\n\n"
      "Label texts with models of about one megabyte.\n\nCommands:\n";
  for (const CommandEntry& entry : commands()) {
    text += fmt::format("  {:<10} {}\n", entry.name, entry.summary);
  }
  text +=
      "\n'pnlp COMMAND --help' lists the options of a command; pnlp(1) is the manual.\n"
      "'pnlp --version' says what this program is made of.\n";
  return text;
}

const CommandEntry& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const CommandEntry& entry : commands()) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  throw Error(ErrorKind::usage, fmt::format("unknown {} '{}'{} (see pnlp --help)",
                                            name.starts_with('-') ? "option" : "command", name,
                                            suggestion(name, names)));
}

int run_command(const CommandEntry& entry, std::span<const std::string> arguments) {
  const std::unique_ptr<Command> command = entry.make();
  Options options(entry.name, entry.summary, entry.usage);
  command->declare(options);
  options.finish();
  switch (options.parse(arguments)) {
    case Options::Asked::help:
      print(help_text(options));
      return kDone;
    case Options::Asked::version:
      print(version_text());
      return kDone;
    case Options::Asked::run:
      break;
  }
  return command->run(options);
}

// `name` is set as soon as it is known, for messages.
int dispatch(const std::vector<std::string>& arguments, std::string& name) {
  if (arguments.empty()) {
    throw Error(ErrorKind::usage, "a command must be given (see pnlp --help)");
  }
  const std::string& first = arguments.front();
  const std::span<const std::string> rest(arguments.begin() + 1, arguments.end());
  if (first == "--help" || first == "-h" || (first == "help" && rest.empty())) {
    print(overview());
    return kDone;
  }
  if (first == "--version") {
    print(version_text());
    return kDone;
  }
  if (first == "help") {
    const std::string asked[] = {"--help"};
    return run_command(find_command(rest.front()), asked);
  }
  const CommandEntry& entry = find_command(first);
  name = entry.name;
  return run_command(entry, rest);
}

int run_main(int argc, char** argv) {
  handle_signals();
  std::string name;
  try {
    return dispatch(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), name);
  } catch (const ClosedPipe&) {
    return kDone;  // the reader has what it wanted
  } catch (const Error& error) {
    complain(name, error.what());
  } catch (const std::bad_alloc&) {
    complain(name, "not enough memory");
  } catch (const std::exception& error) {
    complain(name, fmt::format("internal error: {}", error.what()));
  }
  return kFailed;
}

}  // namespace
}  // namespace pnlp::cmd

int main(int argc, char** argv) {
  return pnlp::cmd::run_main(argc, argv);
}

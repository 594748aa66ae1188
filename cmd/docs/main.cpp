// pnlp_docs SOURCE TARGET: writes TARGET/man/*.1 from SOURCE/man/*.1.in, and TARGET/completions/*.
// A page's line "@OPTIONS@" becomes the options of its subcommand, "@COMMANDS@" the list of
// subcommands.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "docs.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/io/file.hpp"

namespace pnlp::cmd {

std::vector<Documented> documented_commands() {
  std::vector<Documented> all;
  for (const CommandEntry& entry : commands()) {
    Documented one{entry, entry.make(),
                   std::make_unique<Options>(entry.name, entry.summary, entry.usage)};
    one.command->declare(*one.options);
    one.options->finish();
    all.push_back(std::move(one));
  }
  return all;
}

namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
  OutputFile file(path.string());
  file.write(text);
  file.commit();
}

std::string page(const std::string& path, const std::string& mark, const std::string& text) {
  std::string body = read_file(path);
  const std::string line = mark + "\n";
  const std::size_t at = body.find(line);
  if (at == std::string::npos) {
    throw Error(ErrorKind::data, fmt::format("{}: there is no line {}", path, mark));
  }
  body.replace(at, line.size(), text);
  // Comments are allowed anywhere, and this one must not be lost in the copy.
  return ".\\\" Made from " + std::filesystem::path(path).filename().string() +
         " and the option table by the target pnlp_docs: do not edit.\n" + body;
}

void write_all(const std::filesystem::path& source, const std::filesystem::path& target) {
  std::filesystem::create_directories(target / "man");
  std::filesystem::create_directories(target / "completions");
  const std::vector<Documented> all = documented_commands();
  for (const Documented& one : all) {
    const std::string name = fmt::format("pnlp-{}.1", one.entry.name);
    write_file(target / "man" / name, page((source / "man" / (name + ".in")).string(), "@OPTIONS@",
                                           man_options(*one.options)));
  }
  write_file(target / "man/pnlp.1",
             page((source / "man/pnlp.1.in").string(), "@COMMANDS@", man_commands(all)));
  write_file(target / "completions/pnlp.bash", bash_completion(all));
  write_file(target / "completions/_pnlp", zsh_completion(all));
  write_file(target / "completions/pnlp.fish", fish_completion(all));
}

}  // namespace
}  // namespace pnlp::cmd

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: pnlp_docs SOURCE TARGET\n");
    return 2;
  }
  try {
    pnlp::cmd::write_all(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pnlp_docs: {}\n", error.what());
    return 2;
  }
  return 0;
}

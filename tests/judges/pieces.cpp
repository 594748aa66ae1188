// Prints the pieces of each line of standard input, joined by spaces: the library before a judge.
// usage: judge_pieces TOKENIZER < texts
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "pnlp/text/tokenizer.hpp"

int main(int argc, char** argv) {
  try {
    const auto tokenizer = pnlp::open_tokenizer(argc > 1 ? argv[1] : "");
    std::string line;
    std::vector<std::string> pieces;
    while (std::getline(std::cin, line)) {
      tokenizer->pieces(line, pieces);
      for (std::size_t i = 0; i < pieces.size(); ++i) std::cout << (i > 0 ? " " : "") << pieces[i];
      std::cout << '\n';
    }
    return std::cout.flush() ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "judge_pieces: %s\n", error.what());
    return 2;
  }
}

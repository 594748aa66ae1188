#include <cstdio>
#include <pnlp/text/tokenizer.hpp>
int main() {
  pnlp::Tokens tokens;
  pnlp::open_tokenizer("chars")->tokenize("wake me at seven tomorrow", tokens);
  std::printf("%zu\n", tokens.words.size());
}

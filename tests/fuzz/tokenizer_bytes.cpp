// A tokenizer from any bytes: refused with an Error, or it tokenizes. The first byte chooses the
// kind, and whether an index follows the vocabulary, whose length two bytes then tell.
#include <algorithm>
#include <array>
#include <cstdint>

#include "pnlp/base/error.hpp"
#include "pnlp/text/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<const char*, 4> kKinds = {"spm", "wordpiece", "wordpiece-uncased",
                                                        "chars"};
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string index;
  if (data[0] % 8 >= 4 && bytes.size() > 2) {
    const std::size_t split = data[1] + 256UL * data[2];
    index = bytes.substr(std::min(2 + split, bytes.size()));
    bytes = bytes.substr(2, split);
  }
  try {
    const auto tokenizer =
        pnlp::tokenizer_from_bytes(kKinds[data[0] % kKinds.size()], bytes, index);
    pnlp::Tokens tokens;
    tokenizer->tokenize("wake me, \u2116 7 \u0301\ufb01 明天 \u0e2a\u0e48\u0e07 a\u0308\xff",
                        tokens);
    std::vector<std::string> pieces;
    tokenizer->pieces(bytes, pieces);
  } catch (const pnlp::Error&) {
    return 0;
  }
  return 0;
}

// A tokenizer from any bytes: refused with an Error, or it tokenizes. The first byte chooses the
// kind.
#include <array>
#include <cstdint>

#include "pnlp/base/error.hpp"
#include "pnlp/text/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<const char*, 4> kKinds = {"spm", "wordpiece", "wordpiece-uncased",
                                                        "chars"};
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const auto tokenizer = pnlp::tokenizer_from_bytes(kKinds[data[0] % kKinds.size()], bytes);
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

// Feeds a fuzz target the files of a folder: each whole, cut after every byte (or at 512 places),
// and with single bits flipped at as many places. For compilers without libFuzzer.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "pnlp/base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// From memory of exactly this size, so that the address sanitizer sees a read past the end.
void feed(const std::string& bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void feed_variants(const std::string& bytes) {
  constexpr std::size_t kPlaces = 512;
  feed(bytes);
  const std::size_t step = bytes.size() / kPlaces + 1;
  for (std::size_t i = 0; i < bytes.size(); i += step) feed(bytes.substr(0, i));
  pnlp::Random random(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    std::string damaged = bytes;
    damaged[i] =
        static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << random.below(8)));
    feed(damaged);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      feed_variants({std::istreambuf_iterator<char>(file), {}});
      ++files;
    }
  }
  if (files == 0) std::fputs("no file to feed\n", stderr);
  return files == 0 ? 1 : 0;
}

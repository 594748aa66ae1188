// A checkpoint of two weights from any bytes: refused with an Error, or it survives its own bytes.
// An even first byte: the rest is the file. An odd one: the rest is the state, which gets a right
// magic, fingerprint and checksum.
#include <cstdint>
#include <string>
#include <string_view>

#include "../unit/memory_file.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/task/checkpoint.hpp"
#include "require.hpp"

namespace {

using namespace pnlp;

constexpr std::uint64_t kFingerprint = 7;
constexpr std::size_t kWeights = 2;

std::string sealed(std::string_view state) {
  ByteWriter out;
  out.raw("PNLPCKP1");
  out.u64(kFingerprint);
  out.raw(state);
  out.u64(hash64(out.bytes()));
  return out.take();
}

std::string saved(const TrainingState& state) {
  const MemoryFile file;
  save_checkpoint(state, kFingerprint, file.path());
  return read_file(file.path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes = data[0] % 2 == 0 ? std::string(rest) : sealed(rest);
  const MemoryFile file(bytes);
  TrainingState state;
  try {
    state = load_checkpoint(file.path(), kFingerprint, kWeights);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::data);
    require(std::string_view(error.what()).starts_with(file.path()));
    return 0;
  }
  require(state.weights.size() == kWeights && state.adam.first.size() == kWeights);
  const std::string again = saved(state);
  const MemoryFile copy(again);
  require(saved(load_checkpoint(copy.path(), kFingerprint, kWeights)) == again);
  return 0;
}

// A model's configuration from any bytes: refused with an Error, or a network can be laid out by
// it, and it survives its own bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pnlp/base/error.hpp"
#include "pnlp/model/config.hpp"
#include "pnlp/model/network.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pnlp::ModelConfig config;
  try {
    config = pnlp::decode_config({reinterpret_cast<const char*>(data), size});
  } catch (const pnlp::Error& error) {
    if (error.kind() != pnlp::ErrorKind::data) std::abort();
    return 0;
  }
  const pnlp::Network network(config);
  if (network.layout().size() == 0) std::abort();
  if (pnlp::decode_config(pnlp::encode_config(config)) != config) std::abort();
  return 0;
}

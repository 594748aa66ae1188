#include "pnlp/base/error.hpp"

namespace pnlp {
namespace {

std::string placed(const Place& place, const std::string& message) {
  if (place.file.empty()) return message;
  if (place.line == 0) return place.file + ": " + message;
  return place.file + ":" + std::to_string(place.line) + ": " + message;
}

}  // namespace

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(message), kind_(kind) {}

Error::Error(ErrorKind kind, const Place& place, const std::string& message)
    : std::runtime_error(placed(place, message)), kind_(kind) {}

}  // namespace pnlp

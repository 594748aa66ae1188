// The one error type of the library: a kind, a place, and a sentence that says
// what was wrong, with which value, and what to do about it.
// Thrown anywhere in lib/, caught once in cmd/main.cpp.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pnlp {

enum class ErrorKind {
  usage,     // the caller asked for something that makes no sense
  data,      // the input is not what its format promises
  io,        // the operating system refused
  internal,  // a fault of pnlp itself
};

// Where an error was seen. `line` counts from 1; 0 means that no line is known.
struct Place {
  std::string file;
  std::uint64_t line = 0;
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);
  // what() becomes "file:line: message", or "file: message" without a line.
  Error(ErrorKind kind, const Place& place, const std::string& message);

  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace pnlp

// Names of the temporary files that exist at this moment, in a fixed table that a signal handler
// may read.
#pragma once

#include <string>

namespace pnlp {

// Registers a name for as long as it lives; the destructor removes the file unless release() was
// called.
class Temporary {
 public:
  // The name is registered before the file exists, so that no signal can fall in between.
  // Errors: io (name longer than the system allows, table full).
  explicit Temporary(const std::string& path);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  Temporary(Temporary&&) = delete;
  Temporary& operator=(Temporary&&) = delete;

  const char* path() const;
  // The file has been renamed (or never came to be): forget the name, remove nothing.
  void release();

 private:
  int slot_ = -1;
};

}  // namespace pnlp

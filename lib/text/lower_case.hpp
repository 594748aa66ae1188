// Lower case as ICU's root locale has it (full mappings, final sigma), with a fast path for ASCII.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pnlp {

class LowerCase {
 public:
  LowerCase();
  ~LowerCase();
  LowerCase(const LowerCase&) = delete;
  LowerCase& operator=(const LowerCase&) = delete;
  LowerCase(LowerCase&&) noexcept;
  LowerCase& operator=(LowerCase&&) noexcept;

  // Valid until the next call. Bytes that are not UTF-8 stay as they are.
  std::string_view operator()(std::string_view text);

 private:
  struct Map;
  std::unique_ptr<Map> map_;
  std::string buffer_;
};

}  // namespace pnlp

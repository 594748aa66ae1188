// Read-only numbers and texts together with what keeps them alive: memory of their own, or a file
// in memory that they are a part of. Copies share them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pnlp {

template <typename T>
class Held {
 public:
  Held() = default;
  Held(std::vector<T> values) {  // NOLINT(google-explicit-constructor): owns them
    const auto own = std::make_shared<const std::vector<T>>(std::move(values));
    values_ = *own;
    keeper_ = own;
  }
  // `keeper` keeps `values` alive.
  Held(std::span<const T> values, std::shared_ptr<const void> keeper)
      : keeper_(std::move(keeper)), values_(values) {}

  const T* data() const { return values_.data(); }
  std::size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  const T* begin() const { return values_.data(); }
  const T* end() const { return values_.data() + values_.size(); }
  const T& operator[](std::size_t index) const { return values_[index]; }
  std::vector<T> copy() const { return {begin(), end()}; }
  friend bool operator==(const Held& a, const Held& b) { return std::ranges::equal(a, b); }

 private:
  std::shared_ptr<const void> keeper_;
  std::span<const T> values_;
};

class HeldText {
 public:
  HeldText() = default;
  HeldText(std::string text) {  // NOLINT(google-explicit-constructor): owns it
    const auto own = std::make_shared<const std::string>(std::move(text));
    text_ = *own;
    keeper_ = own;
  }
  HeldText(const char* text)  // NOLINT(google-explicit-constructor)
      : HeldText(std::string(text)) {}
  // `keeper` keeps `text` alive.
  HeldText(std::string_view text, std::shared_ptr<const void> keeper)
      : keeper_(std::move(keeper)), text_(text) {}

  std::string_view text() const { return text_; }
  std::size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  // `part` of text(), kept alive with it.
  HeldText with(std::string_view part) const { return {part, keeper_}; }
  template <typename T>
  Held<T> with(std::span<const T> part) const {
    return {part, keeper_};
  }
  friend bool operator==(const HeldText& a, const HeldText& b) { return a.text_ == b.text_; }

 private:
  std::shared_ptr<const void> keeper_;
  std::string_view text_;
};

}  // namespace pnlp

#include "pnlp/feature/word_channels.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pnlp/base/hash.hpp"
#include "pnlp/feature/code_points.hpp"
#include "pnlp/text/char_class.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kAffixes = 4;
constexpr std::size_t kLetters = 12;
constexpr std::size_t kShortestNgram = 3;
constexpr std::size_t kLongestNgram = 5;
constexpr std::size_t kMaxLength = 20;
constexpr std::size_t kMaxShape = 16;
constexpr std::string_view kBoundaryMark = "\xe2\x96\x81";  // U+2581

constexpr std::array<std::pair<std::string_view, WordChannel>, 8> kChannels = {{
    {"word", WordChannel::word},
    {"lower", WordChannel::lower},
    {"folded", WordChannel::folded},
    {"prefix", WordChannel::prefix},
    {"suffix", WordChannel::suffix},
    {"shape", WordChannel::shape},
    {"length", WordChannel::length},
    {"letters", WordChannel::letters},
}};

// The shape character of a code point; 0 for marks, which add nothing.
char shape_class(char32_t point) {
  if (point == kNoCodePoint) return '.';
  if (point >= 'a' && point <= 'z') return 'a';
  if (point >= 'A' && point <= 'Z') return 'A';
  if (point >= '0' && point <= '9') return '0';
  if (point < 0x80) return static_cast<char>(point);
  switch (char_class(point)) {
    case CharClass::capital:
      return 'A';
    case CharClass::small:
      return 'a';
    case CharClass::digit:
      return '0';
    case CharClass::letter:
      return static_cast<char>(0x80U | (script_number(point) & 0x7fU));
    case CharClass::mark:
      return 0;
    case CharClass::other:
      return '.';
  }
  return '.';
}

}  // namespace

const WordChannel* find_word_channel(std::string_view name) {
  const auto* found =
      std::ranges::find(kChannels, name, &std::pair<std::string_view, WordChannel>::first);
  return found == kChannels.end() ? nullptr : &found->second;
}

std::uint32_t word_channel_values(WordChannel channel) {
  switch (channel) {
    case WordChannel::prefix:
    case WordChannel::suffix:
      return kAffixes;
    case WordChannel::letters:
      return kLetters;
    default:
      return 1;
  }
}

void append_shape(std::string& out, std::string_view word) {
  const std::size_t begin = out.size();
  for (std::size_t at = 0; at < word.size() && out.size() - begin < kMaxShape;) {
    const std::size_t end = next_code_point(word, at);
    const char next = shape_class(decode_code_point(word.substr(at, end - at)));
    at = end;
    if (next == 0) continue;
    const std::size_t length = out.size() - begin;
    if (length >= 2 && out[out.size() - 1] == next && out[out.size() - 2] == next) continue;
    out.push_back(next);
  }
}

WordChannels::WordChannels(const ProjectionSpec& spec) : seed_(spec.seed) {
  for (const std::string& name : spec.channels) channels_.push_back(*find_word_channel(name));
}

std::uint16_t WordChannels::value(std::string_view bytes, WordChannel channel,
                                  std::uint64_t index) const {
  const std::uint64_t salt = mix64(seed_ + 256 * static_cast<std::uint64_t>(channel) + index);
  return static_cast<std::uint16_t>(hash64(bytes, salt));
}

// A bottom-k sketch (Cohen, Kaplan 2007): which n-grams of a long word are kept does not depend on
// its others, so that words that share n-grams share values.
void WordChannels::letters(std::string_view word, std::span<std::uint16_t> out) {
  buffer_.assign(kBoundaryMark).append(fold_(word)).append(kBoundaryMark);
  const std::string_view marked = buffer_;
  const std::uint64_t salt = mix64(seed_ + 256 * static_cast<std::uint64_t>(WordChannel::letters));
  least_.clear();
  const auto keep = [&](std::string_view ngram) {
    const std::uint64_t hash = hash64(ngram, salt);
    const auto at = std::ranges::lower_bound(least_, hash);
    if (at == least_.end() || *at != hash) least_.insert(at, hash);
    if (least_.size() > out.size()) least_.pop_back();
  };
  std::array<std::size_t, kLongestNgram> begins = {};  // of the last code points, in turns
  std::size_t points = 0;
  for (std::size_t at = 0; at < marked.size();) {
    begins[points++ % kLongestNgram] = at;
    at = next_code_point(marked, at);
    for (std::size_t n = kShortestNgram; n <= std::min(points, kLongestNgram); ++n) {
      const std::size_t begin = begins[(points - n) % kLongestNgram];
      keep(marked.substr(begin, at - begin));
    }
  }
  if (least_.empty()) keep(marked);
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = static_cast<std::uint16_t>(least_[k % least_.size()]);
}

void WordChannels::values(std::string_view word, std::span<std::uint16_t> out) {
  std::size_t at = 0;
  for (const WordChannel channel : channels_) {
    switch (channel) {
      case WordChannel::word:
        out[at++] = value(word, channel, 0);
        break;
      case WordChannel::lower:
        out[at++] = value(lower_(word), channel, 0);
        break;
      case WordChannel::folded:
        out[at++] = value(fold_(word), channel, 0);
        break;
      case WordChannel::prefix: {
        std::size_t end = 0;
        std::string_view whole;
        for (std::size_t k = 0; k < kAffixes; ++k) {
          if (end == word.size() && whole.empty()) {
            whole = buffer_.assign(word).append(kBoundaryMark);
          } else if (whole.empty()) {
            end = next_code_point(word, end);
          }
          out[at++] = value(whole.empty() ? word.substr(0, end) : whole, channel, k);
        }
        break;
      }
      case WordChannel::suffix: {
        std::size_t begin = word.size();
        std::string_view whole;
        for (std::size_t k = 0; k < kAffixes; ++k) {
          if (begin == 0 && whole.empty()) {
            whole = buffer_.assign(kBoundaryMark).append(word);
          } else if (whole.empty()) {
            begin = previous_code_point(word, begin);
          }
          out[at++] = value(whole.empty() ? word.substr(begin) : whole, channel, k);
        }
        break;
      }
      case WordChannel::shape:
        buffer_.clear();
        append_shape(buffer_, word);
        out[at++] = value(buffer_, channel, 0);
        break;
      case WordChannel::length: {
        const auto length = static_cast<char>(std::min(count_code_points(word), kMaxLength));
        out[at++] = value(std::string_view(&length, 1), channel, 0);
        break;
      }
      case WordChannel::letters:
        letters(word, out.subspan(at, kLetters));
        at += kLetters;
        break;
    }
  }
}

}  // namespace pnlp

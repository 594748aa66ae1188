#include "pnlp/text/bio.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pnlp/base/error.hpp"
#include "pnlp/text/quoted.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

std::uint64_t overlap(const ByteRange& token, const Span& span) {
  const std::uint32_t begin = std::max(token.begin, span.start);
  const std::uint32_t end = std::min(token.end, span.end);
  return end > begin ? end - begin : 0;
}

// Where the tokens that a span touches begin, and the one it holds most of.
struct Touched {
  std::size_t most = kNobody;
  std::uint64_t most_bytes = 0;
  std::size_t first_won = kNobody;
  std::size_t last_won = kNobody;
};

}  // namespace

Tag parse_tag(std::string_view tag) {
  if (tag == "O") return {};
  if (tag.size() > 2 && (tag[0] == 'B' || tag[0] == 'I') && tag[1] == '-') {
    return {tag[0], tag.substr(2)};
  }
  throw Error(ErrorKind::data,
              fmt::format("tag {} is neither O nor B-label nor I-label", in_quotes(tag)));
}

Aligned tags_from_spans(std::span<const ByteRange> tokens, std::span<const Span> spans) {
  std::vector<std::size_t> owner(tokens.size(), kNobody);
  std::vector<Touched> touched(spans.size());
  std::size_t first = 0;  // the first token that does not end before the span
  for (std::size_t s = 0; s < spans.size(); ++s) {
    while (first < tokens.size() && tokens[first].end <= spans[s].start) ++first;
    Touched& mine = touched[s];
    for (std::size_t t = first; t < tokens.size() && tokens[t].begin < spans[s].end; ++t) {
      const std::uint64_t held = overlap(tokens[t], spans[s]);
      if (held > mine.most_bytes) {
        mine.most = t;
        mine.most_bytes = held;
      }
      if (2 * held <= tokens[t].end - tokens[t].begin) continue;
      owner[t] = s;
      if (mine.first_won == kNobody) mine.first_won = t;
      mine.last_won = t;
    }
  }

  Aligned aligned;
  for (std::size_t s = 0; s < spans.size(); ++s) {
    Touched& mine = touched[s];
    if (mine.first_won == kNobody && mine.most != kNobody && owner[mine.most] == kNobody) {
      owner[mine.most] = s;
      mine.first_won = mine.last_won = mine.most;
    }
    if (mine.first_won == kNobody) {
      ++aligned.lost;
    } else if (tokens[mine.first_won].begin != spans[s].start ||
               tokens[mine.last_won].end != spans[s].end) {
      ++aligned.inexact;
    }
  }

  aligned.tags.reserve(tokens.size());
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    if (owner[t] == kNobody) {
      aligned.tags.emplace_back("O");
    } else {
      const bool inside = t > 0 && owner[t - 1] == owner[t];
      aligned.tags.push_back((inside ? "I-" : "B-") + spans[owner[t]].label);
    }
  }
  return aligned;
}

std::vector<Span> spans_from_tags(std::span<const ByteRange> tokens,
                                  std::span<const std::string> tags) {
  if (tokens.size() != tags.size()) {
    throw Error(ErrorKind::internal,
                fmt::format("{} tokens, but {} tags", tokens.size(), tags.size()));
  }
  std::vector<Span> spans;
  bool open = false;  // the token before belongs to the last span
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const Tag tag = parse_tag(tags[t]);
    if (tag.prefix == 'O') {
      open = false;
    } else if (tag.prefix == 'I' && open && spans.back().label == tag.label) {
      spans.back().end = tokens[t].end;
    } else {
      spans.push_back({tokens[t].begin, tokens[t].end, std::string(tag.label)});
      open = true;
    }
  }
  return spans;
}

std::vector<Span> spans_from_weights(std::span<const ByteRange> tokens,
                                     std::span<const TagWeights> weights) {
  std::vector<std::string> tags;
  tags.reserve(weights.size());
  for (const TagWeights& token : weights) {
    const auto best = std::ranges::max_element(token, {}, &LabelWeight::weight);
    tags.push_back(best == token.end() ? "O" : best->name);
  }
  return spans_from_tags(tokens, tags);
}

}  // namespace pnlp

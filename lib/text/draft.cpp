#include "pnlp/text/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "pnlp/text/bio.hpp"
#include "pnlp/text/quoted.hpp"

namespace pnlp {
namespace {

template <typename... Values>
[[noreturn]] void refuse(fmt::format_string<Values...> format, Values&&... values) {
  throw Error(ErrorKind::data, fmt::format(format, std::forward<Values>(values)...));
}

bool inside_character(std::string_view text, std::uint32_t offset) {
  return offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U;
}

// `what` names the range in messages, and is only made when one is needed.
template <typename What>
void check_range(std::string_view text, std::uint32_t begin, std::uint32_t end, What what) {
  if (begin >= end) refuse("{} is empty or ends before it starts", what());
  if (end > text.size()) refuse("{} is outside the text of {} bytes", what(), text.size());
  if (inside_character(text, begin) || inside_character(text, end)) {
    refuse("{} cuts a UTF-8 character (offsets are bytes)", what());
  }
}

void check_offsets(const Draft& draft, const Record& record) {
  if (!draft.has_text) refuse("token offsets are given, but no text");
  std::uint32_t last = 0;
  for (const ByteRange& token : draft.offsets) {
    check_range(record.text, token.begin, token.end,
                [&] { return fmt::format("token at [{}, {})", token.begin, token.end); });
    if (token.begin < last) {
      refuse("token at [{}, {}) begins before the one before it ends", token.begin, token.end);
    }
    last = token.end;
  }
  if (draft.has_tokens && draft.tokens() != draft.offsets.size()) {
    refuse("{} tokens, but {} token offsets", draft.tokens(), draft.offsets.size());
  }
}

// Finds the tokens in the text, one after another.
void locate_tokens(const Draft& draft, Record& record) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < draft.tokens(); ++i) {
    const std::string_view token = draft.token(i);
    const std::size_t at = record.text.find(token, from);
    if (at == std::string::npos) {
      refuse("token {} ({}) is not in the text after byte {}", i + 1, in_quotes(token), from);
    }
    from = at + token.size();
    record.tokens.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(from)});
  }
}

void finish_tokens(const Draft& draft, const ReaderOptions& options, Record& record) {
  if (draft.has_offsets) {
    check_offsets(draft, record);
    record.tokens = draft.offsets;
    record.has_tokens = true;
  } else if (draft.has_tokens) {
    if (draft.has_text) {
      locate_tokens(draft, record);
    } else {
      record.text = draft.joined();
      record.tokens = draft.places();
    }
    record.has_tokens = true;
  } else if (!draft.has_text && options.need_text) {
    refuse("field \"{}\" (or \"{}\") is missing", options.fields.text, options.fields.tokens);
  }
  if (!record.units.empty() && record.units.size() != record.tokens.size()) {
    refuse("{} tokens, but units of {}", record.tokens.size(), record.units.size());
  }
}

std::string shown(const Span& span) {
  return fmt::format("span [{}, {}) {}", span.start, span.end, in_quotes(span.label));
}

// Of `spans`, ordered by start, leaves the longest, then the longest that overlaps none that was
// left, and so on. Returns how many went.
std::uint64_t drop_overlapping(std::vector<Span>& spans) {
  std::vector<std::size_t> by_length(spans.size());
  std::iota(by_length.begin(), by_length.end(), std::size_t{0});
  std::stable_sort(by_length.begin(), by_length.end(), [&](std::size_t a, std::size_t b) {
    return spans[a].end - spans[a].start > spans[b].end - spans[b].start;
  });
  std::map<std::uint32_t, std::uint32_t> left;  // start to end
  std::vector<bool> leave(spans.size());
  for (const std::size_t i : by_length) {
    const auto after = left.lower_bound(spans[i].start);
    if (after != left.end() && after->first < spans[i].end) continue;
    if (after != left.begin() && std::prev(after)->second > spans[i].start) continue;
    left.emplace(spans[i].start, spans[i].end);
    leave[i] = true;
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (!leave[i]) continue;
    if (count != i) spans[count] = std::move(spans[i]);
    ++count;
  }
  const std::size_t dropped = spans.size() - count;
  spans.resize(count);
  return dropped;
}

void sort_and_check_spans(Draft& draft, const ReaderOptions& options, Record& record) {
  const auto in_order = [](const Span& a, const Span& b) { return a.start < b.start; };
  if (!std::is_sorted(record.spans.begin(), record.spans.end(), in_order)) {
    std::stable_sort(record.spans.begin(), record.spans.end(), in_order);
  }
  // A gold file for evaluation may hold spans without the text that they point into.
  const bool bounded = draft.has_text || draft.has_tokens;
  const Span* before = nullptr;
  bool overlap = false;
  for (const Span& span : record.spans) {
    if (span.label.empty()) refuse("{} has no label", shown(span));
    if (bounded) {
      check_range(record.text, span.start, span.end, [&] { return shown(span); });
    } else if (span.start >= span.end) {
      refuse("{} is empty or ends before it starts", shown(span));
    }
    if (before != nullptr && span.start < before->end) {
      if (options.overlapping_spans == OverlappingSpans::fail) {
        refuse("{} overlaps {}", shown(span), shown(*before));
      }
      overlap = true;
    }
    if (before == nullptr || span.end > before->end) before = &span;
  }
  if (overlap) draft.dropped_spans += drop_overlapping(record.spans);
}

void check_tags(const Draft& draft, const ReaderOptions& options, Record& record) {
  if (draft.has_tags) {
    if (!record.has_tokens) {
      refuse("field \"{}\" is given without \"{}\"", options.fields.tags, options.fields.tokens);
    }
    if (draft.tags().size() != record.tokens.size()) {
      refuse("{} tokens, but {} tags", record.tokens.size(), draft.tags().size());
    }
  }
  if (record.has_tag_weights && record.has_tokens &&
      record.tag_weights.size() != record.tokens.size()) {
    refuse("{} tokens, but probabilities of tags for {}", record.tokens.size(),
           record.tag_weights.size());
  }
}

void finish_spans(Draft& draft, const ReaderOptions& options, Record& record) {
  // An empty list is of tags, unless it has to do for a text without words.
  if (record.has_tag_weights && record.tag_weights.empty() && record.has_tokens) {
    record.has_tag_weights = false;
    draft.has_tags = true;
  }
  check_tags(draft, options, record);
  record.has_spans = true;
  if (draft.has_spans) {
    sort_and_check_spans(draft, options, record);
  } else if (draft.has_tags) {
    record.spans = spans_from_tags(record.tokens, draft.tags());
  } else if (record.has_tag_weights && record.has_tokens) {
    record.spans = spans_from_weights(record.tokens, record.tag_weights);
  } else {
    record.has_spans = false;
    if (options.need_spans && !record.has_tag_weights) {
      refuse("field \"{}\" (or \"{}\" with \"{}\") is missing", options.fields.spans,
             options.fields.tokens, options.fields.tags);
    }
  }
}

}  // namespace

void Draft::clear() {
  has_text = has_tokens = has_tags = has_spans = has_offsets = false;
  offsets.clear();
  joined_.clear();
  places_.clear();
  tag_count_ = 0;
}

void Draft::add_token(std::string_view token) {
  if (token.empty()) refuse("token {} is empty", tokens() + 1);
  if (!places_.empty()) joined_.push_back(' ');
  const auto begin = static_cast<std::uint32_t>(joined_.size());
  joined_.append(token);
  places_.push_back({begin, static_cast<std::uint32_t>(joined_.size())});
}

void Draft::add_tag(std::string_view tag) {
  parse_tag(tag);
  if (tag_count_ == tags_.size()) tags_.emplace_back();
  tags_[tag_count_++] = tag;
}

std::string_view Draft::token(std::size_t index) const {
  const ByteRange& place = places_[index];
  return std::string_view(joined_).substr(place.begin, place.end - place.begin);
}

void clear_record(Record& record) {
  record.line.clear();
  record.malformed = false;
  record.id.clear();
  record.text.clear();
  record.label_form = LabelForm::none;
  record.labels.clear();
  record.has_tokens = false;
  record.tokens.clear();
  record.tokenizer.clear();
  record.units.clear();
  record.has_spans = false;
  record.spans.clear();
  record.has_tag_weights = false;
  record.tag_weights.clear();
}

void finish_record(Draft& draft, const ReaderOptions& options, Record& record) {
  finish_tokens(draft, options, record);
  finish_spans(draft, options, record);
  if (options.need_label && record.label_form == LabelForm::none) {
    refuse("field \"{}\" is missing: the record has no label", options.fields.label);
  }
}

void add_label(std::vector<LabelWeight>& labels, std::string_view name, float weight) {
  if (name.empty()) refuse("a label is empty");
  for (const LabelWeight& label : labels) {
    if (label.name == name) refuse("label {} is named twice", in_quotes(name));
  }
  labels.push_back({std::string(name), weight});
}

}  // namespace pnlp

#include "pnlp/feature/batcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"

namespace pnlp {
namespace {

constexpr std::uint32_t kValues = 65536;
constexpr std::uint32_t kMaxSegment = 1U << 20;
constexpr std::uint64_t kNgramStream = 2ULL << 40U;  // of random numbers, beside those of words
constexpr std::uint64_t kMaxIndex = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kWordDropStream = 1ULL << 40U;  // word positions are streams below it

// A number as the fingerprint holds it: two's complement. A file may hold any.
std::int16_t number_factor(std::uint16_t value) {
  const int number = std::bit_cast<std::int16_t>(value);
  return static_cast<std::int16_t>(std::clamp(number, -kMaxFactor, kMaxFactor));
}

}  // namespace

Batcher::Batcher(std::vector<Channel> channels, std::vector<ChannelTable> tables,
                 BatcherOptions options)
    : options_(options), ngrams_(options.ngrams) {
  if (channels.size() != tables.size()) {
    throw Error(ErrorKind::usage,
                fmt::format("{} feature tables for {} channels", tables.size(), channels.size()));
  }
  if (options.segment == 0 || options.segment > kMaxSegment || options.max_tokens == 0) {
    throw Error(ErrorKind::usage,
                fmt::format("segments of {} tokens, {} tokens a record: both must be at least 1, "
                            "a segment at most {}",
                            options.segment, options.max_tokens, kMaxSegment));
  }
  std::optional<std::uint32_t> lower;
  std::optional<std::uint32_t> folded;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const ChannelTable& table = tables[i];
    if (table.used) {
      const bool numbers = channels[i].numbers;
      if (numbers && table.rows != channels[i].values) {
        throw Error(ErrorKind::usage,
                    fmt::format("channel \"{}\" has {} rows for {} numbers; give as many",
                                channels[i].name, table.rows, channels[i].values));
      }
      if (!numbers && (table.rows == 0 || kValues % table.rows != 0)) {
        throw Error(ErrorKind::usage,
                    fmt::format("channel \"{}\" has {} rows; the number must divide {}",
                                channels[i].name, table.rows, kValues));
      }
      if (table.first_row + std::uint64_t{table.rows} > kMaxIndex) {
        throw Error(ErrorKind::usage, fmt::format("channel \"{}\": a feature table has no row {}",
                                                  channels[i].name, table.first_row));
      }
      for (std::uint32_t k = 0; k < channels[i].values; ++k) {
        const std::uint32_t mask = numbers ? 0 : table.rows - 1;
        columns_.push_back({width_ + k, mask, table.first_row + (numbers ? k : 0), numbers});
      }
      has_numbers_ = has_numbers_ || numbers;
    }
    if (channels[i].name == "lower") lower = width_;
    if (channels[i].name == "folded") folded = width_;
    if (channels[i].name == "letters" && !table.used) {
      letters_at_ = width_;
      letters_count_ = channels[i].values;
    }
    width_ += channels[i].values;
  }
  key_ = lower ? lower : folded;
  next_segment_.resize(options.segment + 1UL);
  stride_.resize(options.segment + 1UL);
}

std::uint64_t Batcher::pack(const FeatureSet& set, std::span<const BatchSequence> sequences,
                            BatchTargets targets, const FeatureDrop& drop, PackedBatch& batch) {
  return pack_known(set.rows(), sequences, targets, drop, {}, batch);
}

std::uint64_t Batcher::pack_known(const NumberedWords& set,
                                  std::span<const BatchSequence> sequences, BatchTargets targets,
                                  const FeatureDrop& drop, std::span<const std::uint8_t> known,
                                  PackedBatch& batch) {
  const std::uint64_t cut = check(set, sequences, targets);
  lay_out_groups(sequences, batch);
  if (stamp_.size() < set.words()) {
    stamp_.resize(set.words(), 0);
    local_.resize(set.words());
  }
  if (++batch_number_ == 0) {
    std::ranges::fill(stamp_, 0U);
    batch_number_ = 1;
  }
  words_.clear();
  place_tokens(sequences, targets, batch);
  write_rows(set, drop, known, batch);
  drop_words(drop, batch);
  write_ngrams(set, sequences, drop, batch);
  batch.target_offsets.clear();
  batch.target_labels.clear();
  batch.target_weights.clear();
  batch.sequence_weights.clear();
  if (targets.labels) write_labels(sequences, batch);
  return cut;
}

std::uint64_t Batcher::pack(const FeatureSet& set, std::span<const std::uint32_t> records,
                            PackedBatch& batch) {
  sequences_.clear();
  for (const std::uint32_t record : records) {
    sequences_.push_back({.words = set.record(record), .tags = {}, .labels = {}});
  }
  return pack(set, sequences_, {}, {}, batch);
}

std::uint64_t Batcher::pack_all(const FeatureSet& set, PackedBatch& batch,
                                std::span<const std::uint8_t> known) {
  sequences_.clear();
  for (std::size_t i = 0; i < set.records(); ++i) {
    sequences_.push_back({.words = set.record(i), .tags = {}, .labels = {}});
  }
  return pack_known(set.rows(), sequences_, {}, {}, known, batch);
}

std::uint64_t Batcher::pack_all(const NumberedWords& rows, std::span<const NumberedRecord> records,
                                PackedBatch& batch, std::span<const std::uint8_t> known) {
  sequences_.clear();
  for (const NumberedRecord& record : records) {
    sequences_.push_back({.words = record.words, .tags = {}, .labels = {}});
  }
  return pack_known(rows, sequences_, {}, {}, known, batch);
}

std::size_t Batcher::kept(const BatchSequence& sequence) const {
  return std::min<std::size_t>(sequence.words.size(), options_.max_tokens);
}

std::uint64_t Batcher::check(const NumberedWords& set, std::span<const BatchSequence> sequences,
                             BatchTargets targets) const {
  if (set.width != width_) {
    throw Error(ErrorKind::usage,
                fmt::format("fingerprints of {} values for channels of {}", set.width, width_));
  }
  std::uint64_t tokens = 0;
  std::uint64_t cut = 0;
  for (const BatchSequence& sequence : sequences) {
    tokens += kept(sequence);
    cut += sequence.words.size() - kept(sequence);
    const bool tags_fit = !targets.tags || sequence.tags.size() == sequence.words.size();
    const bool weights_fit = !targets.labels || sequence.label_weights.empty() ||
                             sequence.label_weights.size() == sequence.labels.size();
    if (!tags_fit || !weights_fit) {
      throw Error(ErrorKind::usage,
                  fmt::format("a sequence of {} words comes with {} tags, {} labels and {} weights",
                              sequence.words.size(), sequence.tags.size(), sequence.labels.size(),
                              sequence.label_weights.size()));
    }
  }
  const std::uint64_t rows = std::min<std::uint64_t>(tokens, set.words()) * columns_.size();
  if (tokens > kMaxIndex || rows > kMaxIndex || sequences.size() >= kMaxIndex) {
    throw Error(ErrorKind::usage,
                fmt::format("a batch of {} records with {} tokens is too large; make batches "
                            "smaller",
                            sequences.size(), tokens));
  }
  return cut;
}

// Counts the segments of each length, then gives every length its place: by falling length.
void Batcher::lay_out_groups(std::span<const BatchSequence> sequences, PackedBatch& batch) {
  std::ranges::fill(stride_, 0);
  std::uint32_t longest = 0;
  for (const BatchSequence& sequence : sequences) {
    const std::size_t length = kept(sequence);
    stride_[options_.segment] += static_cast<std::int32_t>(length / options_.segment);
    const auto rest = static_cast<std::uint32_t>(length % options_.segment);
    if (rest != 0) ++stride_[rest];
    longest = std::max(longest, length >= options_.segment ? options_.segment : rest);
  }
  batch.groups.clear();
  std::int32_t first = 0;
  for (std::uint32_t length = longest; length > 0; --length) {
    const std::int32_t count = stride_[length];
    if (count == 0) continue;
    batch.groups.push_back({static_cast<std::int32_t>(length), count, first});
    next_segment_[length] = first;
    first += count * static_cast<std::int32_t>(length);
  }
  batch.word_of_token.resize(static_cast<std::size_t>(first));
  batch.token_order.resize(static_cast<std::size_t>(first));
}

void Batcher::place_tokens(std::span<const BatchSequence> sequences, BatchTargets targets,
                           PackedBatch& batch) {
  batch.tags.resize(targets.tags ? batch.word_of_token.size() : 0);
  batch.sequence_offsets.assign(1, 0);
  std::size_t read = 0;  // tokens so far, in reading order
  for (const BatchSequence& sequence : sequences) {
    const std::size_t length = kept(sequence);
    for (std::size_t begin = 0; begin < length; begin += options_.segment) {
      const std::size_t size = std::min<std::size_t>(length - begin, options_.segment);
      const std::int32_t stride = stride_[size];
      std::int32_t packed = next_segment_[size]++;
      for (std::size_t i = begin; i < begin + size; ++i) {
        const auto token = static_cast<std::size_t>(packed);
        batch.token_order[read++] = packed;
        batch.word_of_token[token] = local_word(sequence.words[i]);
        if (targets.tags) batch.tags[token] = sequence.tags[i];
        packed += stride;
      }
    }
    batch.sequence_offsets.push_back(static_cast<std::int32_t>(read));
  }
}

std::int32_t Batcher::local_word(std::uint32_t word) {
  if (stamp_[word] != batch_number_) {
    stamp_[word] = batch_number_;
    local_[word] = static_cast<std::int32_t>(words_.size());
    words_.push_back(word);
  }
  return local_[word];
}

void Batcher::write_rows(const NumberedWords& set, const FeatureDrop& drop,
                         std::span<const std::uint8_t> known, PackedBatch& batch) const {
  const std::size_t columns = columns_.size();
  batch.rows.resize(words_.size() * columns);
  batch.factors.resize(has_numbers_ ? batch.rows.size() : 0);
  batch.word_offsets.resize(words_.size() + 1);
  // A value is dropped when its 16 random bits are below this: the probability in 1/65536ths.
  const auto threshold = static_cast<std::uint32_t>(
      std::lround(std::clamp(drop.probability, 0.0, 1.0) * static_cast<double>(kValues)));
  std::size_t end = 0;
  for (std::size_t position = 0; position < words_.size(); ++position) {
    batch.word_offsets[position] = static_cast<std::int32_t>(end);
    if (words_[position] < known.size() && known[words_[position]] != 0) continue;
    const std::uint16_t* values = set.word(words_[position]).data();
    std::int32_t* rows = batch.rows.data();
    if (threshold == 0 && !has_numbers_) {
      for (const Column& column : columns_) {
        rows[end++] =
            static_cast<std::int32_t>(column.first_row + (values[column.value] & column.mask));
      }
      continue;
    }
    Random random(drop.seed, position);
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < columns; ++k) {
      if (threshold != 0 && k % 4 == 0) bits = random.next();
      const Column& column = columns_[k];
      const bool kept = (bits & (kValues - 1)) >= threshold;
      bits >>= 16;
      rows[end] =
          static_cast<std::int32_t>(column.first_row + (values[column.value] & column.mask));
      if (has_numbers_) {
        const std::int16_t factor =
            column.number ? number_factor(values[column.value]) : std::int16_t{kFactorOne};
        batch.factors[end] = factor;
        end += kept && factor != 0 ? 1 : 0;
      } else {
        end += kept ? 1 : 0;
      }
    }
  }
  batch.word_offsets[words_.size()] = static_cast<std::int32_t>(end);
  batch.rows.resize(end);
  batch.factors.resize(has_numbers_ ? end : 0);
}

// Tokens that are dropped become a word of their own, behind the others, that has no rows.
void Batcher::drop_words(const FeatureDrop& drop, PackedBatch& batch) const {
  if (!(drop.words > 0)) return;
  const auto none = static_cast<std::int32_t>(words_.size());
  batch.word_offsets.push_back(batch.word_offsets.back());
  Random random(drop.seed, kWordDropStream);
  for (const std::int32_t token : batch.token_order) {
    if (random.uniform() < drop.words) batch.word_of_token[static_cast<std::size_t>(token)] = none;
  }
}

// What a word is known by in n-grams: its lower case, else its base letters, or all there is.
std::uint64_t Batcher::key_of(std::span<const std::uint16_t> values) const {
  if (key_) return values[*key_];
  std::uint64_t key = 0;
  for (const std::uint16_t value : values) key = mix64(key + value);
  return key;
}

void Batcher::write_ngrams(const NumberedWords& set, std::span<const BatchSequence> sequences,
                           const FeatureDrop& drop, PackedBatch& batch) {
  batch.ngram_offsets.clear();
  batch.ngram_counts.clear();
  batch.ngram_rows.clear();
  if (ngrams_.empty()) return;
  batch.ngram_offsets.push_back(0);
  for (std::size_t b = 0; b < sequences.size(); ++b) {
    keys_.clear();
    letters_.clear();
    for (const std::uint32_t word : sequences[b].words.first(kept(sequences[b]))) {
      const std::span<const std::uint16_t> values = set.word(word);
      keys_.push_back(key_of(values));
      if (letters_at_) {
        const auto own = values.subspan(*letters_at_, letters_count_);
        letters_.insert(letters_.end(), own.begin(), own.end());
      }
    }
    const std::size_t begin = batch.ngram_rows.size();
    ngrams_.append(keys_, letters_, batch.ngram_rows);
    batch.ngram_counts.push_back(static_cast<std::int32_t>(batch.ngram_rows.size() - begin));
    if (drop.ngrams > 0) {
      Random random(drop.seed, kNgramStream, b);
      const auto dropped = [&](std::int32_t) { return random.uniform() < drop.ngrams; };
      const auto first = batch.ngram_rows.begin() + static_cast<std::ptrdiff_t>(begin);
      batch.ngram_rows.erase(std::remove_if(first, batch.ngram_rows.end(), dropped),
                             batch.ngram_rows.end());
    }
    batch.ngram_offsets.push_back(static_cast<std::int32_t>(batch.ngram_rows.size()));
  }
}

void Batcher::write_labels(std::span<const BatchSequence> sequences, PackedBatch& batch) {
  batch.target_offsets.push_back(0);
  for (const BatchSequence& sequence : sequences) {
    batch.target_labels.insert(batch.target_labels.end(), sequence.labels.begin(),
                               sequence.labels.end());
    if (sequence.label_weights.empty()) {
      batch.target_weights.resize(batch.target_labels.size(), 1.0F);
    } else {
      batch.target_weights.insert(batch.target_weights.end(), sequence.label_weights.begin(),
                                  sequence.label_weights.end());
    }
    batch.target_offsets.push_back(static_cast<std::int32_t>(batch.target_labels.size()));
    batch.sequence_weights.push_back(sequence.weight);
  }
}

}  // namespace pnlp

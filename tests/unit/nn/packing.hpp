// Packs texts given as lists of feature rows, straight from the definition of PackedBatch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "nn/reference.hpp"
#include "pnlp/base/packed_batch.hpp"
#include "pnlp/base/random.hpp"

namespace pnlp::test {

inline PackedBatch pack(const std::vector<Text>& texts, std::size_t segment) {
  PackedBatch batch;
  // Segments by length; each knows its text and where it begins there.
  std::map<std::size_t, std::vector<std::pair<std::size_t, std::size_t>>, std::greater<>> segments;
  batch.sequence_offsets.push_back(0);
  for (std::size_t b = 0; b < texts.size(); ++b) {
    for (std::size_t at = 0; at < texts[b].size(); at += segment) {
      segments[std::min(segment, texts[b].size() - at)].emplace_back(b, at);
    }
    batch.sequence_offsets.push_back(batch.sequence_offsets.back() +
                                     static_cast<std::int32_t>(texts[b].size()));
  }
  const auto tokens = static_cast<std::size_t>(batch.sequence_offsets.back());
  batch.token_order.resize(tokens);
  batch.word_of_token.resize(tokens);
  batch.word_offsets.push_back(0);
  std::map<std::vector<std::int32_t>, std::int32_t> words;
  std::size_t first_token = 0;
  for (const auto& [length, places] : segments) {
    batch.groups.push_back({static_cast<std::int32_t>(length),
                            static_cast<std::int32_t>(places.size()),
                            static_cast<std::int32_t>(first_token)});
    for (std::size_t g = 0; g < places.size(); ++g) {
      const auto [b, begin] = places[g];
      for (std::size_t p = 0; p < length; ++p) {
        const std::size_t packed = first_token + p * places.size() + g;
        const auto& rows = texts[b][begin + p];
        const auto [word, is_new] = words.emplace(rows, static_cast<std::int32_t>(words.size()));
        if (is_new) {
          batch.rows.insert(batch.rows.end(), rows.begin(), rows.end());
          batch.word_offsets.push_back(static_cast<std::int32_t>(batch.rows.size()));
        }
        batch.word_of_token[packed] = word->second;
        batch.token_order[static_cast<std::size_t>(batch.sequence_offsets[b]) + begin + p] =
            static_cast<std::int32_t>(packed);
      }
    }
    first_token += length * places.size();
  }
  return batch;
}

// Texts of the given lengths over a few words, each word of `features` rows below `rows`.
inline std::vector<Text> make_texts(const std::vector<std::size_t>& lengths, std::size_t rows,
                                    std::size_t features, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<std::int32_t>> words(9);
  for (auto& word : words) {
    for (std::size_t i = 0; i < features; ++i) {
      word.push_back(static_cast<std::int32_t>(random.below(rows)));
    }
  }
  words[4].clear();                      // a word may have no features
  words[5].push_back(words[5].front());  // and a feature may come twice
  std::vector<Text> texts;
  for (const std::size_t length : lengths) {
    texts.emplace_back();
    for (std::size_t i = 0; i < length; ++i) texts.back().push_back(words[random.below(9)]);
  }
  return texts;
}

}  // namespace pnlp::test

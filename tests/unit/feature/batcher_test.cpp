#include "pnlp/feature/batcher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "pnlp/base/error.hpp"
#include "pnlp/base/random.hpp"

using namespace pnlp;

namespace {

using Ints = std::vector<std::int32_t>;

// A record whose words have the fingerprints {word, 1000 + word, 7}.
FeatureRecord record_of(std::vector<std::uint16_t> words) {
  FeatureRecord record;
  for (const std::uint16_t word : words) {
    record.tokens.push_back({});
    record.values.insert(record.values.end(), {word, static_cast<std::uint16_t>(1000 + word), 7});
  }
  return record;
}

FeatureSet set_of(const std::vector<std::vector<std::uint16_t>>& records) {
  FeatureSet set(3);
  for (const auto& words : records) set.add(record_of(words));
  return set;
}

const std::vector<Channel> kChannels = {{"minhash", 2}, {"word", 1}};
const std::vector<ChannelTable> kTables = {{.first_row = 0, .rows = 1024},
                                           {.first_row = 1024, .rows = 4}};

Batcher batcher_of(std::uint32_t segment, std::uint32_t max_tokens = 65536) {
  return {kChannels, kTables, {.segment = segment, .max_tokens = max_tokens}};
}

bool same(const PackedBatch& a, const PackedBatch& b) {
  return a.sequence_offsets == b.sequence_offsets && a.token_order == b.token_order &&
         a.word_of_token == b.word_of_token && a.word_offsets == b.word_offsets &&
         a.rows == b.rows && a.tags == b.tags && a.target_labels == b.target_labels;
}

}  // namespace

TEST_CASE("a batch worked out by hand") {
  // Segment length 2: [5 6 5] is cut into [5 6] and [5]; [] has none.
  const FeatureSet set = set_of({{5, 6, 5}, {}, {6}, {8, 5}});
  CHECK(set.words() == 3);
  CHECK(set.records() == 4);
  CHECK(set.first_token(3) == 4);
  PackedBatch batch;
  Batcher batcher = batcher_of(2);
  CHECK(batcher.pack_all(set, batch) == 0);
  REQUIRE(batch.groups.size() == 2);
  CHECK(batch.groups[0].length == 2);
  CHECK(batch.groups[0].count == 2);
  CHECK(batch.groups[0].first_token == 0);
  CHECK(batch.groups[1].length == 1);
  CHECK(batch.groups[1].count == 2);
  CHECK(batch.groups[1].first_token == 4);
  CHECK(batch.sequence_offsets == Ints{0, 3, 3, 4, 6});
  // Packed: position 0 of [5 6] and [8 5], position 1 of both, then [5] and [6].
  CHECK(batch.token_order == Ints{0, 2, 4, 5, 1, 3});
  CHECK(batch.word_of_token == Ints{0, 2, 1, 0, 0, 1});
  CHECK(batch.word_offsets == Ints{0, 3, 6, 9});
  CHECK(batch.rows == Ints{5, 1005, 1027, 6, 1006, 1027, 8, 1008, 1027});
  CHECK(batch.tags.empty());
  CHECK(batch.target_offsets.empty());
  CHECK(batch.sequence_weights.empty());
}

TEST_CASE("records may be chosen; words are numbered anew in each batch") {
  const FeatureSet set = set_of({{5, 6, 5}, {7}, {6}});
  PackedBatch batch;
  Batcher batcher = batcher_of(64);
  const std::vector<std::uint32_t> chosen = {2, 1, 2};
  batcher.pack(set, chosen, batch);
  CHECK(batch.sequences() == 3);
  CHECK(batch.word_of_token == Ints{0, 1, 0});
  CHECK(batch.rows == Ints{6, 1006, 1027, 7, 1007, 1027});
  batcher.pack(set, std::span<const std::uint32_t>(chosen).subspan(1, 1), batch);
  CHECK(batch.rows == Ints{7, 1007, 1027});
  batcher.pack(set, std::span<const std::uint32_t>(), batch);
  CHECK(batch.sequences() == 0);
  CHECK(batch.tokens() == 0);
  CHECK(batch.words() == 0);
  CHECK(batch.groups.empty());
}

TEST_CASE("values are taken modulo the rows of their channel; unused channels give no rows") {
  FeatureSet set(3);
  set.add(record_of({65535}));  // 65535, 999, 7
  PackedBatch batch;
  Batcher(kChannels, {{.used = false}, {.first_row = 10, .rows = 2}}, {}).pack_all(set, batch);
  CHECK(batch.rows == Ints{11});
  Batcher(kChannels, {{.first_row = 0, .rows = 65536}, {.used = false}}, {}).pack_all(set, batch);
  CHECK(batch.rows == Ints{65535, 999});
}

TEST_CASE("numbers multiply a row each; what is 0 gives none") {
  const std::vector<Channel> channels = {{"simhash", 2, true}, {"word", 1}};
  const std::vector<ChannelTable> tables = {{.first_row = 4, .rows = 2},
                                            {.first_row = 6, .rows = 8}};
  FeatureSet set(3);
  FeatureRecord record;
  record.tokens.resize(3);
  record.values = {0xff00, 256, 9, 0, 32767, 10, 0, 0x8000, 11};  // -1, 1; 0, 127.996; 0, -128
  set.add(record);
  PackedBatch batch;
  Batcher(channels, tables, {}).pack_all(set, batch);
  CHECK(batch.rows == Ints{4, 5, 7, 5, 8, 5, 9});
  CHECK(batch.factors == std::vector<std::int16_t>{-256, 256, 256, 4095, 256, -4095, 256});
  CHECK(batch.word_offsets == Ints{0, 3, 5, 7});
  CHECK(batch.rows_of(1).factors[0] == 4095);
  // Words that are known get neither rows nor factors.
  Batcher(channels, tables, {}).pack_all(set, batch, std::vector<std::uint8_t>{1, 1});
  CHECK(batch.rows == Ints{5, 9});
  CHECK(batch.factors == std::vector<std::int16_t>{-4095, 256});
  // An unused channel of numbers: hash values alone, without factors.
  Batcher(channels, {{.used = false}, {.rows = 8}}, {}).pack_all(set, batch);
  CHECK(batch.rows == Ints{1, 2, 3});
  CHECK(batch.factors.empty());
}

TEST_CASE("numbers are dropped like hash values, each with its factor") {
  FeatureSet set(512);
  FeatureRecord record;
  record.tokens.resize(8);
  for (std::uint16_t i = 0; i < 4096; ++i) record.values.push_back(1 + i % 4000);
  set.add(record);
  const std::vector<BatchSequence> sequences = {{.words = set.record(0), .tags = {}, .labels = {}}};
  Batcher batcher({{"vectors", 512, true}}, {{.rows = 512}}, {});
  PackedBatch batch;
  batcher.pack(set, sequences, {}, {.probability = 0.25, .seed = 3}, batch);
  // 4096 trials at 0.75: standard deviation 27.7.
  CHECK(std::abs(static_cast<double>(batch.rows.size()) - 3072) < 4 * 27.7);
  REQUIRE(batch.factors.size() == batch.rows.size());
  for (std::size_t word = 0; word < batch.words(); ++word) {
    const WordRows own = batch.rows_of(word);
    for (std::size_t i = 0; i < own.rows.size(); ++i) {
      REQUIRE(own.factors[i] == record.values[512 * word + static_cast<std::size_t>(own.rows[i])]);
    }
  }
  const std::vector<std::int32_t> rows = batch.rows;
  batcher.pack(set, sequences, {}, {.probability = 0.25, .seed = 3}, batch);
  CHECK(batch.rows == rows);
}

TEST_CASE("targets go with their tokens") {
  const FeatureSet set = set_of({{5, 6, 5}, {8, 5}});
  const Ints tags_a = {1, 2, 3};
  const Ints tags_b = {4, -1};
  const Ints labels_a = {9};
  const Ints labels_b = {2, 3};
  const std::vector<float> soft = {0.25F, 0.75F};
  const std::vector<BatchSequence> sequences = {
      {.words = set.record(0), .tags = tags_a, .labels = labels_a, .weight = 2.0F},
      {.words = set.record(1), .tags = tags_b, .labels = labels_b, .label_weights = soft}};
  PackedBatch batch;
  Batcher batcher = batcher_of(2);
  batcher.pack(set, sequences, {.tags = true, .labels = true}, {}, batch);
  CHECK(batch.token_order == Ints{0, 2, 4, 1, 3});
  CHECK(batch.tags == Ints{1, 4, 2, -1, 3});
  CHECK(batch.target_offsets == Ints{0, 1, 3});
  CHECK(batch.target_labels == Ints{9, 2, 3});
  CHECK(batch.target_weights == std::vector<float>{1.0F, 0.25F, 0.75F});
  CHECK(batch.sequence_weights == std::vector<float>{2.0F, 1.0F});
  // Not asked for: not there.
  batcher.pack(set, sequences, {}, {}, batch);
  CHECK(batch.tags.empty());
  CHECK(batch.target_labels.empty());
}

TEST_CASE("tokens beyond the cap are left out and counted") {
  const FeatureSet set = set_of({{1, 2, 3, 4, 5}, {6}});
  const Ints tags_a = {1, 2, 3, 4, 5};
  const Ints tags_b = {6};
  const std::vector<BatchSequence> sequences = {
      {.words = set.record(0), .tags = tags_a, .labels = {}},
      {.words = set.record(1), .tags = tags_b, .labels = {}}};
  PackedBatch batch;
  CHECK(batcher_of(2, 3).pack(set, sequences, {.tags = true}, {}, batch) == 2);
  CHECK(batch.tokens() == 4);
  CHECK(batch.words() == 4);
  CHECK(batch.sequence_offsets == Ints{0, 3, 4});
  CHECK(batch.tags == Ints{1, 2, 3, 6});
}

TEST_CASE("packing loses and invents nothing: properties on random records") {
  Random random(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::vector<std::uint16_t>> records(random.below(20));
    for (auto& words : records) {
      words.resize(random.below(30));
      for (auto& word : words) word = static_cast<std::uint16_t>(random.below(40));
    }
    const FeatureSet set = set_of(records);
    const auto segment = static_cast<std::int32_t>(1 + random.below(12));
    PackedBatch batch;
    batcher_of(static_cast<std::uint32_t>(segment)).pack_all(set, batch);
    REQUIRE(batch.sequences() == records.size());
    std::set<std::int32_t> seen(batch.token_order.begin(), batch.token_order.end());
    CHECK(seen.size() == batch.tokens());
    std::int32_t last = segment + 1;
    std::int32_t first = 0;
    for (const SegmentGroup& group : batch.groups) {
      CHECK(group.length < last);
      CHECK(group.first_token == first);
      last = group.length;
      first += group.length * group.count;
    }
    CHECK(first == static_cast<std::int32_t>(batch.tokens()));
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto begin = static_cast<std::size_t>(batch.sequence_offsets[i]);
      const auto end = static_cast<std::size_t>(batch.sequence_offsets[i + 1]);
      REQUIRE(end - begin == records[i].size());
      for (std::size_t k = begin; k < end; ++k) {
        const auto packed = static_cast<std::size_t>(batch.token_order[k]);
        const auto word = static_cast<std::size_t>(batch.word_of_token[packed]);
        const auto row = static_cast<std::size_t>(batch.word_offsets[word]);
        CHECK(batch.rows[row] == records[i][k - begin]);
        // The token's place in its group is that of the token in its segment.
        const auto group = std::ranges::find_if(batch.groups, [&](const SegmentGroup& g) {
          return batch.token_order[k] < g.first_token + g.length * g.count;
        });
        REQUIRE(group != batch.groups.end());
        CHECK((batch.token_order[k] - group->first_token) / group->count ==
              static_cast<std::int32_t>(k - begin) % segment);
      }
    }
    CHECK(batch.words() == set.words());
  }
}

TEST_CASE("dropping is a function of seed and position, each value on its own") {
  std::vector<std::uint16_t> words(2000);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint16_t>(i);
  const FeatureSet set = set_of({words});
  const std::vector<BatchSequence> sequences = {{.words = set.record(0), .tags = {}, .labels = {}}};
  Batcher batcher = batcher_of(64);
  const auto packed = [&](double probability, std::uint64_t seed) {
    PackedBatch batch;
    batcher.pack(set, sequences, {}, {.probability = probability, .seed = seed}, batch);
    return batch;
  };
  const PackedBatch whole = packed(0, 1);
  CHECK(whole.rows.size() == 6000);
  CHECK(packed(1, 1).rows.empty());
  CHECK(packed(1, 1).words() == 2000);
  const PackedBatch once = packed(0.3, 1);
  CHECK(same(once, packed(0.3, 1)));
  CHECK(once.rows != packed(0.3, 2).rows);
  // 6000 trials at 0.7: 4200 stay, standard deviation 35.5.
  CHECK(std::abs(static_cast<double>(once.rows.size()) - 4200) < 4 * 35.5);
  std::size_t all = 0;
  for (std::size_t w = 0; w < 2000; ++w) {
    all += once.word_offsets[w + 1] - once.word_offsets[w] == 3 ? 1 : 0;
    // What stays is what was there, in order.
    auto kept = whole.rows.begin() + static_cast<std::ptrdiff_t>(3 * w);
    const auto end = kept + 3;
    for (auto at = once.word_offsets[w]; at < once.word_offsets[w + 1]; ++at) {
      kept = std::find(kept, end, once.rows[static_cast<std::size_t>(at)]);
      REQUIRE(kept != end);
      ++kept;
    }
  }
  // Independent values: 0.7^3 of 2000 words keep all three; standard deviation 21.2.
  CHECK(std::abs(static_cast<double>(all) - 686) < 4 * 21.2);
}

TEST_CASE("whole words are dropped token by token, and their places stay") {
  const std::vector<std::uint16_t> words(2000, 5);
  const FeatureSet set = set_of({words, {6}});
  const std::vector<std::int32_t> tags(2000, 3);
  const Ints tag = {4};
  const std::vector<BatchSequence> sequences = {
      {.words = set.record(0), .tags = tags, .labels = {}},
      {.words = set.record(1), .tags = tag, .labels = {}}};
  Batcher batcher = batcher_of(64);
  const auto packed = [&](double share, std::uint64_t seed) {
    PackedBatch batch;
    batcher.pack(set, sequences, {.tags = true}, {.words = share, .seed = seed}, batch);
    return batch;
  };
  const PackedBatch whole = packed(0, 1);
  CHECK(whole.words() == 2);
  const PackedBatch none = packed(1, 1);
  CHECK(none.words() == 3);
  CHECK(none.word_offsets == Ints{0, 3, 6, 6});
  CHECK(std::ranges::count(none.word_of_token, 2) == 2001);
  const PackedBatch some = packed(0.3, 1);
  CHECK(same(some, packed(0.3, 1)));
  CHECK_FALSE(same(some, packed(0.3, 2)));
  CHECK(some.rows == whole.rows);
  CHECK(some.tags == whole.tags);
  CHECK(some.token_order == whole.token_order);
  // 2001 trials at 0.3: 600, standard deviation 20.5. Equal words are dropped apart.
  CHECK(std::abs(static_cast<double>(std::ranges::count(some.word_of_token, 2)) - 600) < 4 * 20.5);
}

TEST_CASE("sizes that do not fit are refused") {
  const auto refused = [](std::vector<ChannelTable> tables, BatcherOptions options) {
    try {
      Batcher(kChannels, std::move(tables), options);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  CHECK(refused({{}}, {}) == "1 feature tables for 2 channels");
  CHECK(refused({{.rows = 3}, {.rows = 4}}, {}) ==
        "channel \"minhash\" has 3 rows; the number must divide 65536");
  CHECK(refused({{.rows = 0}, {.rows = 4}}, {}) ==
        "channel \"minhash\" has 0 rows; the number must divide 65536");
  CHECK_THROWS_WITH(Batcher({{"simhash", 8, true}}, {{.rows = 16}}, {}),
                    "channel \"simhash\" has 16 rows for 8 numbers; give as many");
  CHECK(refused({{.rows = 4}, {.first_row = 0xffffffff, .rows = 4}}, {}) ==
        "channel \"word\": a feature table has no row 4294967295");
  CHECK(refused(kTables, {.segment = 0}) ==
        "segments of 0 tokens, 65536 tokens a record: both must be at least 1, a segment at most "
        "1048576");
  CHECK(refused(kTables, {.segment = 64}) == "nothing was thrown");

  const FeatureSet set = set_of({{5, 6}});
  const FeatureSet wide(4);
  PackedBatch batch;
  Batcher batcher = batcher_of(64);
  CHECK_THROWS_AS(batcher.pack_all(wide, batch), Error);
  const Ints one = {1};
  const std::vector<BatchSequence> sequences = {
      {.words = set.record(0), .tags = one, .labels = {}}};
  CHECK_THROWS_AS(batcher.pack(set, sequences, {.tags = true}, {}, batch), Error);
  const std::vector<float> two = {0.5F, 0.5F};
  const std::vector<BatchSequence> weights = {
      {.words = set.record(0), .tags = {}, .labels = one, .label_weights = two}};
  CHECK_THROWS_AS(batcher.pack(set, weights, {.labels = true}, {}, batch), Error);
}

TEST_CASE("a feature set can be used again, and refuses records of another width") {
  FeatureSet set(3);
  CHECK(set.add(record_of({1, 2, 1})) == 0);
  CHECK(set.add(record_of({2})) == 1);
  CHECK(set.tokens() == 4);
  CHECK(std::vector<std::uint32_t>(set.record(0).begin(), set.record(0).end()) ==
        std::vector<std::uint32_t>{0, 1, 0});
  set.clear();
  CHECK(set.records() == 0);
  CHECK(set.words() == 0);
  CHECK(set.add(record_of({2})) == 0);
  CHECK(set.word(0)[0] == 2);
  FeatureRecord bad = record_of({1});
  bad.values.pop_back();
  CHECK_THROWS_AS(set.add(bad), Error);
}

TEST_CASE("word n-grams are those of each sequence's words, up to the length limit") {
  const FeatureSet set = set_of({{5, 6, 5, 6}, {}, {6}});
  PackedBatch batch;
  Batcher(kChannels, {{.used = false}, {.first_row = 0, .rows = 2}}, {}).pack_all(set, batch);
  CHECK(batch.ngram_offsets.empty());
  Batcher batcher(kChannels, {{.used = false}, {.first_row = 0, .rows = 2}},
                  {.segment = 2, .max_tokens = 3, .ngrams = {.longest = 2, .rows = 1U << 20U}});
  batcher.pack_all(set, batch);
  // 5; 5 6, 6; 6 5, and 6 alone.
  CHECK(batch.ngram_offsets == Ints{0, 4, 4, 5});
  CHECK(batch.ngram_counts == Ints{4, 0, 1});
  CHECK(batch.ngram_rows[4] == batch.ngram_rows[2]);
}

TEST_CASE("a channel of lower-cased or folded words is what word n-grams know words by") {
  const std::vector<Channel> channels = {{"word", 1}, {"lower", 1}};
  FeatureSet set(2);
  FeatureRecord record;
  record.tokens = {{0, 1}, {2, 3}};
  record.values = {1, 9, 2, 9};  // two words, the same but for capitals
  set.add(record);
  PackedBatch batch;
  const WordNgramOptions one{.longest = 1, .rows = 1U << 20U};
  Batcher(channels, {{.rows = 1}, {.rows = 1}}, {.ngrams = one}).pack_all(set, batch);
  CHECK(batch.ngram_rows.size() == 1);
  const std::vector<Channel> folded = {{"word", 1}, {"folded", 1}};
  Batcher(folded, {{.rows = 1}, {.rows = 1}}, {.ngrams = one}).pack_all(set, batch);
  CHECK(batch.ngram_rows.size() == 1);
  const std::vector<Channel> others = {{"word", 1}, {"suffix", 1}};
  Batcher(others, {{.rows = 1}, {.rows = 1}}, {.ngrams = one}).pack_all(set, batch);
  CHECK(batch.ngram_rows.size() == 2);
}

TEST_CASE("n-grams of letters tell the label beside those of words, where they have no table") {
  const std::vector<Channel> channels = {{"word", 1}, {"letters", 2}, {"folded", 1}};
  FeatureSet set(4);
  FeatureRecord record;
  record.tokens = {{0, 1}, {2, 3}, {4, 5}};
  record.values = {1, 70, 71, 9, 2, 71, 72, 8, 1, 70, 71, 9};
  set.add(record);
  PackedBatch batch;
  const WordNgramOptions one{.longest = 1, .rows = 1U << 20U};
  Batcher(channels, {{.rows = 4}, {.used = false}, {.first_row = 4, .rows = 4}}, {.ngrams = one})
      .pack_all(set, batch);
  CHECK(batch.ngram_rows.size() == 5);  // two words, three n-grams of letters
  CHECK(batch.ngram_counts == Ints{5});
  CHECK(batch.rows.size() == 4);  // of two distinct words
  WordNgrams ngrams(one);
  Ints rows;
  ngrams.append(std::vector<std::uint64_t>{9, 8}, std::vector<std::uint16_t>{70, 71, 72}, rows);
  CHECK(batch.ngram_rows == rows);
  // Rows of a table of their own are not told twice.
  Batcher(channels, {{.rows = 4}, {.first_row = 4, .rows = 4}, {.first_row = 8, .rows = 4}},
          {.ngrams = one})
      .pack_all(set, batch);
  CHECK(batch.ngram_rows.size() == 2);
  CHECK(batch.rows.size() == 8);
}

TEST_CASE("word n-grams are dropped one by one, and counted before that") {
  std::vector<std::uint32_t> words(2000);
  for (std::uint32_t i = 0; i < words.size(); ++i) words[i] = i;
  FeatureSet set(1);
  FeatureRecord record;
  for (const std::uint32_t word : words) {
    record.tokens.push_back({word, word + 1});
    record.values.push_back(static_cast<std::uint16_t>(word));
  }
  set.add(record);
  Batcher batcher({{"word", 1}}, {{.rows = 1}}, {.ngrams = {.longest = 1, .rows = 1U << 30U}});
  PackedBatch batch;
  const std::vector<BatchSequence> sequences = {{.words = set.record(0), .tags = {}, .labels = {}},
                                                {.words = set.record(0), .tags = {}, .labels = {}}};
  batcher.pack(set, sequences, {}, {.ngrams = 0.25, .seed = 3}, batch);
  CHECK(batch.ngram_counts == Ints{2000, 2000});
  const auto kept = static_cast<std::size_t>(batch.ngram_offsets[1]);
  CHECK(kept > 1400);
  CHECK(kept < 1600);
  // Another draw for the other sequence, the same draw for the same seed.
  CHECK(Ints(batch.ngram_rows.begin(), batch.ngram_rows.begin() + static_cast<long>(kept)) !=
        Ints(batch.ngram_rows.begin() + static_cast<long>(kept), batch.ngram_rows.end()));
  const Ints before = batch.ngram_rows;
  batcher.pack(set, sequences, {}, {.ngrams = 0.25, .seed = 3}, batch);
  CHECK(batch.ngram_rows == before);
}

#include "pnlp/feature/featurizer.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"

using namespace pnlp;

namespace {

Record text_of(std::string text) {
  Record record;
  record.place = {"a.jsonl", 3};
  record.text = std::move(text);
  return record;
}

FeatureRecord features(Featurizer& featurizer, const Record& record) {
  FeatureRecord out;
  featurizer.featurize(record, out);
  return out;
}

std::vector<std::uint16_t> token(const FeatureRecord& record, std::size_t index) {
  const std::size_t width = record.values.size() / record.tokens.size();
  const auto begin = record.values.begin() + static_cast<std::ptrdiff_t>(index * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.what();
  }
  return "nothing was thrown";
}

// Cuts words into units of two bytes; what a word's last unit is depends on the word after it, so
// that words must not be cached alone.
class Pairs : public Tokenizer {
 public:
  explicit Pairs(bool context) : context_(context) {}
  std::unique_ptr<Tokenizer> clone() const override { return std::make_unique<Pairs>(context_); }
  void tokenize(std::string_view text, Tokens& out) override {
    std::vector<ByteRange> words;
    for (std::uint32_t at = 0; at < text.size(); at = words.back().end + 1) {
      const auto end = std::min(text.size(), text.find(' ', at));
      words.push_back({at, static_cast<std::uint32_t>(end)});
    }
    tokenize(text, words, out);
  }
  void tokenize(std::string_view text, std::span<const ByteRange> words, Tokens& out) override {
    ++calls;
    out.words.assign(words.begin(), words.end());
    out.units.clear();
    out.unit_offsets.assign(1, 0);
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (std::uint32_t at = words[i].begin; at < words[i].end; at += 2) {
        const std::uint32_t end = std::min(at + 2, words[i].end);
        Unit unit;
        unit.text = text.substr(at, end - at);
        unit.continuation = at > words[i].begin;
        out.units.push_back(unit);
      }
      if (context_ && i + 1 < words.size())
        out.units.back().text = text.substr(words[i + 1].begin, 1);
      out.unit_offsets.push_back(static_cast<std::uint32_t>(out.units.size()));
    }
  }
  void pieces(std::string_view, std::vector<std::string>&) override {}
  bool context_free() const override { return !context_; }
  std::string_view kind() const override { return "pairs"; }
  std::string_view bytes() const override { return "two"; }

  int calls = 0;

 private:
  bool context_;
};

}  // namespace

TEST_CASE("each word becomes what the projection makes of it and its units") {
  Featurizer featurizer(open_tokenizer("chars"), {});
  CHECK(featurizer.width() == 76);
  CHECK(featurizer.channels().size() == 7);
  const FeatureRecord record = features(featurizer, text_of("wake me, wake"));
  CHECK(record.tokens == std::vector<ByteRange>{{0, 4}, {5, 7}, {7, 8}, {9, 13}});
  REQUIRE(record.values.size() == 4 * 76);
  const auto projection = make_projection({});
  std::vector<std::uint16_t> expected(76);
  const ProjectionUnit unit{.text = "\xe2\x96\x81wake\xe2\x96\x81"};
  projection->project("wake", {&unit, 1}, expected);
  CHECK(token(record, 0) == expected);
  CHECK(token(record, 3) == expected);
  CHECK(token(record, 1) != expected);
  CHECK(features(featurizer, text_of("")).tokens.empty());
  CHECK(features(featurizer, text_of("")).values.empty());
}

TEST_CASE("what a record carries travels along") {
  Featurizer featurizer(open_tokenizer("chars"), {});
  Record record = text_of("wake me");
  record.id = "\"a7\"";
  record.label_form = LabelForm::soft;
  record.labels = {{"x", 0.25F}, {"y", 0.75F}};
  record.has_spans = true;
  record.spans = {{5, 7, "who"}};
  const FeatureRecord out = features(featurizer, record);
  CHECK(out.id == "\"a7\"");
  CHECK(out.label_form == LabelForm::soft);
  CHECK(out.labels == record.labels);
  CHECK(out.has_spans);
  CHECK(out.spans == record.spans);
  // Reused memory keeps nothing of the record before.
  FeatureRecord reused = out;
  featurizer.featurize(text_of("me"), reused);
  CHECK(reused == features(featurizer, text_of("me")));
}

TEST_CASE("probabilities of tags are for the words that are found, and tell spans") {
  Featurizer featurizer(open_tokenizer("chars"), {});
  Record record = text_of("wake me");
  record.has_tag_weights = true;
  record.tag_weights = {{{"O", 0.75F}, {"B-x", 0.25F}}, {{"O", 0.25F}, {"B-x", 0.75F}}};
  const FeatureRecord out = features(featurizer, record);
  CHECK(out.tag_weights == record.tag_weights);
  CHECK(out.has_spans);
  CHECK(out.spans == std::vector<Span>{{5, 7, "x"}});
  record.tag_weights.pop_back();
  std::string message;
  try {
    features(featurizer, record);
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(
      message.ends_with("the text has 2 words, but there are probabilities of tags for 1; were "
                        "they made with another tokenizer?"));
}

TEST_CASE("tokens given by the record are taken as they are") {
  Featurizer featurizer(open_tokenizer("chars"), {});
  Record record = text_of("wake me");
  record.has_tokens = true;
  record.tokens = {{0, 2}, {2, 7}};
  const FeatureRecord out = features(featurizer, record);
  CHECK(out.tokens == record.tokens);
  CHECK(token(out, 0) == features(featurizer, text_of("wa")).values);
}

TEST_CASE("the cache changes nothing, whatever its size") {
  std::string text;
  for (int i = 0; i < 300; ++i) text.append("w").append(std::to_string(i * i % 97)).append(" ");
  Featurizer none(open_tokenizer("chars"), {}, 0);
  Featurizer small(open_tokenizer("chars"), {}, 7);
  Featurizer large(open_tokenizer("chars"), {});
  const FeatureRecord expected = features(none, text_of(text));
  for (int round = 0; round < 2; ++round) {
    CHECK(features(small, text_of(text)) == expected);
    CHECK(features(large, text_of(text)) == expected);
  }
  CHECK(none.cache_counts().hits == 0);
  CHECK(large.cache_counts().hits >= 300);
  CHECK(large.cache_counts().hits + large.cache_counts().misses == 600);
  CHECK(features(*large.clone(), text_of(text)) == expected);
}

TEST_CASE("numbered words have the values of projected ones") {
  Featurizer numbering(open_tokenizer("chars"), {}, 5);
  Featurizer plain(open_tokenizer("chars"), {});
  NumberedRecord out;
  std::uint64_t generations = 0;
  for (const char* text :
       {"ring the bell, the bell", "", "the bell", "one two three four", "the"}) {
    const std::uint64_t before = numbering.generation();
    numbering.renew();
    generations += numbering.generation() - before;
    numbering.number(text_of(text), out);
    const FeatureRecord expected = features(plain, text_of(text));
    CHECK(out.tokens == expected.tokens);
    REQUIRE(out.words.size() == out.tokens.size());
    std::vector<std::uint16_t> values;
    for (const std::uint32_t word : out.words) {
      const auto row = numbering.rows().word(word);
      values.insert(values.end(), row.begin(), row.end());
    }
    CHECK(values == expected.values);
  }
  CHECK(generations == 1);
  numbering.number(text_of("the the"), out);
  CHECK(out.words[0] == out.words[1]);
}

TEST_CASE("only unknown words are tokenized when words stand for themselves") {
  auto owned = std::make_unique<Pairs>(false);
  const Pairs& pairs = *owned;
  Featurizer featurizer(std::move(owned), {});
  const FeatureRecord first = features(featurizer, text_of("ring the bell"));
  CHECK(pairs.calls == 1);
  CHECK(features(featurizer, text_of("ring the bell")) == first);
  CHECK(pairs.calls == 1);
  const FeatureRecord second = features(featurizer, text_of("bell rang bell"));
  CHECK(pairs.calls == 2);
  CHECK(token(second, 0) == token(first, 2));
  CHECK(token(second, 2) == token(first, 2));
}

TEST_CASE("units that depend on context are part of the cache's key") {
  Featurizer cached(std::make_unique<Pairs>(true), {});
  Featurizer plain(std::make_unique<Pairs>(true), {}, 0);
  for (const char* text : {"ring the bell", "the bell", "ring that bell", "ring the bell"}) {
    CHECK(features(cached, text_of(text)) == features(plain, text_of(text)));
  }
  CHECK(cached.cache_counts().hits > 0);
  CHECK(token(features(cached, text_of("ring the")), 0) !=
        token(features(cached, text_of("ring bell")), 0));
  Record given = text_of("ring the");
  given.has_tokens = true;
  given.tokens = {{0, 4}};
  CHECK(features(cached, given).tokens == given.tokens);
}

TEST_CASE("units in a record give what the tokenizer would have given") {
  Featurizer whole(std::make_unique<Pairs>(false), {});
  Featurizer units_only(Pairs(false).digest(), {});
  CHECK_FALSE(units_only.source().has_tokenizer);
  CHECK(units_only.source().difference(whole.source()).empty());
  Record record = text_of("ring me");
  const FeatureRecord expected = features(whole, record);
  record.tokenizer = hex64(Pairs(false).digest());
  record.has_tokens = true;
  record.tokens = {{0, 4}, {5, 7}};
  record.units = {{{"ri", false}, {"ng", true}}, {{"me", false}}};
  CHECK(record_tokenizer_digest(record) == Pairs(false).digest());
  CHECK(features(units_only, record) == expected);
  CHECK(features(*units_only.clone(), record) == expected);
  CHECK(features(whole, record) == expected);
  record.units[0][1].continuation = false;
  CHECK(features(whole, record) != expected);

  record.units.pop_back();
  CHECK(message([&] { features(whole, record); }) == "a.jsonl:3: 2 tokens, but subword units of 1");
  CHECK(message([&] { features(units_only, text_of("ring")); }) ==
        "a.jsonl:3: the record has no subword units, and there is no tokenizer to make them; give "
        "one with -t");
  record.tokenizer = "0123456789abcdef";
  CHECK(message([&] { features(whole, record); }) ==
        "a.jsonl:3: subword units by tokenizer 0123456789abcdef, but tokenizer " +
            hex64(Pairs(false).digest()) + " is wanted; make them again from the text");
  for (const char* bad : {"0123", "0123456789abcdeg", "0123456789ABCDEF", "x"}) {
    record.tokenizer = bad;
    CHECK(message([&] { record_tokenizer_digest(record); }) ==
          "a.jsonl:3: the tokenizer's digest is \"" + std::string(bad) +
              "\", not 16 hexadecimal digits");
  }
  CHECK(message([&] { record_tokenizer_digest(text_of("x")); }) ==
        "a.jsonl:3: the record has no subword units; give a tokenizer with -t");
}

TEST_CASE("the digest of chars is enough to have its tokenizer") {
  const std::uint64_t digest = open_tokenizer("chars")->digest();
  Featurizer by_digest(digest, {});
  Featurizer by_name(open_tokenizer("chars"), {});
  CHECK(by_digest.source() == by_name.source());
  CHECK(features(by_digest, text_of("wake me")) == features(by_name, text_of("wake me")));
}

TEST_CASE("a featurizer comes back from its source") {
  ProjectionSpec spec;
  spec.hashes = 8;
  Featurizer featurizer(open_tokenizer("chars"), spec);
  Featurizer again(decode_source(encode_source(featurizer.source(), true)));
  CHECK(again.width() == featurizer.width());
  CHECK(features(again, text_of("wake me")) == features(featurizer, text_of("wake me")));

  FeatureSource source = featurizer.source();
  source.tokenizer_digest ^= 1;
  CHECK(message([&] { Featurizer{source}; }).find("make the file again") != std::string::npos);
  source.has_tokenizer = false;
  CHECK(message([&] { Featurizer{source}; }).find("give it with -t") != std::string::npos);
}

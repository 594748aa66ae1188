#include "pnlp/task/predictor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "pnlp/task/inference.hpp"
#include "pnlp/task/quantization.hpp"
#include "pnlp/task/self_test.hpp"
#include "task/predicting.hpp"

using namespace pnlp;
using namespace predicting;

namespace {

void check_records_stand_alone(const ModelFile& model) {
  Predictor predictor(shared(model), everything());
  const std::vector<FeatureRecord> records = random_records(60, 5);
  std::vector<Prediction> whole(records.size());
  predictor.predict(records, whole);
  const auto clone = predictor.clone();
  // One by one, by sevens from the end, and all again when every word is known.
  for (std::size_t i = 0; i < records.size(); ++i) {
    Prediction single;
    clone->predict({&records[i], 1}, {&single, 1});
    check_same(single, whole[i]);
  }
  const auto fresh = clone->clone();
  for (std::size_t end = records.size(); end > 0; end -= std::min<std::size_t>(end, 7)) {
    const std::size_t begin = end - std::min<std::size_t>(end, 7);
    std::vector<Prediction> part(end - begin);
    fresh->predict(std::span(records).subspan(begin, end - begin), part);
    for (std::size_t i = 0; i < part.size(); ++i) check_same(part[i], whole[begin + i]);
  }
  std::vector<Prediction> again(records.size());
  predictor.predict(records, again);
  for (std::size_t i = 0; i < records.size(); ++i) check_same(again[i], whole[i]);
}

}  // namespace

TEST_CASE("a prediction depends on its record alone") {
  for (const Task task : {Task::label, Task::multilabel, Task::tags, Task::joint}) {
    CAPTURE(task_name(task));
    const ModelFile model = random_model(task);
    check_records_stand_alone(model);
    check_records_stand_alone(quantize(model));
  }
}

TEST_CASE("a quantized model's logits are near, and its self-test is its own") {
  ModelFile model = random_model(Task::joint);
  const auto before = std::make_shared<SharedModel>(model);
  const std::vector<FeatureRecord> records = random_records(20, 5);
  const RecordSet inputs(model.config.fingerprint_width(), records);
  model.self_test = make_self_test(before, RecordSelection(inputs));
  const ModelFile small = quantize(model);
  CHECK(small.self_test != model.self_test);
  const auto after = std::make_shared<SharedModel>(small);
  check_self_test(after, small.self_test);
  std::vector<float> expected;
  std::vector<float> found;
  Inference(before).logits(records, expected);
  Inference(after).logits(records, found);
  REQUIRE(found.size() == expected.size());
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error += std::pow(static_cast<double>(found[i]) - static_cast<double>(expected[i]), 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  CHECK(error > 0);
  CHECK(std::sqrt(error / size) < 0.05);
}

TEST_CASE("memory for words that is full changes nothing") {
  const ModelFile model = random_model(Task::joint);
  const auto shared_model = std::make_shared<SharedModel>(model.config, model.weights);
  Inference large(shared_model);
  Inference small(shared_model, 1);  // forgets after each part
  const std::vector<FeatureRecord> records = random_records(80, 6);
  for (std::size_t begin = 0; begin < records.size(); begin += 8) {
    const std::span<const FeatureRecord> part = std::span(records).subspan(begin, 8);
    std::vector<Prediction> a(8), b(8);
    large.predict(part, everything(), a);
    small.predict(part, everything(), b);
    for (std::size_t i = 0; i < 8; ++i) check_same(a[i], b[i]);
  }
}

namespace {

void check_numbered(std::span<const Predictor::Member> members) {
  Predictor by_values(members, everything());
  Predictor by_numbers(members, everything());
  const std::vector<FeatureRecord> records = random_records(80, 6);
  const std::uint32_t width = by_values.config().fingerprint_width();
  std::vector<std::uint16_t> rows;
  for (std::size_t begin = 0; begin < records.size(); begin += 8) {
    // Rows of a generation keep their numbers; here every third batch begins a new one.
    const std::size_t generation = begin / 24;
    if (begin % 24 == 0) rows.clear();
    const std::span<const FeatureRecord> part = std::span(records).subspan(begin, 8);
    std::vector<NumberedRecord> numbered(8);
    for (std::size_t i = 0; i < 8; ++i) {
      numbered[i].tokens = part[i].tokens;
      for (std::size_t k = 0; k < part[i].tokens.size(); ++k) {
        numbered[i].words.push_back(static_cast<std::uint32_t>(rows.size() / width));
        const auto row = std::span(part[i].values).subspan(k * width, width);
        rows.insert(rows.end(), row.begin(), row.end());
      }
    }
    std::vector<Prediction> a(8), b(8);
    by_values.predict(part, a);
    by_numbers.predict({width, rows}, generation, numbered, b);
    for (std::size_t i = 0; i < 8; ++i) check_same(a[i], b[i]);
  }
}

}  // namespace

TEST_CASE("numbered words are predicted as their values are, by one model and by several") {
  const auto member = [](std::uint32_t ngrams, std::uint32_t most_tokens, std::uint64_t seed) {
    return Predictor::Member{"m", shared(random_model(Task::joint, most_tokens, seed, ngrams))};
  };
  const std::vector<Predictor::Member> members = {member(0, 4096, 1), member(2, 7, 2)};
  check_numbered(std::span(members).first(1));
  check_numbered(std::span(members).last(1));
  check_numbered(members);
}

TEST_CASE("words beyond the length limit of one record are read in the next") {
  const ModelFile model = random_model(Task::joint, 4);
  Predictor predictor(shared(model), everything());
  const std::vector<FeatureRecord> longer = {numbered_words(8)};
  const std::vector<FeatureRecord> rest = {numbered_words(4, 4)};  // the words that were cut
  std::vector<Prediction> out(1), expected(1);
  predictor.predict(longer, out);
  predictor.predict(rest, out);
  predictor.clone()->predict(rest, expected);
  check_same(out[0], expected[0]);
}

TEST_CASE("tokens beyond the length limit are counted and tagged O") {
  const ModelFile model = random_model(Task::joint, 6);
  const FeatureRecord longer = numbered_words(10);
  FeatureRecord shorter = longer;
  shorter.tokens.resize(6);
  shorter.values.resize(6 * 9);
  const std::vector<Prediction> out = toy::predict(model, {longer, shorter}, everything());
  CHECK(out[0].cut_tokens == 4);
  CHECK(out[1].cut_tokens == 0);
  CHECK(out[0].scores == out[1].scores);
  CHECK(out[0].spans == out[1].spans);
  REQUIRE(out[0].tags.size() == 10);
  CHECK(std::equal(out[1].tags.begin(), out[1].tags.end(), out[0].tags.begin()));
  for (std::size_t i = 6; i < 10; ++i) CHECK(out[0].tags[i] == "O");
}

TEST_CASE("a text of 5,000 words") {
  const FeatureRecord longer = numbered_words(5000);
  const ModelFile limited = random_model(Task::joint);
  CHECK(toy::predict(limited, {longer})[0].cut_tokens == 904);
  // Read whole, in company or alone.
  const ModelFile model = random_model(Task::joint, 100000);
  const std::vector<FeatureRecord> company = random_records(3, 8);
  std::vector<FeatureRecord> records = company;
  records.insert(records.begin() + 1, longer);
  const std::vector<Prediction> out = toy::predict(model, records, everything());
  CHECK(out[1].cut_tokens == 0);
  CHECK(out[1].tags.size() == 5000);
  CHECK(std::ranges::count(out[1].tags, "O") < 4500);
  check_same(out[1], toy::predict(model, {longer}, everything())[0]);
  check_same(out[2], toy::predict(model, {company[1]}, everything())[0]);
}

TEST_CASE("tags are well-formed, and spans are their bytes in the text") {
  std::size_t inside = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const ModelFile model = random_model(Task::tags, 4096, seed);
    const std::vector<FeatureRecord> records = random_records(40, seed);
    const std::vector<Prediction> out = toy::predict(model, records);
    for (std::size_t r = 0; r < records.size(); ++r) {
      const std::vector<std::string>& tags = out[r].tags;
      REQUIRE(tags.size() == records[r].tokens.size());
      std::vector<Span> spans;
      for (std::size_t i = 0; i < tags.size(); ++i) {
        const ByteRange& token = records[r].tokens[i];
        if (tags[i][0] == 'B') {
          spans.push_back({token.begin, token.end, tags[i].substr(2)});
        } else if (tags[i][0] == 'I') {
          ++inside;
          REQUIRE(i > 0);
          REQUIRE(tags[i - 1] != "O");
          CHECK(tags[i - 1].substr(2) == tags[i].substr(2));
          spans.back().end = token.end;
        } else {
          CHECK(tags[i] == "O");
        }
      }
      CHECK(out[r].spans == spans);
      CHECK_FALSE(out[r].label.has_value());
    }
  }
  CHECK(inside > 20);
}

TEST_CASE("spans of a trained model are bytes of the original text") {
  const ModelFile model =
      toy::fit(toy::records(Task::tags, 200, 1), toy::records(Task::tags, 40, 2), toy::options())
          .model;
  const std::string text = "  wake me  at half past nine";
  const Prediction out = toy::predict(model, {toy::features(text)})[0];
  CHECK(out.spans == std::vector<Span>{{14, 28, "time"}});
  CHECK(out.tags == std::vector<std::string>{"O", "O", "O", "B-time", "I-time", "I-time"});
  // "ö" and "ã" are two bytes each.
  CHECK(toy::predict(model, {toy::features("play jazz by björk")})[0].spans ==
        std::vector<Span>{{13, 19, "artist"}});
  CHECK(toy::predict(model, {toy::features("weather for são paulo")})[0].spans ==
        std::vector<Span>{{12, 22, "place"}});
}

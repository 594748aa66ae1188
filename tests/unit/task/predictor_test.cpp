#include "pnlp/task/predictor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "edited.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/nn/loss.hpp"
#include "pnlp/task/inference.hpp"
#include "pnlp/task/quantization.hpp"
#include "pnlp/task/self_test.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

// Random weights: decisions are as good as none, and every tag and label occurs.
ModelFile random_model(Task task, std::uint32_t max_tokens = 4096, std::uint64_t seed = 1,
                       std::uint32_t ngrams = 0) {
  ModelFile model;
  model.config.task = task;
  model.config.shape = toy::options().shape;
  model.config.shape.layers = 2;
  model.config.shape.word_ngrams = ngrams;
  model.config.shape.ngram_weights = 4096;
  model.config.max_tokens = max_tokens;
  model.config.channels = {{"minhash", 8, 128}, {"word", 1, 128}};
  if (has_label(task)) model.config.labels = {"a", "b", "c", "d"};
  if (has_tags(task)) model.config.slots = {"x", "y"};
  const Network network(model.config);
  std::vector<float> weights(network.layout().size());
  network.layout().initialize(weights.data(), seed);
  for (float& weight : weights) weight *= 2;
  if (const NgramHead* head = network.ngrams()) {  // its table begins as zeros
    Random random(seed);
    for (float& weight : std::span(weights).subspan(head->table(), head->table_size()))
      weight = static_cast<float>(random.uniform()) - 0.5F;
  }
  model.weights = std::move(weights);
  model.feature_source = encode_source(toy::source(), true);
  return model;
}

// Texts of 0 to 20 words, some of them common.
std::vector<FeatureRecord> random_records(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<FeatureRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text;
    for (std::uint64_t words = random.below(21); words > 0; --words)
      text += "w" + std::to_string(random.below(random.below(2) == 0 ? 10 : 5000)) + " ";
    records.push_back(toy::features(text));
  }
  return records;
}

FeatureRecord numbered_words(std::size_t count, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "n" + std::to_string(first + i) + " ";
  return toy::features(text);
}

void check_same(const Prediction& a, const Prediction& b) {
  CHECK(a.label == b.label);
  CHECK(a.score == b.score);
  CHECK(a.labels == b.labels);
  CHECK(a.top == b.top);
  CHECK(a.scores == b.scores);
  CHECK(a.tags == b.tags);
  CHECK(a.tag_scores == b.tag_scores);
  CHECK(a.spans == b.spans);
  CHECK(a.cut_tokens == b.cut_tokens);
}

PredictOptions everything() {
  PredictOptions options;
  options.top = 3;
  options.all_scores = true;
  return options;
}

std::shared_ptr<const ModelFile> shared(ModelFile model) {
  return std::make_shared<const ModelFile>(std::move(model));
}

std::string json_of(const Prediction& prediction, Task task) {
  std::string out = "before ";
  append_prediction(out, prediction, task);
  return out.substr(7);
}

std::string refused(const ModelFile& model) {
  return toy::refusal(ErrorKind::data, [&] { const Predictor predictor(shared(model), {}); });
}

}  // namespace

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

TEST_CASE("probabilities of one label sum to one; of several they are independent") {
  const std::vector<FeatureRecord> records = random_records(50, 9);
  const ModelFile single = random_model(Task::label);
  ModelFile several = single;
  several.config.task = Task::multilabel;
  std::vector<float> logits;
  const auto shared_model = std::make_shared<SharedModel>(single.config, single.weights);
  Inference(shared_model).label_logits(records, logits);
  const auto of_single = toy::predict(single, records, everything());
  const auto of_several = toy::predict(several, records, everything());
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].tokens.empty()) continue;
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(of_single[i].scores[k].name == single.config.labels[k]);
      CHECK(of_single[i].scores[k].weight >= 0);
      sum += static_cast<double>(of_single[i].scores[k].weight);
      CHECK(of_several[i].scores[k].weight ==
            doctest::Approx(1 / (1 + std::exp(-logits[i * 4 + k]))).epsilon(1e-5));
    }
    CHECK(sum == doctest::Approx(1).epsilon(1e-6));
    const auto& scores = of_single[i].scores;
    const auto best = std::ranges::max_element(scores, {}, &LabelWeight::weight);
    CHECK(of_single[i].label == best->name);
    CHECK(of_single[i].score == best->weight);
  }
}

TEST_CASE("the temperature flattens probabilities and changes no decision") {
  const std::vector<FeatureRecord> records = random_records(20, 10);
  ModelFile model = random_model(Task::label);
  const auto sharp = toy::predict(model, records, everything());
  model.config.temperature = 4;
  const auto flat = toy::predict(model, records, everything());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(flat[i].label == sharp[i].label);
    CHECK(flat[i].score <= sharp[i].score);
    if (records[i].tokens.empty()) continue;
    // ln p_a - ln p_b is the difference of logits over the temperature.
    const auto odds = [&](const Prediction& p) {
      return std::log(static_cast<double>(p.scores[0].weight) /
                      static_cast<double>(p.scores[1].weight));
    };
    CHECK(odds(flat[i]) == doctest::Approx(odds(sharp[i]) / 4).epsilon(1e-3));
  }
}

TEST_CASE("the temperature of a trained model makes its dev labels most likely") {
  std::vector<FeatureRecord> dev = toy::records(Task::label, 60, 2);
  for (std::size_t i = 0; i < dev.size(); i += 5)
    dev[i].labels[0].name = "music";  // some are wrong
  ModelFile model = toy::fit(toy::records(Task::label, 120, 1), dev, toy::options()).model;
  const auto loss = [&](float factor) {
    ModelFile other = model;
    other.config.temperature *= factor;
    double sum = 0;
    const auto out = toy::predict(other, dev, everything());
    for (std::size_t i = 0; i < dev.size(); ++i) {
      for (const LabelWeight& score : out[i].scores) {
        if (score.name == dev[i].labels[0].name) sum -= std::log(static_cast<double>(score.weight));
      }
    }
    return sum;
  };
  CHECK(model.config.temperature > 1.2F);
  CHECK(loss(1.0F) < loss(1.1F));
  CHECK(loss(1.0F) < loss(0.9F));
}

TEST_CASE("top, scores and the least score") {
  const std::vector<FeatureRecord> records = random_records(30, 11);
  const ModelFile model = random_model(Task::label);
  PredictOptions options;
  const auto plain = toy::predict(model, records, options);
  options.top = 2;
  const auto two = toy::predict(model, records, options);
  options.top = 100;
  options.all_scores = true;
  const auto all = toy::predict(model, records, options);
  PredictOptions certain;
  certain.min_score = 0.5F;
  const auto strict = toy::predict(model, records, certain);
  std::size_t rejected = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(plain[i].top.empty());
    CHECK(plain[i].scores.empty());
    if (records[i].tokens.empty()) continue;
    REQUIRE(two[i].top.size() == 2);
    REQUIRE(all[i].top.size() == 4);
    CHECK(two[i].top[0].name == plain[i].label);
    CHECK(two[i].top[0].weight == plain[i].score);
    CHECK(std::ranges::is_sorted(all[i].top, std::greater{}, &LabelWeight::weight));
    auto sorted = all[i].scores;
    std::ranges::stable_sort(sorted, std::greater{}, &LabelWeight::weight);
    CHECK(sorted == all[i].top);
    CHECK(strict[i].score == plain[i].score);
    CHECK(strict[i].label.has_value() == (plain[i].score >= 0.5F));
    rejected += strict[i].label ? 0 : 1;
  }
  CHECK(rejected > 0);
  CHECK(rejected < records.size());
}

TEST_CASE("labels from a threshold on, most probable first") {
  const std::vector<FeatureRecord> records = random_records(30, 12);
  ModelFile model = random_model(Task::multilabel);
  model.config.threshold = 0.4F;
  PredictOptions options;
  options.all_scores = true;
  const auto by_model = toy::predict(model, records, options);
  options.threshold = 0.0F;
  const auto every = toy::predict(model, records, options);
  options.threshold = 1.5F;
  const auto none = toy::predict(model, records, options);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].tokens.empty()) continue;
    CHECK(every[i].labels.size() == 4);
    CHECK(none[i].labels.empty());
    CHECK_FALSE(none[i].label.has_value());
    CHECK(std::ranges::is_sorted(every[i].labels, std::greater{}, &LabelWeight::weight));
    CHECK(none[i].score == every[i].labels[0].weight);
    const auto above = std::ranges::count_if(
        every[i].scores, [](const LabelWeight& score) { return score.weight >= 0.4F; });
    CHECK(by_model[i].labels.size() == static_cast<std::size_t>(above));
  }
}

TEST_CASE("an empty text has no label, no score and no tags") {
  for (const Task task : {Task::label, Task::multilabel, Task::tags, Task::joint}) {
    CAPTURE(task_name(task));
    const std::vector<FeatureRecord> records = {toy::features(""), toy::features("word"),
                                                toy::features("  ")};
    const auto out = toy::predict(random_model(task), records, everything());
    for (const std::size_t i : {0U, 2U}) {
      CHECK_FALSE(out[i].label.has_value());
      CHECK(out[i].score == 0);
      CHECK(out[i].labels.empty());
      CHECK(out[i].top.empty());
      CHECK(out[i].tags.empty());
      CHECK(out[i].spans.empty());
    }
    CHECK(out[1].tags.size() == (has_tags(task) ? 1 : 0));
    // Nothing but empty texts, and nothing at all.
    CHECK_FALSE(toy::predict(random_model(task), {records[0]})[0].label.has_value());
    CHECK(toy::predict(random_model(task), {}).empty());
  }
}

TEST_CASE("several models predict by the mean of their probabilities") {
  const auto member = [](Task task, std::uint64_t seed, std::uint32_t most_tokens = 4096) {
    TrainOptions options = toy::options(2);
    options.seed = seed;
    options.max_tokens = most_tokens;
    return std::make_shared<const ModelFile>(
        toy::fit(toy::records(task, 100, 1), toy::records(task, 40, 2), options).model);
  };
  PredictOptions options;
  options.all_scores = true;
  const auto together = [&](std::span<const Predictor::Member> members,
                            const std::vector<FeatureRecord>& records) {
    Predictor predictor(members, options);
    std::vector<Prediction> out(records.size());
    predictor.clone()->predict(records, out);
    return out;
  };
  for (const Task task : {Task::joint, Task::multilabel, Task::tags}) {
    auto records = toy::records(task, 20, 3);
    records.push_back(toy::features(""));
    const std::vector<Predictor::Member> members = {{"a", member(task, 1)}, {"b", member(task, 2)}};
    const auto mean = together(members, records);
    const auto a = toy::predict(*members[0].model, records, options);
    const auto b = toy::predict(*members[1].model, records, options);
    for (std::size_t i = 0; i < records.size(); ++i) {
      REQUIRE(mean[i].scores.size() == a[i].scores.size());
      for (std::size_t k = 0; k < a[i].scores.size(); ++k) {
        CHECK(mean[i].scores[k].weight ==
              doctest::Approx((a[i].scores[k].weight + b[i].scores[k].weight) / 2).epsilon(1e-4));
      }
      REQUIRE(mean[i].tag_scores.size() == (has_tags(task) ? records[i].tokens.size() : 0));
      for (const TagWeights& token : mean[i].tag_scores) {
        float sum = 0;
        for (const LabelWeight& tag : token) sum += tag.weight;
        CHECK(sum == doctest::Approx(1).epsilon(0.002));
      }
    }
    CHECK_FALSE(mean.back().label);
  }
  // What one of them does not read is not read; nothing is known of it.
  const std::vector<Predictor::Member> members = {{"a", member(Task::joint, 1)},
                                                  {"b", member(Task::joint, 2, 2)}};
  const Prediction cut = together(members, {toy::features("play jazz by abba")})[0];
  CHECK(cut.cut_tokens == 2);
  REQUIRE(cut.tag_scores.size() == 4);
  CHECK_FALSE(cut.tag_scores[1].empty());
  CHECK(cut.tag_scores[2].empty());
  CHECK(cut.tags[3] == "O");

  const std::vector<Predictor::Member> apart = {{"a.pnlp", member(Task::joint, 1)},
                                                {"b.pnlp", member(Task::tags, 1)}};
  CHECK(toy::refusal(ErrorKind::data, [&] { Predictor(apart, options); }) ==
        "b.pnlp is for the task tags, a.pnlp for the task joint");
  ModelFile renamed = *apart[0].model;
  renamed.config.slots[0] = "actor";
  const std::vector<Predictor::Member> other = {
      apart[0], {"c.pnlp", std::make_shared<const ModelFile>(renamed)}};
  CHECK(toy::refusal(ErrorKind::data, [&] { Predictor(other, options); }) ==
        "the slots of c.pnlp are not those of a.pnlp; only in c.pnlp: actor; only in a.pnlp: "
        "artist");
}

TEST_CASE("a model is refused if its self-test fails") {
  ModelFile model =
      toy::fit(toy::records(Task::joint, 60, 1), toy::records(Task::joint, 20, 2), toy::options(1))
          .model;
  CHECK_FALSE(model.self_test.empty());
  CHECK(refused(model) == "accepted");
  const Network network(model.config);
  const auto& parameters = network.layout().parameters();
  const Parameter& bias = *std::ranges::find(parameters, "label.bias", &Parameter::name);
  ModelFile changed = model;
  edit(changed.weights, [&](std::vector<float>& weights) {
    weights[bias.offset] += 0.009F;  // within what processors may differ
  });
  CHECK(refused(changed) == "accepted");
  edit(changed.weights, [&](std::vector<float>& weights) { weights[bias.offset] += 0.01F; });
  const std::string message = refused(changed);
  CHECK(message.starts_with("the model's self-test failed: output 1 is "));
  CHECK(message.find("this processor") != std::string::npos);
  // Every tensor that takes part in the outputs is looked after.
  for (const Parameter& parameter : parameters) {
    CAPTURE(parameter.name);
    // Adds the same to all channels of a token: every layer that follows begins by taking it away.
    if (parameter.name.ends_with("token_out.bias")) continue;
    changed = model;
    Random random(3);
    edit(changed.weights, [&](std::vector<float>& weights) {
      for (std::size_t i = 0; i < parameter.size; ++i)
        weights[parameter.offset + i] += static_cast<float>(random.normal());
    });
    CHECK(refused(changed) != "accepted");
  }
}

TEST_CASE("a damaged self-test is refused") {
  const ModelFile model =
      toy::fit(toy::records(Task::label, 60, 1), toy::records(Task::label, 20, 2), toy::options(1))
          .model;
  ModelFile damaged = model;
  for (std::size_t size = 1; size < model.self_test.size(); ++size) {
    damaged.self_test = model.self_test.substr(0, size);
    CAPTURE(size);
    CHECK(refused(damaged) != "accepted");
  }
  damaged.self_test = model.self_test + "x";
  CHECK(refused(damaged).find("too many") != std::string::npos);
  const auto made = [&](const std::function<void(ByteWriter&)>& write) {
    ByteWriter out;
    write(out);
    damaged.self_test = out.take();
    return refused(damaged);
  };
  CHECK(made([](ByteWriter& out) { out.varint(4); }).find("a count of 4") != std::string::npos);
  CHECK(made([](ByteWriter& out) {
          out.varint(1);
          out.varint(17);
        }).find("a count of 17") != std::string::npos);
  CHECK(made([](ByteWriter& out) {
          out.varint(0);
          out.varint(0);
        }) == "accepted");
  CHECK(made([](ByteWriter& out) {
          out.varint(1);
          out.varint(1);
          for (int i = 0; i < 9; ++i) out.u16(0);
          out.varint(0);
        }) == "the model's self-test has another number of outputs");
  damaged.self_test.clear();
  CHECK(refused(damaged) == "accepted");
}

TEST_CASE("a model whose tables are not for its own features is refused") {
  ModelFile model = random_model(Task::label);
  model.feature_source = encode_source(toy::featurizer(16).source(), true);
  CHECK(refused(model) ==
        "the model's tables are for fingerprints of 9 values, its projection gives others (17 "
        "values): the model is damaged");
  model.feature_source = "x";
  CHECK(refused(model) != "accepted");
}

TEST_CASE("predictions as JSON") {
  Prediction prediction;
  CHECK(json_of(prediction, Task::label) == R"({"label":null,"score":0})");
  CHECK(json_of(prediction, Task::multilabel) == R"({"labels":[]})");
  CHECK(json_of(prediction, Task::tags) == R"({"tags":[],"spans":[]})");
  CHECK(json_of(prediction, Task::joint) == R"({"label":null,"score":0,"tags":[],"spans":[]})");
  prediction.label = "set \"it\"\n";
  prediction.score = 0.75F;
  prediction.tags = {"O", "B-what"};
  prediction.spans = {{4, 9, "what"}};
  CHECK(json_of(prediction, Task::label) == R"({"label":"set \"it\"\n","score":0.75})");
  CHECK(json_of(prediction, Task::tags) ==
        R"({"tags":["O","B-what"],"spans":[{"start":4,"end":9,"label":"what"}]})");
  CHECK(json_of(prediction, Task::joint) ==
        R"({"label":"set \"it\"\n","score":0.75,"tags":["O","B-what"],)"
        R"("spans":[{"start":4,"end":9,"label":"what"}]})");
  prediction.top = {{"a", 0.75F}, {"b", 0.1F}};
  prediction.scores = {{"a", 0.75F}, {"b", 0.1F}, {"c", 0.15F}};
  CHECK(json_of(prediction, Task::label) ==
        R"({"label":"set \"it\"\n","score":0.75,)"
        R"("top":[{"label":"a","score":0.75},{"label":"b","score":0.1}],)"
        R"("scores":{"a":0.75,"b":0.1,"c":0.15}})");
  prediction.labels = {{"a", 0.75F}};
  prediction.top.clear();
  prediction.scores.clear();
  CHECK(json_of(prediction, Task::multilabel) == R"({"labels":[{"label":"a","score":0.75}]})");
}

TEST_CASE("a predictor tells its model's configuration and features") {
  const ModelFile model = random_model(Task::joint);
  const Predictor predictor(shared(model), {});
  CHECK(predictor.config() == model.config);
  CHECK(predictor.source() == toy::source());
  CHECK(predictor.clone()->config() == model.config);
}

TEST_CASE("models of all versions stay readable") {
  for (const char* name : {"fp32.pnlp", "int8.pnlp", "products8.pnlp"}) {
    CAPTURE(name);
    const ModelFile model = load_model(std::string(PNLP_TESTDATA "/model/") + name);
    const auto out = toy::predict(
        model, {toy::features("wake me at half past nine"), toy::features("play jazz by björk")});
    CHECK(out[0].label == "alarm");
    CHECK(out[0].spans == std::vector<Span>{{11, 25, "time"}});
    CHECK(out[1].label == "music");
    CHECK(out[1].spans == std::vector<Span>{{13, 19, "artist"}});
  }
}

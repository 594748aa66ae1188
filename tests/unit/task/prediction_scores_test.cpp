// Probabilities, scores and thresholds of predictions.
#include "pnlp/task/predictor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "pnlp/task/inference.hpp"
#include "task/predicting.hpp"

using namespace pnlp;
using namespace predicting;

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

// Which model files a predictor takes, and what it writes.
#include "pnlp/task/predictor.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "edited.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/task/self_test.hpp"
#include "task/predicting.hpp"

using namespace pnlp;
using namespace predicting;

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
  // Every tensor that takes part in the outputs of the network is looked after.
  for (const Parameter& parameter : parameters) {
    CAPTURE(parameter.name);
    // Adds the same to all channels of a token: every layer that follows begins by taking it away.
    if (parameter.name.ends_with("token_out.bias")) continue;
    // Transitions weigh what the network has put out.
    if (parameter.name.starts_with("crf.")) continue;
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

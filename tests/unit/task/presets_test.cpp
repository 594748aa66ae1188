#include "pnlp/task/presets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "task/toy.hpp"

using namespace pnlp;

TEST_CASE("the paper's sizes are those of its table") {
  struct Named {
    const char* name;
    std::uint32_t feature_size, window, bottleneck, layers;
  };
  const std::vector<Named> all = {{"xsmall", 1024, 0, 64, 2},
                                  {"small", 1024, 0, 256, 2},
                                  {"base", 1024, 1, 256, 2},
                                  {"large", 2048, 1, 256, 4},
                                  {"xlarge", 2048, 1, 512, 4}};
  for (const Named& named : all) {
    CAPTURE(named.name);
    const Shape& shape = find_preset(named.name).shape;
    CHECK(shape.feature_size == named.feature_size);
    CHECK(shape.window == named.window);
    CHECK(shape.bottleneck == named.bottleneck);
    CHECK(shape.layers == named.layers);
    CHECK(shape.hidden == 256);
    CHECK(shape.segment == 64);
    CHECK(shape.encoder == "mixer");
  }
}

TEST_CASE("every preset makes a network, and those of our own fit a megabyte") {
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    TrainOptions options = toy::options(1);
    options.shape = preset.shape;
    static_cast<Recipe&>(options) = preset.recipe;
    options.ensemble = 0;
    const TrainResult result =
        toy::fit(toy::records(Task::label, 20, 1), toy::records(Task::label, 10, 2), options);
    const bool ours =
        std::ranges::count(
            std::array<std::string_view, 4>{"megabyte", "document", "sentence", "few-documents"},
            preset.name) != 0;
    CHECK((encode_model(result.model).size() < 1'000'000 || !ours));
  }
  CHECK(toy::refusal(ErrorKind::usage, [] { static_cast<void>(find_preset("Base")); }) ==
        "unknown preset 'Base'; there are: megabyte, sentence, document, few-documents, xsmall, "
        "small, base, large, xlarge");
}

TEST_CASE("steps take fewer records where there are few") {
  CHECK(batch_for(1) == 16);
  CHECK(batch_for(1000) == 31);
  CHECK(batch_for(4096) == 128);
  CHECK(batch_for(1'000'000) == 128);
}

TEST_CASE("the preset follows from the records") {
  const auto choice = [](std::vector<FeatureRecord> records, std::size_t times = 1) {
    const std::vector<FeatureRecord> once = records;
    for (std::size_t i = 1; i < times; ++i) records.insert(records.end(), once.begin(), once.end());
    const RecordSet set = toy::record_set(toy::source(), records);
    return preset_for(set, learned_fields(set, {})).name;
  };
  CHECK(choice(toy::records(Task::joint, 10, 1)) == "sentence");
  CHECK(choice(toy::records(Task::joint, 10, 1), 400) == "megabyte");
  CHECK(choice(toy::records(Task::label, 10, 1)) == "sentence");
  CHECK(choice(toy::records(Task::label, 10, 1), 400) == "sentence");
  CHECK(choice(toy::records(Task::tags, 10, 1)) == "megabyte");
  std::string text;
  for (int i = 0; i < 25; ++i) text += "word ";
  FeatureRecord document = toy::features(text);
  document.label_form = LabelForm::single;
  document.labels = {{"a", 1.0F}};
  CHECK(choice({document}) == "few-documents");
  CHECK(choice({document}, 3999) == "few-documents");
  CHECK(choice({document}, 4000) == "document");
  FeatureRecord sentence = toy::features("one two");
  sentence.label_form = LabelForm::single;
  CHECK(choice({document, sentence}) == "sentence");  // 27 tokens for two
  CHECK(choice({document, sentence}, 2000) == "sentence");
  FeatureRecord topics = document;
  topics.label_form = LabelForm::multiple;
  CHECK(choice({topics}, 3999) == "megabyte");
  CHECK(choice({topics}, 4000) == "document");
  CHECK(choice({topics, sentence}) == "megabyte");  // one list is enough
  document.has_spans = true;
  document.spans = {{0, 4, "slot"}};
  CHECK(choice({document}, 4000) == "megabyte");
  CHECK(choice({toy::features(text)}) == "megabyte");  // nothing to learn: train() says so
}

TEST_CASE("what is learned is what the task or the records say") {
  const std::vector<FeatureRecord> records = toy::records(Task::joint, 10, 1);
  const RecordSet joint = toy::record_set(toy::source(), records);
  const auto fields = [&](std::optional<Task> task) {
    const LearnedFields learned = learned_fields(joint, task);
    return std::array{learned.labels, learned.several, learned.slots};
  };
  CHECK(fields({}) == std::array{true, false, true});
  CHECK(fields(Task::label) == std::array{true, false, false});
  CHECK(fields(Task::multilabel) == std::array{true, true, false});
  CHECK(fields(Task::tags) == std::array{false, false, true});
  CHECK(preset_for(joint, learned_fields(joint, Task::tags)).name == "megabyte");
  const std::vector<FeatureRecord> bare = {toy::features("one two")};
  const RecordSet none = toy::record_set(toy::source(), bare);
  CHECK_FALSE(learned_fields(none, {}).labels);
  CHECK_FALSE(learned_fields(none, {}).slots);
}

TEST_CASE("four thousand records are not few") {
  CHECK(are_few(3999));
  CHECK_FALSE(are_few(4000));
}

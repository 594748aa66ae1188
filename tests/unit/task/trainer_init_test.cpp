// Training that starts from a model, and training that fails.
#include <doctest/doctest.h>

#include <algorithm>

#include "edited.hpp"
#include "pnlp/model/network.hpp"
#include "pnlp/task/initial_weights.hpp"
#include "pnlp/task/trainer.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

const ModelFile& trained(Task task) {
  static const auto make = [](Task of) {
    return toy::fit(toy::records(of, 200, 1), toy::records(of, 40, 2), toy::options()).model;
  };
  static const ModelFile joint = make(Task::joint);
  static const ModelFile label = make(Task::label);
  return task == Task::joint ? joint : label;
}

// Accuracy, or exact match, after one epoch at a small rate.
double after_one_epoch(Task task, const char* metric, std::optional<ModelFile> init) {
  TrainOptions options = toy::options(1);
  options.learning_rate = 1e-3;
  options.init = std::move(init);
  return toy::metric(toy::fit(toy::records(task, 40, 3), toy::records(task, 60, 4), options),
                     metric);
}

const Parameter& tensor(const ParameterLayout& layout, std::string_view name) {
  const auto& all = layout.parameters();
  return *std::ranges::find(all, name, &Parameter::name);
}

std::vector<FeatureRecord> renamed(std::vector<FeatureRecord> records) {
  for (FeatureRecord& record : records) {
    for (LabelWeight& label : record.labels) {
      if (label.name == "weather") label.name = "climate";
    }
    for (Span& span : record.spans) {
      if (span.label == "artist") span.label = "zz-singer";
    }
  }
  return records;
}

ModelFile with_huge(const char* name) {
  ModelFile model = trained(Task::label);
  const Network network(model.config);
  const Parameter& found = tensor(network.layout(), name);
  edit(model.weights, [&](std::vector<float>& weights) {
    std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(found.offset), found.size, 3e38F);
  });
  return model;
}

}  // namespace

TEST_CASE("training goes on from a model") {
  const double scratch = after_one_epoch(Task::joint, "exact", {});
  const double continued = after_one_epoch(Task::joint, "exact", trained(Task::joint));
  CHECK(continued > 0.9);
  CHECK(continued > scratch + 0.3);
}

TEST_CASE("a model of labels and slots helps one of labels") {
  CHECK(after_one_epoch(Task::label, "accuracy", trained(Task::joint)) > 0.95);
  // The other way the slots are new, and are learnt.
  TrainOptions options = toy::options();
  options.init = trained(Task::label);
  const TrainResult result =
      toy::fit(toy::records(Task::joint, 200, 1), toy::records(Task::joint, 40, 2), options);
  CHECK(toy::metric(result, "exact") > 0.95);
}

TEST_CASE("columns of the heads are taken over by name, all below as it is") {
  const ModelFile& init = trained(Task::joint);
  ModelConfig config = init.config;
  config.labels = {"alarm", "climate", "music"};  // climate for weather, and before music
  config.slots = {"place", "time", "zz-singer"};  // zz-singer for artist, and at the end
  const Network network(config);
  std::vector<float> weights(network.layout().size(), -7.0F);
  start_from(init, config, network.layout(), weights);
  const Network old(init.config);
  const auto column = [](const ParameterLayout& layout, std::span<const float> arena,
                         const char* name, std::size_t columns, std::size_t at) {
    const Parameter& found = tensor(layout, name);
    std::vector<float> values;
    for (std::size_t i = at; i < found.size; i += columns)
      values.push_back(arena[found.offset + i]);
    return values;
  };
  const auto fresh = [&](const char* name, std::size_t columns, std::size_t at) {
    return column(network.layout(), weights, name, columns, at);
  };
  const auto known = [&](const char* name, std::size_t columns, std::size_t at) {
    return column(old.layout(), init.weights, name, columns, at);
  };
  for (const char* name : {"label", "label.bias"}) {
    CAPTURE(name);
    CHECK(fresh(name, 3, 0) == known(name, 3, 0));
    CHECK(fresh(name, 3, 2) == known(name, 3, 1));
    for (const float value : fresh(name, 3, 1)) CHECK(value == -7.0F);
  }
  for (const char* name : {"tags", "tags.bias"}) {
    CAPTURE(name);
    // O; place and time were slots 1 and 2 and are 0 and 1.
    CHECK(fresh(name, 7, 0) == known(name, 7, 0));
    for (std::size_t tag = 1; tag < 5; ++tag) CHECK(fresh(name, 7, tag) == known(name, 7, tag + 2));
    for (const float value : fresh(name, 7, 5)) CHECK(value == -7.0F);
    for (const float value : fresh(name, 7, 6)) CHECK(value == -7.0F);
  }
  for (const Parameter& parameter : network.layout().parameters()) {
    if (parameter.name.starts_with("label") || parameter.name.starts_with("tags")) continue;
    if (parameter.name.starts_with("crf.")) continue;  // see crf_training_test
    CAPTURE(parameter.name);
    CHECK(fresh(parameter.name.c_str(), 1, 0) == known(parameter.name.c_str(), 1, 0));
  }
}

TEST_CASE("a model with other names transfers, and only the new names are learnt anew") {
  TrainOptions options = toy::options(3);
  options.init = trained(Task::joint);
  const TrainResult result = toy::fit(renamed(toy::records(Task::joint, 200, 1)),
                                      renamed(toy::records(Task::joint, 60, 2)), options);
  CHECK(result.model.config.labels == std::vector<std::string>{"alarm", "climate", "music"});
  CHECK(result.model.config.slots == std::vector<std::string>{"place", "time", "zz-singer"});
  CHECK(toy::metric(result, "exact") > 0.95);
}

TEST_CASE("the initial model's shape is taken over") {
  TrainOptions options = toy::options(1);
  options.init = trained(Task::joint);
  options.shape.bottleneck = 64;
  options.shape.feature_size = 1024;
  const TrainResult result =
      toy::fit(toy::records(Task::joint, 40, 1), toy::records(Task::joint, 20, 2), options);
  CHECK(result.model.config.shape == trained(Task::joint).config.shape);
  CHECK(result.model.config.channels == trained(Task::joint).config.channels);
}

TEST_CASE("an initial model of other features is refused, and both are named") {
  TrainOptions options = toy::options(1);
  options.init = trained(Task::label);
  Featurizer wider = toy::featurizer(16);
  Record text;
  text.text = "play jazz";
  std::vector<FeatureRecord> records(20);
  for (std::size_t i = 0; i < records.size(); ++i) {
    wider.featurize(text, records[i]);
    records[i].label_form = LabelForm::single;
    records[i].labels = {{i % 2 == 0 ? "a" : "b", 1.0F}};
  }
  CHECK(toy::refusal(ErrorKind::data,
                     [&] {
                       static_cast<void>(
                           train(wider.source(), toy::record_set(wider.source(), records),
                                 toy::record_set(wider.source(), records), options, toy::go_on));
                     }) ==
        "the initial model does not read the features of these records: 8 hashes against 16; make "
        "them with its own tokenizer and projection");
  // As many values, but of another tokenizer.
  FeatureSource other = toy::source();
  other.tokenizer_kind = "wordpiece";
  other.tokenizer_digest = 1;
  CHECK(toy::refusal(ErrorKind::data, [&] {
          const RecordSet set = toy::record_set(other, toy::records(Task::label, 20, 1));
          static_cast<void>(train(other, set, set, options, toy::go_on));
        }).find("against wordpiece 0000000000000001") != std::string::npos);
  // Tables that are not those of the model's own features.
  options.init->config.channels[0].values = 9;
  CHECK(toy::refusal(ErrorKind::data, [&] {
          static_cast<void>(toy::fit(toy::records(Task::label, 20, 1),
                                     toy::records(Task::label, 20, 1), options));
        }).starts_with("the model's tables are for fingerprints of 10 values"));
}

TEST_CASE("a loss that is not finite ends the run") {
  TrainOptions options = toy::options(3);
  options.init = with_huge("label");
  try {
    static_cast<void>(
        toy::fit(toy::records(Task::label, 40, 1), toy::records(Task::label, 20, 2), options));
    FAIL("a huge head was trained");
  } catch (const DivergedError& error) {
    CHECK(error.kind() == ErrorKind::data);
    CHECK(std::string(error.what()) ==
          "the loss is not finite after 0 steps; lower the learning rate (0.02), or clip "
          "gradients");
    CHECK_FALSE(error.last_good.has_value());
  }
}

TEST_CASE("a run that diverges later gives the best model before that") {
  // A decay of 2,000 at a rate of 1 multiplies every weight by -1999 a step: three steps an epoch
  // leave the weights finite for three epochs.
  TrainOptions options = toy::options(20);
  options.schedule = Schedule::constant;
  options.warmup = 0;
  options.learning_rate = 1;
  options.weight_decay = 2000;
  std::uint32_t finished = 0;
  const auto records = toy::records(Task::label, 40, 1);
  try {
    toy::fit(records, records, options, [&](const EpochReport& now) {
      finished += now.end_of_epoch ? 1 : 0;
      return true;
    });
    FAIL("this run cannot end well");
  } catch (const DivergedError& error) {
    CHECK(finished >= 1);
    REQUIRE(error.last_good.has_value());
    const ModelFile model = decode_model(encode_model(*error.last_good), "last good");
    CHECK(toy::predict(model, records).size() == records.size());
  }
}

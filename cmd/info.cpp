// pnlp info: what a model or a feature stream holds, and whether it is whole.
#include <fmt/format.h>

#include <filesystem>

#include "messages.hpp"
#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/feature/featurizer.hpp"
#include "pnlp/feature/static_vectors.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/io/file.hpp"
#include "pnlp/io/json.hpp"
#include "pnlp/model/model_file.hpp"
#include "pnlp/task/predictor.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

// A fact in both forms: indented text for people, a JSON value for programs.
class Facts {
 public:
  Facts() { writer_.begin_object(); }
  void add(std::string_view name, std::string_view value) {
    writer_.key(name).value(value);
    text_ += fmt::format("{:<18} {}\n", name, value);
  }
  void add(std::string_view name, std::uint64_t value) {
    writer_.key(name).value(value);
    text_ += fmt::format("{:<18} {}\n", name, value);
  }
  void add(std::string_view name, float value) {
    writer_.key(name).value(value);
    text_ += fmt::format("{:<18} {}\n", name, value);
  }
  void add(std::string_view name, bool value) {
    writer_.key(name).value(value);
    text_ += fmt::format("{:<18} {}\n", name, value ? "yes" : "no");
  }
  void add(std::string_view name, const std::vector<std::string>& values) {
    writer_.key(name).begin_array();
    for (const std::string& value : values) writer_.value(value);
    writer_.end_array();
    text_ += fmt::format("{:<18} {} ({})\n", name, values.size(), fmt::join(values, ", "));
  }
  // `json` is one JSON value; people see its members.
  void add_json(std::string_view name, std::string_view json) {
    writer_.key(name).raw(json);
    text_ += fmt::format("{:<18} {}\n", name, json);
  }
  JsonWriter& json() { return writer_; }
  std::string& text() { return text_; }
  std::string finish_json() {
    writer_.end_object();
    return json_ + "\n";
  }

 private:
  std::string json_;
  JsonWriter writer_{json_};
  std::string text_;
};

void add_source(Facts& facts, const FeatureSource& source) {
  const ProjectionSpec& spec = source.projection;
  facts.add("tokenizer", source.tokenizer_kind);
  facts.add("tokenizer_digest", hex64(source.tokenizer_digest));
  facts.add("tokenizer_bytes", std::uint64_t{source.tokenizer_bytes.size()});
  facts.add("projection", spec.kind);
  facts.add("hashes", std::uint64_t{spec.hashes});
  if (spec.vectors) {
    facts.add("vectors", std::uint64_t{spec.vectors->words()});
    facts.add("vectors_digest", hex64(spec.vectors->digest()));
  }
  facts.add("ngram", std::uint64_t{spec.ngram});
  facts.add("lowercase", spec.lowercase);
  facts.add("channels", spec.channels);
  facts.add("hash_seed", spec.seed);
}

void add_shape(Facts& facts, const ModelConfig& config) {
  const Shape& shape = config.shape;
  facts.add("encoder", shape.encoder);
  facts.add("feature_size", std::uint64_t{shape.feature_size});
  facts.add("channel_rows", std::uint64_t{shape.channel_rows});
  facts.add("window", std::uint64_t{shape.window});
  facts.add("bottleneck", std::uint64_t{shape.bottleneck});
  facts.add("hidden", std::uint64_t{shape.hidden});
  facts.add("layers", std::uint64_t{shape.layers});
  facts.add("segment", std::uint64_t{shape.segment});
  facts.add("max_tokens", std::uint64_t{config.max_tokens});
}

void add_tensors(Facts& facts, const ModelConfig& config) {
  facts.json().key("tensors").begin_array();
  facts.text() += "tensors\n";
  for (const TensorInfo& tensor : list_tensors(config)) {
    facts.json().begin_object().key("name").value(tensor.name).key("shape").begin_array();
    for (const std::uint64_t size : tensor.shape) facts.json().value(size);
    facts.json().end_array().end_object();
    facts.text() += fmt::format("  {:<24} {}\n", tensor.name, fmt::join(tensor.shape, " x "));
  }
  facts.json().end_array();
}

void describe_model(Facts& facts, const std::string& path) {
  const auto model = std::make_shared<const ModelFile>(load_model(path));
  // The predictor runs the self-test, which is the last thing that can be wrong with a model.
  const Predictor predictor(model, PredictOptions());
  const ModelConfig& config = model->config;
  facts.add("file", std::string_view("model"));
  facts.add("bytes", std::uint64_t{std::filesystem::file_size(path)});
  facts.add("whole", true);
  facts.add("task", task_name(config.task));
  add_shape(facts, config);
  facts.add("parameters", std::uint64_t{model->weights.size() + model->table.size()});
  facts.add("weights",
            std::string_view(model->weight_format == WeightFormat::fp32 ? "fp32" : "int8"));
  facts.add(
      "products",
      std::string_view(model->weight_format == WeightFormat::int8_products ? "8-bit" : "fp32"));
  if (has_label(config.task)) {
    facts.add("labels", config.labels);
    if (config.task == Task::multilabel) {
      facts.add("threshold", config.threshold);
    } else {
      facts.add("temperature", config.temperature);
    }
  }
  if (has_tags(config.task)) {
    facts.add("slots", config.slots);
    facts.add("crf", config.crf);
  }
  if (config.has_ngrams()) facts.add("word_ngrams", std::uint64_t{config.shape.word_ngrams});
  add_source(facts, predictor.source());
  if (!model->training.empty()) facts.add_json("training", model->training);
  add_tensors(facts, config);
}

void describe_stream(Facts& facts, const std::string& path) {
  FeatureReader reader({path});
  std::uint64_t tokens = 0;
  std::uint64_t labelled = 0;
  std::uint64_t with_spans = 0;
  std::uint64_t spans = 0;
  FeatureRecord record;
  while (reader.next(record)) {
    tokens += record.tokens.size();
    labelled += record.label_form != LabelForm::none ? 1 : 0;
    with_spans += record.has_spans ? 1 : 0;
    spans += record.spans.size();
  }
  facts.add("file", std::string_view("feature stream"));
  facts.add("whole", true);
  facts.add("records", reader.records());
  facts.add("tokens", tokens);
  facts.add("labelled", labelled);
  facts.add("with_spans", with_spans);
  facts.add("spans", spans);
  add_source(facts, reader.source());
}

class Info : public Command {
 public:
  void declare(Options& options) override {
    options.operands(files_, "FILE", "a model or a feature stream; - is standard input", 1, 1);
    options.section("Output");
    options.flag(json_, "json", "write a JSON object");
    declare_output(options, output_);
    declare_verbosity(options, verbosity_);
  }

  int run(const Options&) override {
    const std::string& path = files_.front();
    Facts facts;
    if (is_feature_stream(path)) {
      describe_stream(facts, path);
    } else {
      describe_model(facts, path);
    }
    OutputFile file(output_);
    file.write(json_ ? facts.finish_json() : facts.text());
    file.commit();
    return kDone;
  }

 private:
  std::vector<std::string> files_;
  std::string output_ = "-";
  bool json_ = false;
  Verbosity verbosity_;
};

}  // namespace

std::unique_ptr<Command> make_info() {
  return std::make_unique<Info>();
}

}  // namespace pnlp::cmd

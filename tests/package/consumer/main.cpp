// A program of somebody else's: labels one text with the model it is given, with nothing but
// installed headers.
#include <cstdio>
#include <memory>
#include <pnlp/base/error.hpp>
#include <pnlp/feature/featurizer.hpp>
#include <pnlp/model/model_file.hpp>
#include <pnlp/task/predictor.hpp>
#include <span>

int main(int count, char** arguments) {
  if (count != 3) return 2;
  try {
    const auto model = std::make_shared<const pnlp::ModelFile>(pnlp::load_model(arguments[1]));
    pnlp::Predictor predictor(model, {});
    pnlp::Featurizer featurizer(predictor.source());
    pnlp::Record record;
    record.text = arguments[2];
    pnlp::FeatureRecord features;
    featurizer.featurize(record, features);
    pnlp::Prediction prediction;
    predictor.predict(std::span(&features, 1), std::span(&prediction, 1));
    std::printf("%zu words: %s", features.tokens.size(), prediction.label.value_or("none").c_str());
    for (const pnlp::Span& span : prediction.spans) {
      std::printf(", %s '%s'", span.label.c_str(),
                  record.text.substr(span.start, span.end - span.start).c_str());
    }
    std::printf("\n");
  } catch (const pnlp::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

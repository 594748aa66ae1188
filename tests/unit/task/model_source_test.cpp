#include "pnlp/task/model_source.hpp"

#include <doctest/doctest.h>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/featurizer.hpp"

using namespace pnlp;

TEST_CASE("a projection that is not known is named, with the version that wrote the model") {
  ModelFile model = load_model(PNLP_TESTDATA "/model/fp32.pnlp");
  CHECK(source_of(model).projection.kind == "minhash");
  model.training = R"({"seed":1,"version":"9.8.7"})";
  model.feature_source.replace(model.feature_source.find("minhash"), 7, "maxhash");
  CHECK_THROWS_WITH_AS(static_cast<void>(source_of(model)),
                       doctest::Contains("unknown projection \"maxhash\""), Error);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(source_of(model)),
      doctest::Contains("the model was written by pnlp 9.8.7: use that version or a later one"),
      Error);
  model.training = "{}";
  CHECK_THROWS_WITH_AS(static_cast<void>(source_of(model)), doctest::Contains("maxhash"), Error);
}

TEST_CASE("a wordpiece vocabulary is stored ready to be used") {
  const Featurizer made(open_tokenizer("wordpiece:" PNLP_TESTDATA "/tokenizer/wordpiece.txt"), {});
  ModelFile model;
  store_source(made.source(), model);
  CHECK_FALSE(model.vocabulary.empty());
  CHECK(model.feature_source.size() < 100);
  const FeatureSource read = source_of(model);
  CHECK(read.has_tokenizer);
  CHECK(read.tokenizer_bytes == made.source().tokenizer_bytes);
  CHECK(read.tokenizer_bytes.text().data() > model.vocabulary.text().data());
  CHECK_FALSE(read.tokenizer_index.empty());
  Featurizer ready(read);
  Featurizer again(decode_source(encode_source(made.source(), true)));
  Record record;
  record.text = "wake me unbelievably at 7, sängerin";
  FeatureRecord a, b;
  ready.featurize(record, a);
  again.featurize(record, b);
  CHECK(a == b);
  // The same source makes the same model, from wherever it came.
  ModelFile copy;
  store_source(read, copy);
  CHECK(copy.feature_source == model.feature_source);
  CHECK(copy.vocabulary == model.vocabulary);
}

TEST_CASE("other tokenizers are carried by the features") {
  ModelFile model;
  model.vocabulary = "old";
  const Featurizer chars(open_tokenizer("chars"), {});
  store_source(chars.source(), model);
  CHECK(model.vocabulary.empty());
  CHECK(source_of(model) == chars.source());
}

TEST_CASE("a vocabulary that makes no sense is refused") {
  const Featurizer made(open_tokenizer("wordpiece:" PNLP_TESTDATA "/tokenizer/wordpiece.txt"), {});
  ModelFile model;
  store_source(made.source(), model);
  const std::string good(model.vocabulary.text());
  for (const std::size_t size : {1UL, 5UL, good.size() - 1}) {
    model.vocabulary = good.substr(0, size);
    CHECK_THROWS_WITH_AS(static_cast<void>(source_of(model)),
                         doctest::Contains("the model: the vocabulary is cut"), Error);
  }
  model.vocabulary = good + "x";
  CHECK_THROWS_AS(static_cast<void>(source_of(model)), Error);
  model.vocabulary = good;
  model.feature_source = encode_source(made.source(), true);
  CHECK_THROWS_WITH_AS(static_cast<void>(source_of(model)),
                       "the model: the vocabulary is there twice; the file is damaged", Error);
  // Another vocabulary has another digest.
  model.feature_source = encode_source(made.source(), false);
  std::string other = good;
  other[other.find("wake")] = 'b';
  model.vocabulary = other;
  CHECK_THROWS_WITH_AS(Featurizer{source_of(model)}, doctest::Contains("digest"), Error);
}

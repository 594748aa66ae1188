#include "pnlp/task/model_source.hpp"

#include <doctest/doctest.h>

#include "pnlp/base/error.hpp"

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

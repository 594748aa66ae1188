// Models of the repository, written when their encoders came: every later version reads them, and
// computes what they say of themselves.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pnlp/model/model_file.hpp"
#include "pnlp/nn/encoder.hpp"
#include "pnlp/task/predictor.hpp"

using namespace pnlp;

TEST_CASE("every golden model passes its self-test, and every encoder has one") {
  std::set<std::string> seen = {"none"};
  for (const auto& entry : std::filesystem::directory_iterator(PNLP_TESTDATA "/model")) {
    CAPTURE(entry.path().string());
    const auto model = std::make_shared<const ModelFile>(load_model(entry.path().string()));
    CHECK_FALSE(model->self_test.empty());
    CHECK_NOTHROW(Predictor(model, {}));  // runs the self-test
    seen.insert(model->config.shape.encoder);
  }
  const std::vector<std::string> names = encoder_names();
  CHECK(seen == std::set<std::string>(names.begin(), names.end()));
}

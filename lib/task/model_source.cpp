#include "pnlp/task/model_source.hpp"

#include "pnlp/base/error.hpp"

namespace pnlp {

FeatureSource source_of(const ModelFile& model) {
  try {
    return decode_source(model.feature_source);
  } catch (const Error& error) {
    throw Error(error.kind(), "the model: " + (error.what() + writer_hint(model.training)));
  }
}

}  // namespace pnlp

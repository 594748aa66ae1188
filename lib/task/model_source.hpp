// What a model says of the features that it reads.
#pragma once

#include "pnlp/feature/feature_record.hpp"
#include "pnlp/model/model_file.hpp"

namespace pnlp {

// Error(data) if they make no sense to this version, such as a projection it does not know; with
// the version of pnlp that wrote the model.
FeatureSource source_of(const ModelFile& model);
// The other way. A vocabulary that has an index is stored with it, ready to be used.
void store_source(const FeatureSource& source, ModelFile& model);

}  // namespace pnlp

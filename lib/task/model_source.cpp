#include "pnlp/task/model_source.hpp"

#include "pnlp/base/error.hpp"
#include "pnlp/io/bytes.hpp"

namespace pnlp {
namespace {

FeatureSource stored_source(const ModelFile& model) {
  FeatureSource source = decode_source(model.feature_source);
  if (model.vocabulary.empty()) return source;
  if (source.has_tokenizer) {
    throw Error(ErrorKind::data, "the vocabulary is there twice; the file is damaged");
  }
  ByteReader in(model.vocabulary.text(), "the vocabulary");
  source.tokenizer_bytes = model.vocabulary.with(in.string());
  source.tokenizer_index = model.vocabulary.with(in.string());
  in.finish();
  source.has_tokenizer = true;
  return source;
}

}  // namespace

FeatureSource source_of(const ModelFile& model) {
  try {
    return stored_source(model);
  } catch (const Error& error) {
    throw Error(error.kind(), "the model: " + (error.what() + writer_hint(model.training)));
  }
}

void store_source(const FeatureSource& source, ModelFile& model) {
  const std::string index = source.tokenizer_bytes.empty()
                                ? std::string()
                                : tokenizer_index(source.tokenizer_kind, source.tokenizer_bytes);
  model.feature_source = encode_source(source, index.empty());
  model.vocabulary = {};
  if (index.empty()) return;
  ByteWriter out;
  out.string(source.tokenizer_bytes.text());
  out.string(index);
  model.vocabulary = out.take();
}

}  // namespace pnlp

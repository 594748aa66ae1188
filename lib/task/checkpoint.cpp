#include "pnlp/task/checkpoint.hpp"

#include <span>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"

namespace pnlp {
namespace {

constexpr std::string_view kMagic = "PNLPCKP1";
constexpr std::uint64_t kMaxMetrics = 1000;

void write_floats(ByteWriter& out, const std::vector<float>& values) {
  out.varint(values.size());
  for (const float value : values) out.f32(value);
}

std::vector<float> read_floats(ByteReader& in, const Place& place, std::size_t expected,
                               bool may_be_empty) {
  const std::uint64_t size = in.count(expected);
  if (size != expected && !(may_be_empty && size == 0)) {
    throw Error(ErrorKind::data, place,
                "the checkpoint holds another number of weights than the model has");
  }
  std::vector<float> values(size);
  for (float& value : values) value = in.f32();
  return values;
}

}  // namespace

void save_checkpoint(const TrainingState& state, std::uint64_t fingerprint,
                     const std::string& path) {
  ByteWriter out;
  out.raw(kMagic);
  out.u64(fingerprint);
  out.u32(state.epoch);
  out.u64(state.step);
  out.u64(state.adam.step);
  write_floats(out, state.weights);
  write_floats(out, state.average);
  write_floats(out, state.adam.first);
  write_floats(out, state.adam.second);
  out.u32(state.best_epoch);
  write_floats(out, state.best_weights);
  out.varint(state.best_dev.size());
  for (const auto& [name, value] : state.best_dev) {
    out.string(name);
    out.f64(value);
  }
  out.u64(hash64(out.bytes()));
  OutputFile file(path);
  file.write(out.bytes());
  file.commit();
}

TrainingState load_checkpoint(const std::string& path, std::uint64_t fingerprint,
                              std::size_t weights) {
  const Place place{path, 0};
  const Mapping mapping(path);
  const std::string_view bytes = mapping.text();
  if (!bytes.starts_with(kMagic)) throw Error(ErrorKind::data, place, "not a pnlp checkpoint");
  if (bytes.size() < kMagic.size() + 8)
    throw Error(ErrorKind::data, place, "the checkpoint is cut short");
  const std::string_view body = bytes.substr(0, bytes.size() - 8);
  ByteReader tail(bytes.substr(body.size()), path);
  if (tail.u64() != hash64(body)) {
    throw Error(ErrorKind::data, place,
                "the checkpoint's checksum is wrong: it is damaged; remove it to start afresh");
  }
  ByteReader in(body.substr(kMagic.size()), path);
  if (in.u64() != fingerprint) {
    throw Error(ErrorKind::data, place,
                "the checkpoint is of a run with other data or options; give the same ones, or "
                "remove it to start "
                "afresh");
  }
  TrainingState state;
  state.epoch = in.u32();
  state.step = in.u64();
  state.adam.step = in.u64();
  state.weights = read_floats(in, place, weights, false);
  state.average = read_floats(in, place, weights, true);
  state.adam.first = read_floats(in, place, weights, false);
  state.adam.second = read_floats(in, place, weights, false);
  state.best_epoch = in.u32();
  state.best_weights = read_floats(in, place, weights, true);
  state.best_dev.resize(in.count(kMaxMetrics));
  for (auto& [name, value] : state.best_dev) {
    name = in.string();
    value = in.f64();
  }
  in.finish();
  return state;
}

}  // namespace pnlp

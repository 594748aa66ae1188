#include "pnlp/feature/projection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "pnlp/base/error.hpp"
#include "pnlp/feature/projection_kinds.hpp"
#include "pnlp/feature/static_vectors.hpp"
#include "pnlp/feature/word_channels.hpp"
#include "pnlp/io/bytes.hpp"

namespace pnlp {
namespace {

constexpr std::uint64_t kMaxChannels = 64;

void check_size(std::string_view what, std::uint32_t value, std::uint32_t limit, ErrorKind kind) {
  if (value >= 1 && value <= limit) return;
  throw Error(kind, fmt::format("projection: {} is {}; it must be 1 to {}", what, value, limit));
}

const ProjectionKind& known_kind(std::string_view name, ErrorKind kind) {
  if (const ProjectionKind* found = find_projection_kind(name)) return *found;
  std::vector<std::string_view> names;
  for (const ProjectionKind& known : projection_kinds()) names.push_back(known.name);
  throw Error(kind, fmt::format("unknown projection \"{}\"; this version knows {}", name,
                                fmt::join(names, ", ")));
}

void check_spec(const ProjectionSpec& spec, ErrorKind kind) {
  const ProjectionKind& found = known_kind(spec.kind, kind);
  check_size("the number of hashes", spec.hashes, kMaxHashes, kind);
  check_size("the n-gram length", spec.ngram, kMaxNgram, kind);
  if (found.vectors != (spec.vectors != nullptr)) {
    throw Error(kind, fmt::format("the projection {} {}", spec.kind,
                                  found.vectors ? "needs vectors" : "takes no vectors"));
  }
  if (spec.vectors && spec.vectors->dimensions() != spec.hashes) {
    throw Error(kind, fmt::format("projection: {} numbers of vectors that have {}", spec.hashes,
                                  spec.vectors->dimensions()));
  }
  for (auto name = spec.channels.begin(); name != spec.channels.end(); ++name) {
    if (find_word_channel(*name) == nullptr) {
      throw Error(kind, fmt::format("unknown word channel \"{}\"; known are word, lower, folded, "
                                    "prefix, suffix, shape and length",
                                    *name));
    }
    if (std::find(spec.channels.begin(), name, *name) != name) {
      throw Error(kind, fmt::format("word channel \"{}\" is named twice", *name));
    }
  }
}

class ChannelledProjection : public Projection {
 public:
  explicit ChannelledProjection(const ProjectionSpec& spec)
      : channels_(projection_channels(spec)),
        main_(find_projection_kind(spec.kind)->make(spec)),
        words_(spec),
        hashes_(spec.hashes) {}

  const std::vector<Channel>& channels() const override { return channels_; }

  void project(std::string_view word, std::span<const ProjectionUnit> units,
               std::span<std::uint16_t> out) override {
    main_->fingerprint(word, units, out.first(hashes_));
    words_.values(word, out.subspan(hashes_));
  }

 private:
  std::vector<Channel> channels_;
  std::unique_ptr<MainChannel> main_;
  WordChannels words_;
  std::size_t hashes_;
};

}  // namespace

bool ProjectionSpec::operator==(const ProjectionSpec& other) const {
  const auto digest = [](const ProjectionSpec& spec) {
    return spec.vectors ? std::optional(spec.vectors->digest()) : std::nullopt;
  };
  return kind == other.kind && hashes == other.hashes && ngram == other.ngram &&
         lowercase == other.lowercase && channels == other.channels && seed == other.seed &&
         digest(*this) == digest(other);
}

std::uint32_t channels_width(const std::vector<Channel>& channels) {
  return std::accumulate(
      channels.begin(), channels.end(), 0U,
      [](std::uint32_t sum, const Channel& channel) { return sum + channel.values; });
}

std::uint32_t Projection::width() const {
  return channels_width(channels());
}

std::vector<Channel> projection_channels(const ProjectionSpec& spec) {
  check_spec(spec, ErrorKind::usage);
  std::vector<Channel> channels{{spec.kind, spec.hashes, find_projection_kind(spec.kind)->numbers}};
  for (const std::string& name : spec.channels) {
    channels.push_back({name, word_channel_values(*find_word_channel(name))});
  }
  return channels;
}

std::unique_ptr<Projection> make_projection(const ProjectionSpec& spec) {
  return std::make_unique<ChannelledProjection>(spec);
}

std::string encode_spec(const ProjectionSpec& spec) {
  ByteWriter writer;
  writer.string(spec.kind);
  writer.u32(spec.hashes);
  writer.u32(spec.ngram);
  writer.u8(spec.lowercase ? 1 : 0);
  writer.u64(spec.seed);
  writer.varint(spec.channels.size());
  for (const std::string& name : spec.channels) writer.string(name);
  if (spec.vectors) writer.string(spec.vectors->bytes());
  return writer.take();
}

ProjectionSpec decode_spec(std::string_view bytes) {
  ByteReader reader(bytes, "the projection's description");
  ProjectionSpec spec;
  spec.kind = reader.string();
  spec.hashes = reader.u32();
  spec.ngram = reader.u32();
  const std::uint8_t lowercase = reader.u8();
  if (lowercase > 1) {
    throw Error(ErrorKind::data,
                fmt::format("projection: lowercase is {}; it must be 0 or 1", lowercase));
  }
  spec.lowercase = lowercase == 1;
  spec.seed = reader.u64();
  spec.channels.resize(reader.count(kMaxChannels));
  for (std::string& name : spec.channels) name = reader.string();
  if (known_kind(spec.kind, ErrorKind::data).vectors) {
    spec.vectors = std::make_shared<const StaticVectors>(std::string(reader.string()));
  }
  reader.finish();
  check_spec(spec, ErrorKind::data);
  return spec;
}

}  // namespace pnlp

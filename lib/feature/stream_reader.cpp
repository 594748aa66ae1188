#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "pnlp/base/error.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/feature/stream.hpp"
#include "pnlp/feature/stream_format.hpp"
#include "pnlp/io/frame.hpp"

namespace pnlp {
namespace {

constexpr std::size_t kVersionBytes = 2;

}  // namespace

struct FeatureReader::State {
  std::vector<std::string> paths;  // still to be read, last one first
  std::optional<FrameSource> file;
  bool in_stream = false;  // between a header and its closing frame
  FeatureSource source;
  std::vector<Channel> channels;
  std::uint32_t width = 0;
  std::uint64_t records = 0;
  std::uint64_t tokens = 0;

  // Of the stream in work.
  Frame frame;
  std::uint64_t frame_begin = 0;
  std::optional<RecordDecoder> decoder;
  StreamEnd seen;
  std::optional<Digest> checksums;
  std::string bytes;

  explicit State(std::vector<std::string> all) : paths(std::move(all)) {
    std::ranges::reverse(paths);
  }

  void open(InputFile input) {
    file.emplace(std::move(input));
    if (!begin_stream()) {
      file->fail(0, "the file is empty; a feature stream has at least a header");
    }
  }

  // Runs `decode` on the frame in work; its errors get a place.
  template <typename Decode>
  auto placed(Decode decode) {
    try {
      return decode();
    } catch (const Error& error) {
      file->fail(frame_begin, error.what());
    }
  }

  void read_frame() {
    frame_begin = file->offset();
    file->read_frame(frame);
  }

  bool begin_stream();
  bool find_records();
  void end_stream();
};

// False at the end of the file.
bool FeatureReader::State::begin_stream() {
  const std::uint64_t begin = file->offset();
  file->read(bytes, kStreamMagic.size() + kVersionBytes);
  if (bytes.empty()) return false;
  const std::string_view magic = std::string_view(bytes).substr(0, kStreamMagic.size());
  if (!kStreamMagic.starts_with(magic)) {
    file->fail(begin, begin == 0 ? "not a feature stream; make one with pnlp project"
                                 : "something that is not a feature stream stands behind the end "
                                   "of one");
  }
  if (bytes.size() < kStreamMagic.size() + kVersionBytes) {
    file->fail(begin, "the file is cut: it ends within the first bytes of a stream");
  }
  ByteReader reader(std::string_view(bytes).substr(kStreamMagic.size()), "the version");
  const std::uint16_t version = reader.u16();
  if (version > kStreamVersion) {
    file->fail(begin, fmt::format("a feature stream of version {}; this pnlp reads version {}: use "
                                  "a newer pnlp",
                                  version, kStreamVersion));
  }
  if (version != kStreamVersion) {
    file->fail(begin, fmt::format("a feature stream of version {}, which there never was; the file "
                                  "is damaged",
                                  version));
  }
  read_frame();
  if (frame.kind != kHeaderFrame || frame.count != 0) {
    file->fail(frame_begin, "a feature stream without a header; the file is damaged");
  }
  FeatureSource own = placed([&] { return decode_header(frame.payload); });
  if (width == 0) {
    source = std::move(own);
    channels = projection_channels(source.projection);
    width = channels_width(channels);
  } else if (const std::string difference = source.difference(own); !difference.empty()) {
    file->fail(begin,
               fmt::format("a feature stream that does not go with the first one: {}", difference));
  }
  seen = {};
  checksums.emplace();
  checksums->update(frame.checksum);
  in_stream = true;
  return true;
}

void FeatureReader::State::end_stream() {
  seen.digest = checksums->value();
  const StreamEnd end = placed([&] { return decode_end(frame.payload); });
  if (end != seen || frame.count != 0) {
    file->fail(frame_begin,
               fmt::format("frames are missing or not in order: {} records in {} frames were "
                           "written, {} in {} are here",
                           end.records, end.frames, seen.records, seen.frames));
  }
  in_stream = false;
}

// Moves to the next frame that has records; false after the last stream's end.
bool FeatureReader::State::find_records() {
  while (!decoder || decoder->left() == 0) {
    if (!in_stream) {
      if (begin_stream()) continue;
      if (paths.empty()) return false;
      const std::string path = std::move(paths.back());
      paths.pop_back();
      open(InputFile(path));
      continue;
    }
    read_frame();
    if (frame.kind == kEndFrame) {
      end_stream();
    } else if (frame.kind == kRecordFrame) {
      checksums->update(frame.checksum);
      ++seen.frames;
      placed([&] { decoder.emplace(frame.payload, frame.count, width); });
    } else {
      file->fail(frame_begin, fmt::format("a frame of kind {}, which this version does not know",
                                          static_cast<int>(frame.kind)));
    }
  }
  return true;
}

FeatureReader::FeatureReader(std::vector<std::string> paths) {
  if (paths.empty()) paths.emplace_back("-");
  InputFile first(paths.front());
  paths.erase(paths.begin());
  state_ = std::make_unique<State>(std::move(paths));
  state_->open(std::move(first));
}

FeatureReader::FeatureReader(InputFile first, std::vector<std::string> rest)
    : state_(std::make_unique<State>(std::move(rest))) {
  state_->open(std::move(first));
}

FeatureReader::~FeatureReader() = default;
FeatureReader::FeatureReader(FeatureReader&&) noexcept = default;
FeatureReader& FeatureReader::operator=(FeatureReader&&) noexcept = default;

bool FeatureReader::next(FeatureRecord& record) {
  State& state = *state_;
  if (!state.find_records()) return false;
  state.placed([&] { state.decoder->next(record); });
  ++state.seen.records;
  state.seen.tokens += record.tokens.size();
  ++state.records;
  state.tokens += record.tokens.size();
  return true;
}

bool FeatureReader::ready() const {
  return (state_->decoder && state_->decoder->left() > 0) || state_->file->file().ready();
}

const FeatureSource& FeatureReader::source() const {
  return state_->source;
}
const std::vector<Channel>& FeatureReader::channels() const {
  return state_->channels;
}
std::uint64_t FeatureReader::records() const {
  return state_->records;
}
std::uint64_t FeatureReader::tokens() const {
  return state_->tokens;
}

bool is_feature_stream(InputFile& file) {
  return file.peek(kStreamMagic.size()) == kStreamMagic;
}

bool is_feature_stream(const std::string& path) {
  std::error_code ignored;  // a file that cannot be opened is InputFile's to report
  if (path != "-" && std::filesystem::exists(path, ignored) &&
      !std::filesystem::is_regular_file(path, ignored) &&
      !std::filesystem::is_directory(path, ignored)) {
    return path.ends_with(".pnf");
  }
  InputFile file(path);
  return is_feature_stream(file);
}

}  // namespace pnlp

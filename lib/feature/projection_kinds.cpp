#include "pnlp/feature/projection_kinds.hpp"

#include <algorithm>
#include <array>

#include "pnlp/feature/minhash.hpp"
#include "pnlp/feature/simhash.hpp"
#include "pnlp/feature/ternary.hpp"
#include "pnlp/feature/vectors_channel.hpp"

namespace pnlp {
namespace {

template <typename Channel>
std::unique_ptr<MainChannel> make(const ProjectionSpec& spec) {
  return std::make_unique<Channel>(spec);
}

constexpr std::array kKinds = {
    ProjectionKind{"minhash", false, 64, true, true, false, make<MinHash>},
    ProjectionKind{"simhash", true, 512, true, true, false, make<SimHash>},
    ProjectionKind{"ternary", true, 512, false, false, false, make<Ternary>},
    ProjectionKind{"binary", true, 512, true, true, false, make<MinHashBits>},
    ProjectionKind{"vectors", true, 0, false, true, true, make<VectorsChannel>},
};

}  // namespace

std::span<const ProjectionKind> projection_kinds() {
  return kKinds;
}

const ProjectionKind* find_projection_kind(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name, &ProjectionKind::name);
  return found == kKinds.end() ? nullptr : found;
}

}  // namespace pnlp

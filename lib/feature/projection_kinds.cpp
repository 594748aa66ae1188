#include "pnlp/feature/projection_kinds.hpp"

#include <algorithm>
#include <array>

#include "pnlp/feature/minhash.hpp"
#include "pnlp/feature/simhash.hpp"
#include "pnlp/feature/ternary.hpp"

namespace pnlp {
namespace {

template <typename Channel>
std::unique_ptr<MainChannel> make(const ProjectionSpec& spec) {
  return std::make_unique<Channel>(spec);
}

constexpr std::array kKinds = {
    ProjectionKind{"minhash", false, 64, true, make<MinHash>},
    ProjectionKind{"simhash", true, 512, true, make<SimHash>},
    ProjectionKind{"ternary", true, 512, false, make<Ternary>},
    ProjectionKind{"binary", true, 512, true, make<MinHashBits>},
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

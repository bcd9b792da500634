// Tells from the first bytes of a stream which container it comes in.
#include "features/container.h"

#include <utility>

#include "absl/strings/match.h"

namespace oido::features {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr std::pair<absl::string_view, Container> kMagics[] = {
    {"RIFF", Container::kRiff},
    {"fLaC", Container::kFlac},
    {"OggS", Container::kOgg}};

}  // namespace

Container ContainerSniffer::Read(absl::string_view* bytes) {
  while (seen_.size() < kMagicBytes && !bytes->empty()) {
    seen_.push_back(bytes->front());
    bytes->remove_prefix(1);
    bool possible = false;
    for (const auto& [magic, container] : kMagics) {
      if (seen_ == magic) return container;
      possible = possible || absl::StartsWith(magic, seen_);
    }
    if (!possible) return Container::kNone;
  }
  return Container::kUnknown;
}

}  // namespace oido::features

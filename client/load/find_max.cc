// Implements FindMax.
#include "client/load/find_max.h"

#include <algorithm>

namespace oido::load {

int FindMax(const SearchOptions& options,
            const std::function<Outcome(int streams)>& trial) {
  int held = 0;
  int not_held = options.most + 1;
  int streams = std::clamp(options.first, 1, options.most);
  while (true) {
    const Outcome outcome = trial(streams);
    if (outcome == Outcome::kStop) return held;
    (outcome == Outcome::kHeld ? held : not_held) = streams;
    const int gap = not_held - held;
    const bool fine_enough =
        gap <= 1 || (held > 0 && gap <= options.resolution * held);
    if (fine_enough) return held;
    const bool never_failed = not_held > options.most;
    streams = never_failed ? std::min(2 * held, options.most) : held + gap / 2;
  }
}

}  // namespace oido::load

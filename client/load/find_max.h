// Searches for the largest load that holds.
#ifndef OIDO_CLIENT_LOAD_FIND_MAX_H_
#define OIDO_CLIENT_LOAD_FIND_MAX_H_

#include <functional>

namespace oido::load {

struct SearchOptions {
  int first = 16;            // streams of the first trial
  int most = 4096;           // no trial has more
  double resolution = 0.02;  // of the result, downwards; at least one stream
};

enum class Outcome { kHeld, kNotHeld, kStop };

// Doubles the streams until a trial does not hold, then bisects. Returns the
// most streams that held, 0 if none did. kStop ends the search where it is.
int FindMax(const SearchOptions& options,
            const std::function<Outcome(int streams)>& trial);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_FIND_MAX_H_

// Decides when each stream starts, with what, and whose turn it is.
#ifndef OIDO_CLIENT_LOAD_SCHEDULE_H_
#define OIDO_CLIENT_LOAD_SCHEDULE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "absl/time/time.h"

namespace oido::load {

// What one of N streams does differently from the others.
struct StreamPlan {
  absl::Duration start;        // after the beginning of the run
  int probe_offset = 0;        // of the first probe, in messages
  size_t first_recording = 0;  // of the pool; the next ones follow
};

struct PlanOptions {
  int streams = 1;
  absl::Duration ramp;     // starts are spread evenly over it...
  absl::Duration message;  // ...and within one message at random
  int probe_every = 10;    // messages; 0: there are no probes
  size_t recordings = 1;
  uint64_t seed = 0;
};

// The same for the same options.
std::vector<StreamPlan> MakePlans(const PlanOptions& options);

// Who is due when: one time for each of N. One thread.
class Timers {
 public:
  explicit Timers(size_t count) : due_(count) {}

  // Replaces the earlier time of `index`.
  void Set(size_t index, absl::Duration due);
  void Cancel(size_t index);
  // The earliest time; InfiniteDuration if there is none.
  absl::Duration Next();
  // The one that was due first, if `now` is not before its time; it has no time
  // after that.
  std::optional<size_t> PopDue(absl::Duration now);

 private:
  struct Entry {
    absl::Duration due;
    size_t index;
    bool operator>(const Entry& other) const { return due > other.due; }
  };
  void DropStale();

  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::vector<std::optional<absl::Duration>> due_;  // what holds of the heap
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_SCHEDULE_H_

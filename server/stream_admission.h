// Whether the workers can take one more live stream.
#ifndef OIDO_SERVER_STREAM_ADMISSION_H_
#define OIDO_SERVER_STREAM_ADMISSION_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/clock.h"
#include "server/load_meter.h"
#include "server/mutex.h"

namespace oido::server {

struct StreamAdmissionOptions {
  // Of the workers' time, 1.0 being all of it; 0: no limit by load.
  double max_utilization = 0.85;
  // What live streams wait for an answer at most; 0: no limit by it. It limits
  // only what takes more than half of the workers' time.
  absl::Duration latency_target = absl::Milliseconds(200);
  int workers = 1;
  int max_batch = 1;
};

// Streams of each model that get audio now, or have just been admitted and will
// surely: [model].
using StreamCensus = std::function<std::vector<int>()>;

// Counts every active stream as real time, whatever it sends; idle ones count
// nothing. What they cost the workers is what their steps cost in the batches
// that so many streams make: workers with little to do step small batches, so
// that how busy they are says nothing about how many streams they can take.
// What far more streams cost than were ever served together is a guess: from
// three tenths of the load on, their number grows step by step, so that each
// step is measured before the next. Thread-safe.
class StreamAdmission {
 public:
  // `meter` and `clock` outlive the admission. `census` may be slow; it is
  // taken a few times a second at most, and admitted streams are added to it
  // until it is taken again.
  StreamAdmission(const StreamAdmissionOptions& options, const LoadMeter* meter,
                  const Clock* clock, StreamCensus census);

  // RESOURCE_EXHAUSTED with the figures and a time to come back: one more of
  // `model` does not fit, or not yet. Else it is counted from now on. A stream
  // alone always fits: on a machine that is too slow, slow answers are better
  // than none.
  absl::Status Admit(int model);

  // The share of the workers' time that so many streams [model] take.
  double Utilization(const std::vector<int>& active) const;

 private:
  void Count(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const StreamAdmissionOptions options_;
  const LoadMeter* const meter_;
  const Clock* const clock_;
  const StreamCensus census_;

  Mutex mutex_;
  std::vector<int> active_ ABSL_GUARDED_BY(mutex_);  // [model]
  absl::Duration counted_at_ ABSL_GUARDED_BY(mutex_) =
      -absl::InfiniteDuration();
  // The most streams that were active at once, fading, by a look each second;
  // and when the last was.
  double proven_ ABSL_GUARDED_BY(mutex_) = 0.0;
  absl::Duration proven_at_ ABSL_GUARDED_BY(mutex_) =
      -absl::InfiniteDuration();
};

}  // namespace oido::server

#endif  // OIDO_SERVER_STREAM_ADMISSION_H_

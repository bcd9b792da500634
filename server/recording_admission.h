// How many recordings may be in hand.
#ifndef OIDO_SERVER_RECORDING_ADMISSION_H_
#define OIDO_SERVER_RECORDING_ADMISSION_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/errors.h"
#include "server/mutex.h"

namespace oido::server {

// Counts those that are worked on and those that wait. Nobody listens while he
// speaks, so they may queue; the scheduler lets live streams go first.
// Thread-safe.
class RecordingAdmission {
 public:
  // `option` is what the limit is called in the configuration.
  RecordingAdmission(std::string option, int limit)
      : option_(std::move(option)), limit_(limit) {}

  // RESOURCE_EXHAUSTED: the limit is reached. Else Leave must follow.
  absl::Status Enter() {
    // A window takes a fraction of a second, a recording some of them.
    constexpr absl::Duration kRetryDelay = absl::Seconds(2);
    MutexLock lock(mutex_);
    if (inside_ >= limit_) {
      return FullError(absl::StrCat(option_, ": ", inside_,
                                    " recordings are in hand, limit ", limit_),
                       kRetryDelay);
    }
    ++inside_;
    return absl::OkStatus();
  }

  void SetLimit(int limit) {
    MutexLock lock(mutex_);
    limit_ = limit;
  }

  void Leave() {
    MutexLock lock(mutex_);
    --inside_;
  }

 private:
  const std::string option_;
  Mutex mutex_;
  int limit_ ABSL_GUARDED_BY(mutex_);
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_RECORDING_ADMISSION_H_

// How many recordings offline models may have in hand.
#ifndef OIDO_SERVER_OFFLINE_ADMISSION_H_
#define OIDO_SERVER_OFFLINE_ADMISSION_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/errors.h"
#include "server/mutex.h"

namespace oido::server {

// Counts those that are worked on and those that wait. Thread-safe.
class OfflineAdmission {
 public:
  explicit OfflineAdmission(int limit) : limit_(limit) {}

  // RESOURCE_EXHAUSTED: the limit is reached. Else Leave must follow.
  absl::Status Enter() {
    // A window takes a fraction of a second, a recording some of them.
    constexpr absl::Duration kRetryDelay = absl::Seconds(2);
    MutexLock lock(mutex_);
    if (inside_ >= limit_) {
      return FullError(absl::StrCat("max_offline_recordings: ", inside_,
                                    " recordings are in hand, limit ", limit_),
                       kRetryDelay);
    }
    ++inside_;
    return absl::OkStatus();
  }

  void Leave() {
    MutexLock lock(mutex_);
    --inside_;
  }

 private:
  const int limit_;
  Mutex mutex_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_OFFLINE_ADMISSION_H_

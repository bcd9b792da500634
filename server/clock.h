// Time that tests can set.
#ifndef OIDO_SERVER_CLOCK_H_
#define OIDO_SERVER_CLOCK_H_

#include <time.h>

#include <chrono>

#include "absl/time/time.h"

namespace oido::server {

// Any thread may call it.
class Clock {
 public:
  virtual ~Clock() = default;
  // Since an arbitrary point; never goes back.
  virtual absl::Duration Now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  absl::Duration Now() const override {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
};

// CPU time of the calling thread: stands still while others have the core.
class ThreadCpuClock final : public Clock {
 public:
  absl::Duration Now() const override {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace oido::server

#endif  // OIDO_SERVER_CLOCK_H_

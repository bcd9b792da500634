// The sessions that are open: how many there may be and how long they may be
// idle.
#ifndef OIDO_SERVER_SESSION_REGISTRY_H_
#define OIDO_SERVER_SESSION_REGISTRY_H_

#include <cstddef>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/clock.h"
#include "server/mutex.h"
#include "server/server_options.h"
#include "server/session.h"

namespace oido::server {

struct RegistryOptions {
  int max_streams = 1024;
  absl::Duration idle_timeout = absl::Seconds(60);
};

inline RegistryOptions RegistryOptionsOf(const ServerOptions& options) {
  return {.max_streams = options.max_streams,
          .idle_timeout = absl::Seconds(options.idle_timeout_seconds)};
}

// Thread-safe.
class SessionRegistry {
 public:
  // `clock` outlives the registry.
  SessionRegistry(const RegistryOptions& options, const Clock* clock)
      : clock_(clock), options_(options) {}

  // RESOURCE_EXHAUSTED: full. UNAVAILABLE: draining.
  absl::Status Add(std::shared_ptr<Session> session);
  void Remove(const Session* session);

  // From now on nothing is admitted.
  void BeginDrain();
  // True: no session is left; false: `timeout` (real time) has passed.
  bool WaitUntilEmpty(absl::Duration timeout);
  // Ends every session's input with `status`; its results still come.
  void ExpireAll(const absl::Status& status);

  // Looks after idle sessions once; returns when the next look is due, by the
  // clock.
  absl::Duration Sweep();
  // Sweeps when it is due (a thread's body) until Stop.
  void SweepUntilStopped();
  void Stop();

  // For streams that come, and for those that are idle from now on.
  void SetOptions(const RegistryOptions& options);
  RegistryOptions options() const;

  size_t size() const;
  // Active streams of the models that have any.
  std::map<std::shared_ptr<const LoadedModel>, int> ActiveStreams() const;
  // Memory of all sessions.
  size_t size_bytes() const;
  size_t largest_inbox_bytes() const;
  bool draining() const;

 private:
  std::vector<std::shared_ptr<Session>> Sessions() const;

  const Clock* const clock_;
  mutable Mutex mutex_;
  RegistryOptions options_ ABSL_GUARDED_BY(mutex_);
  CondVar empty_;
  CondVar sweep_;
  std::unordered_map<const Session*, std::shared_ptr<Session>> sessions_
      ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SESSION_REGISTRY_H_

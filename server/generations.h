// The generation that new calls get, and older ones that calls still use.
#ifndef OIDO_SERVER_GENERATIONS_H_
#define OIDO_SERVER_GENERATIONS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/generation.h"
#include "server/mutex.h"

namespace oido::server {

// Thread-safe. Renew and FreeUnused: one thread at a time, none of the workers,
// which they may wait for.
class Generations {
 public:
  // More are not held at once: each has workers and models of its own.
  static constexpr size_t kMost = 4;

  explicit Generations(GenerationEnvironment environment)
      : environment_(std::move(environment)) {}

  // The first, before anything else.
  absl::Status Begin(const ServerOptions& options, ModelSet models);

  // A new one if the bundles of `options.models` or options that only new calls
  // take over have changed; the one before stays until FreeUnused. False:
  // nothing of that has changed. After an error everything is as it was.
  // RESOURCE_EXHAUSTED: there are kMost.
  absl::StatusOr<bool> Renew(const ServerOptions& options);

  // Frees older ones whose last call has ended. Returns their models.
  std::vector<std::string> FreeUnused();

  std::shared_ptr<Generation> current() const {
    MutexLock lock(mutex_);
    return current_;
  }
  size_t size() const {
    MutexLock lock(mutex_);
    return old_.size() + 1;
  }

 private:
  const GenerationEnvironment environment_;
  mutable Mutex mutex_;
  std::shared_ptr<Generation> current_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Generation>> old_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace oido::server

#endif  // OIDO_SERVER_GENERATIONS_H_

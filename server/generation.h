// A set of models and the workers that run it, from load to the last call.
#ifndef OIDO_SERVER_GENERATION_H_
#define OIDO_SERVER_GENERATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/clock.h"
#include "server/engines.h"
#include "server/load_meter.h"
#include "server/metrics.h"
#include "server/model_set.h"
#include "server/mutex.h"
#include "server/ready_router.h"
#include "server/scheduler.h"
#include "server/server_options.h"
#include "server/session_registry.h"
#include "server/stream_admission.h"

namespace oido::server {

// What all generations of a server share; outlives them.
struct GenerationEnvironment {
  const Clock* clock = nullptr;
  const SessionRegistry* registry = nullptr;
  Metrics* metrics = nullptr;  // may be nullptr
  Engines engines;
};

// Thread-safe. Its destructor waits for workers, so that none of them may be
// the last to let go of it: calls hold it, sessions do not.
class Generation {
 public:
  // Calibrates the models and starts their workers: a fraction of a second for
  // a model, on this thread.
  static absl::StatusOr<std::shared_ptr<Generation>> Start(
      const ServerOptions& options, ModelSet models,
      const GenerationEnvironment& environment);

  const ModelSet& models() const { return models_; }
  ReadyQueue* ready() const { return router_.get(); }
  StreamAdmission& stream_admission() const { return *stream_admission_; }
  // Active streams of each model, [model].
  std::vector<int> ActiveStreams() const {
    return environment_.registry->ActiveStreams(models_.models().size());
  }

 private:
  Generation(ModelSet models, const GenerationEnvironment& environment)
      : models_(std::move(models)), environment_(environment) {}

  absl::Status PrepareAdmission(const ServerOptions& options);
  absl::Status StartWorkers(const ServerOptions& options);

  const ModelSet models_;
  const GenerationEnvironment environment_;
  std::unique_ptr<LoadMeter> meter_;
  std::unique_ptr<StreamAdmission> stream_admission_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Scheduler> offline_scheduler_;  // where there is such a model
  std::unique_ptr<ReadyRouter> router_;
};

// The generation that new calls get, and older ones that calls still use.
// Thread-safe.
class Generations {
 public:
  std::shared_ptr<Generation> current() const {
    MutexLock lock(mutex_);
    return current_;
  }

  // The one before stays until FreeUnused.
  void Replace(std::shared_ptr<Generation> generation);

  // Frees older ones whose last call has ended; waits for their workers, so
  // none of these may call it. Returns how many were freed.
  int FreeUnused();

 private:
  mutable Mutex mutex_;
  std::shared_ptr<Generation> current_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Generation>> old_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace oido::server

#endif  // OIDO_SERVER_GENERATION_H_

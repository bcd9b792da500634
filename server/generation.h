// A set of models and the workers that run it, from load to the last call.
#ifndef OIDO_SERVER_GENERATION_H_
#define OIDO_SERVER_GENERATION_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/clock.h"
#include "server/engines.h"
#include "server/load_meter.h"
#include "server/metrics.h"
#include "server/model_set.h"
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

  const ServerOptions& options() const { return options_; }
  const ModelSet& models() const { return models_; }
  ReadyQueue* ready() const { return router_.get(); }
  StreamAdmission& stream_admission() const { return *stream_admission_; }
  SessionLimits session_limits() const;
  // Active streams of each model, [model]. Those of other generations count
  // too, for they take the same cores: as streams of the model of that name,
  // or else of the default one.
  std::vector<int> ActiveStreams() const;

 private:
  Generation(const ServerOptions& options, ModelSet models,
             const GenerationEnvironment& environment)
      : options_(options),
        models_(std::move(models)),
        environment_(environment) {}

  absl::Status PrepareAdmission();
  absl::Status StartWorkers();
  size_t IndexOf(const LoadedModel& model) const;

  const ServerOptions options_;
  const ModelSet models_;
  const GenerationEnvironment environment_;
  std::unique_ptr<LoadMeter> meter_;
  std::unique_ptr<StreamAdmission> stream_admission_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Scheduler> offline_scheduler_;  // where there is such a model
  std::unique_ptr<ReadyRouter> router_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_GENERATION_H_

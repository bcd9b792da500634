// Workers that step all ready sessions together.
#ifndef OIDO_SERVER_SCHEDULER_H_
#define OIDO_SERVER_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/batch_stepper.h"
#include "server/clock.h"
#include "server/load_meter.h"
#include "server/model_set.h"
#include "server/mutex.h"
#include "server/session.h"
#include "server/turn.h"
#include "server/window_runner.h"

namespace oido::server {

struct SchedulerOptions {
  int workers = 0;  // 0: one per core
  int max_batch = 64;
  // As in TurnOptions.
  LoadMeter* meter = nullptr;
  Metrics* metrics = nullptr;
  absl::Duration late_after = absl::InfiniteDuration();
  // Added to the operating system's niceness of the threads, so that they work
  // in the time that others leave.
  int niceness = 0;
};

// What a worker does with sessions of that model; nullptr: they are not this
// scheduler's.
using TurnFactory = std::function<absl::StatusOr<std::unique_ptr<Turn>>(
    const LoadedModel& model)>;

// Workers where the options say 0.
int DefaultWorkers();

// Serves streaming models or offline ones. Work-conserving: a worker never
// waits for a batch to fill; while it is busy the next one fills itself. The
// session that has been ready longest goes first, with others of its model; one
// that has more to do goes to the end. Recordings, which nobody waits for while
// he speaks, fill up small batches and get a small part of large ones. Enqueue
// may be called from any thread and does not block.
class Scheduler final : public ReadyQueue {
 public:
  // `clock` outlives the scheduler.
  static absl::StatusOr<std::unique_ptr<Scheduler>> Create(
      const SchedulerOptions& options, const ModelSet& models,
      const Clock* clock,
      const StepperFactory& factory = RunnerStepper::Create);
  // For offline models; options.max_batch is 1, whatever it says.
  static absl::StatusOr<std::unique_ptr<Scheduler>> CreateOffline(
      SchedulerOptions options, const ModelSet& models, const Clock* clock,
      const WindowRunnerFactory& factory);

  // Workers end after their turn; sessions that wait are let go.
  ~Scheduler() override;

  void Enqueue(std::shared_ptr<Session> session) override;
  void EnqueueAll(std::vector<std::shared_ptr<Session>> sessions) override;

  int workers() const { return static_cast<int>(threads_.size()); }

 private:
  struct Ready {
    uint64_t number;  // counts up: smaller has waited longer
    std::shared_ptr<Session> session;
  };
  using Queue = std::deque<Ready>;
  using Batch = std::vector<std::shared_ptr<Session>>;
  // Of one model.
  struct Queues {
    bool empty() const { return live.empty() && recorded.empty(); }
    // The number of the one that has waited longest. REQUIRES: !empty().
    uint64_t Oldest() const;
    // Moves up to `size`, at least one, to `batch`. REQUIRES: !empty().
    void Take(size_t size, Batch* batch);
    Queue live;
    Queue recorded;
  };
  using Tools = std::vector<std::unique_ptr<Turn>>;  // [model]

  static absl::StatusOr<std::unique_ptr<Scheduler>> CreateWith(
      const SchedulerOptions& options, const ModelSet& models,
      const TurnFactory& factory);
  Scheduler(const SchedulerOptions& options, size_t models, size_t workers);

  void Work(const Tools& tools);
  // Empty: the scheduler stops. `done`: sessions in the batch before.
  Batch TakeBatch(size_t done);
  void Push(std::shared_ptr<Session> session)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Queues& OldestModel() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t Share() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_batch_;
  const size_t workers_;
  const int niceness_;
  std::vector<std::thread> threads_;

  Mutex mutex_;
  CondVar work_;
  std::vector<Queues> ready_ ABSL_GUARDED_BY(mutex_);  // [model]
  size_t ready_count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t taken_count_ ABSL_GUARDED_BY(mutex_) = 0;  // in workers' hands
  size_t waiting_workers_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SCHEDULER_H_

// The ready queues and the threads that empty them.
#include "server/scheduler.h"

#include <omp.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "server/window_turn.h"

namespace oido::server {

absl::StatusOr<std::unique_ptr<Scheduler>> Scheduler::Create(
    const SchedulerOptions& options, const ModelSet& models, const Clock* clock,
    const StepperFactory& factory) {
  return CreateWith(
      options, models,
      [&](const LoadedModel& model) -> absl::StatusOr<std::unique_ptr<Turn>> {
        if (model.offline()) return nullptr;
        return TurnRunner::Create(model, options.max_batch, clock, factory);
      });
}

absl::StatusOr<std::unique_ptr<Scheduler>> Scheduler::CreateOffline(
    SchedulerOptions options, const ModelSet& models, const Clock* clock,
    const WindowRunnerFactory& factory) {
  options.max_batch = 1;
  return CreateWith(
      options, models,
      [&](const LoadedModel& model) -> absl::StatusOr<std::unique_ptr<Turn>> {
        if (!model.offline()) return nullptr;
        return WindowTurn::Create(model, clock, factory);
      });
}

absl::StatusOr<std::unique_ptr<Scheduler>> Scheduler::CreateWith(
    const SchedulerOptions& options, const ModelSet& models,
    const TurnFactory& factory) {
  const int workers =
      options.workers > 0
          ? options.workers
          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::vector<Tools> tools(workers);
  for (Tools& of_worker : tools) {
    for (const auto& model : models.models()) {
      auto turn = factory(*model);
      if (!turn.ok()) return turn.status();
      of_worker.push_back(*std::move(turn));
    }
  }
  std::unique_ptr<Scheduler> scheduler(
      new Scheduler(options, models.models().size()));
  for (Tools& of_worker : tools) {
    scheduler->threads_.emplace_back(
        [raw = scheduler.get(), own = std::move(of_worker)] {
          raw->Work(own);
        });
  }
  return scheduler;
}

Scheduler::Scheduler(const SchedulerOptions& options, size_t models)
    : max_batch_(static_cast<size_t>(options.max_batch)),
      niceness_(options.niceness),
      ready_(models) {}

Scheduler::~Scheduler() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void Scheduler::Enqueue(std::shared_ptr<Session> session) {
  {
    MutexLock lock(mutex_);
    const size_t model = session->model_index();
    ready_[model].push_back({next_number_++, std::move(session)});
    ++ready_count_;
  }
  work_.NotifyOne();
}

void Scheduler::Work(const Tools& tools) {
  // The workers are the parallelism; a team of OpenMP threads in each would
  // fight over the cores.
  omp_set_num_threads(1);
  if (niceness_ > 0) {
    // On Linux "this process" is this thread. Without it all works as well.
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + niceness_);
  }
  while (true) {
    Batch batch = TakeBatch();
    if (batch.empty()) return;
    const int model = batch.front()->model_index();
    batch.erase(
        std::remove_if(batch.begin(), batch.end(),
                       [](const auto& session) { return !session->Lease(); }),
        batch.end());
    tools[model]->Run(batch);
  }
}

Scheduler::Batch Scheduler::TakeBatch() {
  Batch batch;
  bool more = false;
  {
    MutexLock lock(mutex_);
    ++waiting_workers_;
    while (ready_count_ == 0 && !stopping_) work_.Wait(mutex_);
    --waiting_workers_;
    if (stopping_) return batch;
    std::deque<Ready>& queue = ready_[OldestModel()];
    // Workers that wait get their share; a worker alone takes all it can.
    const size_t shares = waiting_workers_ + 1;
    const size_t count =
        std::min(max_batch_, (queue.size() + shares - 1) / shares);
    for (size_t i = 0; i < count; ++i) {
      batch.push_back(std::move(queue.front().session));
      queue.pop_front();
    }
    ready_count_ -= count;
    more = ready_count_ > 0 && waiting_workers_ > 0;
  }
  if (more) work_.NotifyOne();
  return batch;
}

size_t Scheduler::OldestModel() const {
  size_t oldest = 0;
  for (size_t i = 1; i < ready_.size(); ++i) {
    if (ready_[i].empty()) continue;
    if (ready_[oldest].empty() ||
        ready_[i].front().number < ready_[oldest].front().number) {
      oldest = i;
    }
  }
  return oldest;
}

}  // namespace oido::server

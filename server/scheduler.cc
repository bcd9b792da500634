// The ready queues and the threads that empty them.
#include "server/scheduler.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "server/window_turn.h"

namespace oido::server {
namespace {

// Beside so many live streams in a batch there is a place for one recording,
// at least one.
constexpr size_t kRecordedShare = 8;

}  // namespace

int DefaultWorkers() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

absl::StatusOr<std::unique_ptr<Scheduler>> Scheduler::Create(
    const SchedulerOptions& options, const ModelSet& models, const Clock* clock,
    const StepperFactory& factory) {
  return CreateWith(
      options, models,
      [&](const LoadedModel& model) -> absl::StatusOr<std::unique_ptr<Turn>> {
        if (model.offline()) return nullptr;
        return TurnRunner::Create(model,
                                  {.max_batch = options.max_batch,
                                   .meter = options.meter,
                                   .metrics = options.metrics,
                                   .late_after = options.late_after},
                                  clock, factory);
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
  std::vector<Tools> tools(options.workers > 0 ? options.workers
                                               : DefaultWorkers());
  for (Tools& of_worker : tools) {
    for (const auto& model : models.models()) {
      auto turn = factory(*model);
      if (!turn.ok()) return turn.status();
      of_worker.push_back(*std::move(turn));
    }
  }
  std::unique_ptr<Scheduler> scheduler(
      new Scheduler(options, models.models().size(), tools.size()));
  for (Tools& of_worker : tools) {
    scheduler->threads_.emplace_back(
        [raw = scheduler.get(), own = std::move(of_worker)] {
          raw->Work(own);
        });
  }
  return scheduler;
}

Scheduler::Scheduler(const SchedulerOptions& options, size_t models,
                     size_t workers)
    : max_batch_(static_cast<size_t>(options.max_batch)),
      workers_(workers),
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
    Push(std::move(session));
  }
  work_.NotifyOne();
}

void Scheduler::EnqueueAll(std::vector<std::shared_ptr<Session>> sessions) {
  {
    MutexLock lock(mutex_);
    for (auto& session : sessions) Push(std::move(session));
  }
  work_.NotifyOne();  // who wakes up wakes the next
}

void Scheduler::Push(std::shared_ptr<Session> session) {
  Queues& queues = ready_[session->model_index()];
  Queue& queue = session->live() ? queues.live : queues.recorded;
  queue.push_back({next_number_++, std::move(session)});
  ++ready_count_;
}

void Scheduler::Work(const Tools& tools) {
  if (niceness_ > 0) {
    // On Linux "this process" is this thread. Without it all works as well.
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + niceness_);
  }
  size_t done = 0;
  while (true) {
    Batch batch = TakeBatch(done);
    if (batch.empty()) return;
    done = batch.size();
    const int model = batch.front()->model_index();
    batch.erase(
        std::remove_if(batch.begin(), batch.end(),
                       [](const auto& session) { return !session->Lease(); }),
        batch.end());
    tools[model]->Run(batch, this);
  }
}

Scheduler::Batch Scheduler::TakeBatch(size_t done) {
  Batch batch;
  bool more = false;
  {
    MutexLock lock(mutex_);
    taken_count_ -= done;
    ++waiting_workers_;
    while (ready_count_ == 0 && !stopping_) work_.Wait(mutex_);
    --waiting_workers_;
    if (stopping_) return batch;
    Queues& queues = OldestModel();
    queues.Take(Share(), &batch);
    ready_count_ -= batch.size();
    taken_count_ += batch.size();
    more = ready_count_ > 0 && waiting_workers_ > 0;
  }
  if (more) work_.NotifyOne();
  return batch;
}

// An equal part of all sessions that have something to do, those in other
// workers' hands included: two workers with half of them each are done sooner
// than one with nearly all of them.
size_t Scheduler::Share() const {
  const size_t all = ready_count_ + taken_count_;
  return std::min(max_batch_, (all + workers_ - 1) / workers_);
}

Scheduler::Queues& Scheduler::OldestModel() {
  Queues* oldest = nullptr;
  for (Queues& queues : ready_) {
    if (queues.empty()) continue;
    if (oldest == nullptr || queues.Oldest() < oldest->Oldest())
      oldest = &queues;
  }
  return *oldest;
}

void Scheduler::Queues::Take(size_t size, Batch* batch) {
  const auto take = [batch](Queue& queue, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      batch->push_back(std::move(queue.front().session));
      queue.pop_front();
    }
  };
  if (live.empty()) return take(recorded, std::min(size, recorded.size()));
  const bool recorded_first =
      !recorded.empty() && recorded.front().number < live.front().number;
  const size_t lively = std::min(size - (recorded_first ? 1 : 0), live.size());
  take(live, lively);
  take(recorded, std::min({recorded.size(), size - lively,
                           std::max<size_t>(1, lively / kRecordedShare)}));
}

uint64_t Scheduler::Queues::Oldest() const {
  if (live.empty()) return recorded.front().number;
  if (recorded.empty()) return live.front().number;
  return std::min(live.front().number, recorded.front().number);
}

}  // namespace oido::server

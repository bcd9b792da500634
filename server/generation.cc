// Puts models, meter, admission and workers together.
#include "server/generation.h"

#include <algorithm>
#include <utility>

#include "server/calibration.h"

namespace oido::server {
namespace {

// Of the workers of offline models: live streams come first. 10 is about a
// tenth of a thread's usual share of a core that both want.
constexpr int kOfflineNiceness = 10;

}  // namespace

absl::StatusOr<std::shared_ptr<Generation>> Generation::Start(
    const ServerOptions& options, ModelSet models,
    const GenerationEnvironment& environment) {
  std::shared_ptr<Generation> generation(
      new Generation(std::move(models), environment));
  absl::Status status = generation->PrepareAdmission(options);
  if (status.ok()) status = generation->StartWorkers(options);
  if (!status.ok()) return status;
  return generation;
}

absl::Status Generation::PrepareAdmission(const ServerOptions& options) {
  auto costs = Calibrate(models_, options.max_batch, environment_.clock,
                         environment_.engines.stepper);
  if (!costs.ok()) return costs.status();
  meter_ = std::make_unique<LoadMeter>(*std::move(costs));
  StreamAdmissionOptions admission;
  admission.max_utilization = options.admission_utilization;
  admission.latency_target = absl::Milliseconds(options.latency_target_ms);
  admission.workers = options.workers > 0 ? options.workers : DefaultWorkers();
  admission.max_batch = options.max_batch;
  stream_admission_ = std::make_unique<StreamAdmission>(
      admission, meter_.get(), environment_.clock,
      [this] { return ActiveStreams(); });
  return absl::OkStatus();
}

absl::Status Generation::StartWorkers(const ServerOptions& options) {
  SchedulerOptions streaming;
  streaming.workers = options.workers;
  streaming.max_batch = options.max_batch;
  streaming.meter = meter_.get();
  streaming.metrics = environment_.metrics;
  streaming.late_after = absl::Milliseconds(options.latency_target_ms) / 2;
  auto scheduler = Scheduler::Create(streaming, models_, environment_.clock,
                                     environment_.engines.stepper);
  if (!scheduler.ok()) return scheduler.status();
  scheduler_ = *std::move(scheduler);
  if (models_.Default(ModelUse::kRecording)->offline()) {
    SchedulerOptions offline;
    offline.workers = options.offline_workers;
    offline.niceness = kOfflineNiceness;
    scheduler = Scheduler::CreateOffline(offline, models_, environment_.clock,
                                         environment_.engines.window_runner);
    if (!scheduler.ok()) return scheduler.status();
    offline_scheduler_ = *std::move(scheduler);
  }
  router_ =
      std::make_unique<ReadyRouter>(scheduler_.get(), offline_scheduler_.get());
  return absl::OkStatus();
}

void Generations::Replace(std::shared_ptr<Generation> generation) {
  MutexLock lock(mutex_);
  if (current_ != nullptr) old_.push_back(std::move(current_));
  current_ = std::move(generation);
}

int Generations::FreeUnused() {
  std::vector<std::shared_ptr<Generation>> unused;  // freed without the lock
  MutexLock lock(mutex_);
  for (auto& generation : old_) {
    // Nobody can get hold of an old one any more.
    if (generation.use_count() == 1) unused.push_back(std::move(generation));
  }
  old_.erase(std::remove(old_.begin(), old_.end(), nullptr), old_.end());
  return static_cast<int>(unused.size());
}

}  // namespace oido::server

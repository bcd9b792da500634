// Puts models, meter, admission and workers together.
#include "server/generation.h"

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
      new Generation(options, std::move(models), environment));
  absl::Status status = generation->PrepareAdmission();
  if (status.ok()) status = generation->StartWorkers();
  if (!status.ok()) return status;
  return generation;
}

SessionLimits Generation::session_limits() const {
  SessionLimits limits;
  limits.inbox_bytes = static_cast<size_t>(options_.inbox_bytes);
  limits.max_audio_seconds = options_.max_stream_seconds;
  limits.max_bytes_per_second = options_.max_stream_bytes_per_second;
  return limits;
}

absl::Status Generation::PrepareAdmission() {
  // Of a reload, running streams have the cores most of the time.
  const ThreadCpuClock clock;
  auto costs = Calibrate(models_, options_.max_batch, &clock,
                         environment_.engines.stepper);
  if (!costs.ok()) return costs.status();
  meter_ = std::make_unique<LoadMeter>(*std::move(costs));
  StreamAdmissionOptions admission;
  admission.max_utilization = options_.admission_utilization;
  admission.latency_target = absl::Milliseconds(options_.latency_target_ms);
  admission.workers =
      options_.workers > 0 ? options_.workers : DefaultWorkers();
  admission.max_batch = options_.max_batch;
  stream_admission_ = std::make_unique<StreamAdmission>(
      admission, meter_.get(), environment_.clock,
      [this] { return ActiveStreams(); });
  return absl::OkStatus();
}

absl::Status Generation::StartWorkers() {
  SchedulerOptions streaming;
  streaming.workers = options_.workers;
  streaming.max_batch = options_.max_batch;
  streaming.meter = meter_.get();
  streaming.metrics = environment_.metrics;
  streaming.late_after = absl::Milliseconds(options_.latency_target_ms) / 2;
  auto scheduler = Scheduler::Create(streaming, models_, environment_.clock,
                                     environment_.engines.stepper);
  if (!scheduler.ok()) return scheduler.status();
  scheduler_ = *std::move(scheduler);
  if (models_.Default(ModelUse::kRecording)->offline()) {
    SchedulerOptions offline;
    offline.workers = options_.offline_workers;
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

std::vector<int> Generation::ActiveStreams() const {
  std::vector<int> active(models_.models().size());
  for (const auto& [model, streams] : environment_.registry->ActiveStreams())
    active[IndexOf(*model)] += streams;
  return active;
}

size_t Generation::IndexOf(const LoadedModel& model) const {
  const LoadedModel* index = models_.Default(ModelUse::kStream).get();
  for (const auto& own : models_.models()) {
    if (own->bundle == model.bundle) return static_cast<size_t>(own->index);
    if (own->bundle->name == model.bundle->name) index = own.get();
  }
  return index == nullptr ? 0 : static_cast<size_t>(index->index);
}

}  // namespace oido::server

// Times steps and turns.
#include "server/calibration.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "server/session.h"
#include "server/turn.h"

namespace oido::server {
namespace {

constexpr int kBatchSizes[] = {1, 8, 64};

// Streams and audio that go through whole turns.
constexpr int kStreams = 8;
constexpr int kAudioMs = 600;

absl::StatusOr<StepCost> TimeSteps(const LoadedModel& model, int max_batch,
                                   const Clock& clock,
                                   const StepperFactory& factory) {
  auto stepper = factory(model, max_batch);
  if (!stepper.ok()) return stepper.status();
  const model::AcousticModelOptions& options = model.bundle->acoustic_model;
  const std::vector<float> features(options.input_size, 0.5f);
  std::vector<float> log_probs(static_cast<size_t>(max_batch) *
                               options.outputs());
  std::vector<model::StreamState> states(max_batch,
                                         model::StreamState(options));
  std::vector<StepCost::Point> points;
  const auto time = [&](int batch) {
    std::vector<model::StepSlot> slots;
    for (int i = 0; i < batch; ++i) {
      slots.push_back({features, &states[i],
                       absl::MakeSpan(log_probs).subspan(i * options.outputs(),
                                                         options.outputs())});
    }
    // The first makes what this size needs.
    absl::Status status = (*stepper)->Step(slots);
    absl::Duration best = absl::InfiniteDuration();
    for (int repeat = 0; status.ok() && repeat < 2; ++repeat) {
      const absl::Duration begin = clock.Now();
      status = (*stepper)->Step(slots);
      best = std::min(best, clock.Now() - begin);
    }
    points.push_back({batch, best});
    return status;
  };
  for (const int batch : kBatchSizes) {
    if (batch >= max_batch) break;
    const absl::Status status = time(batch);
    if (!status.ok()) return status;
  }
  const absl::Status status = time(max_batch);
  if (!status.ok()) return status;
  return StepCost(std::move(points));
}

// Adds up what the model itself takes.
class TimingStepper final : public BatchStepper {
 public:
  struct Total {
    absl::Duration time;
    int steps = 0;
  };

  TimingStepper(std::unique_ptr<BatchStepper> real, const Clock& clock,
                Total* total)
      : real_(std::move(real)), clock_(clock), total_(total) {}

  absl::Status Step(absl::Span<const model::StepSlot> slots) override {
    const absl::Duration begin = clock_.Now();
    absl::Status status = real_->Step(slots);
    total_->time += clock_.Now() - begin;
    total_->steps += static_cast<int>(slots.size());
    return status;
  }

 private:
  const std::unique_ptr<BatchStepper> real_;
  const Clock& clock_;
  Total* const total_;
};

class NoTransport final : public Transport {
 public:
  void Wake() override {}
  void Abort() override {}
};

class PlainQueue final : public ReadyQueue {
 public:
  void Enqueue(std::shared_ptr<Session> session) override {
    sessions.push_back(std::move(session));
  }
  std::vector<std::shared_ptr<Session>> sessions;
};

// LINEAR16 noise, the same everywhere.
std::string Noise(int samples) {
  std::string bytes;
  uint32_t state = 1;
  for (int i = 0; i < 2 * samples; ++i) {
    state = state * 1664525 + 1013904223;  // Numerical Recipes' generator
    const bool high = i % 2 == 1;
    bytes.push_back(static_cast<char>(high ? (state >> 28) - 8 : state >> 24));
  }
  return bytes;
}

absl::Status OpenStreams(std::shared_ptr<const LoadedModel> model,
                         const Clock* clock, PlainQueue* queue) {
  SessionConfig config;
  const int rate_hz = model->bundle->frontend->sample_rate_hz;
  config.format = {features::AudioEncoding::kLinear16, rate_hz, 1};
  config.model = std::move(model);
  config.interim_results = true;
  for (int i = 0; i < kStreams; ++i) {
    auto session = std::make_shared<Session>(SessionLimits{}, clock, queue,
                                             std::make_shared<NoTransport>());
    const absl::Status status = session->Configure(config);
    if (!status.ok()) return status;
    session->PushAudio(Noise(rate_hz / 1000 * kAudioMs));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> TimeBeside(
    const std::shared_ptr<const LoadedModel>& model, const Clock* clock,
    const StepperFactory& factory) {
  TimingStepper::Total total;
  auto turn = TurnRunner::Create(
      *model, {.max_batch = kStreams}, clock,
      [&](const LoadedModel& of,
          int max_batch) -> absl::StatusOr<std::unique_ptr<BatchStepper>> {
        auto real = factory(of, max_batch);
        if (!real.ok()) return real.status();
        return std::make_unique<TimingStepper>(*std::move(real), *clock,
                                               &total);
      });
  if (!turn.ok()) return turn.status();
  PlainQueue queue;
  const absl::Status status = OpenStreams(model, clock, &queue);
  if (!status.ok()) return status;
  const absl::Duration begin = clock->Now();
  while (!queue.sessions.empty()) {
    auto batch = std::exchange(queue.sessions, {});
    batch.erase(
        std::remove_if(batch.begin(), batch.end(),
                       [](const auto& session) { return !session->Lease(); }),
        batch.end());
    (*turn)->Run(batch, &queue);
  }
  return (clock->Now() - begin - total.time) / std::max(1, total.steps);
}

}  // namespace

absl::StatusOr<std::vector<ModelCost>> Calibrate(
    const ModelSet& models, int max_batch, const Clock* clock,
    const StepperFactory& factory) {
  std::vector<ModelCost> costs(models.models().size());
  for (const auto& model : models.models()) {
    if (model->offline()) continue;
    ModelCost& cost = costs[model->index];
    auto step = TimeSteps(*model, max_batch, *clock, factory);
    if (!step.ok()) return step.status();
    cost.step = *std::move(step);
    auto beside = TimeBeside(model, clock, factory);
    if (!beside.ok()) return beside.status();
    cost.beside = *beside;
    cost.steps_per_second = 1000.0 / model->bundle->decoder.step_ms;
  }
  return costs;
}

}  // namespace oido::server

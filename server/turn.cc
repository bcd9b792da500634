// Features one by one, the model for all at once, decoding one by one.
#include "server/turn.h"

#include <utility>

#include "server/guarded.h"

namespace oido::server {
absl::StatusOr<std::unique_ptr<TurnRunner>> TurnRunner::Create(
    const LoadedModel& model, int max_batch, const Clock* clock,
    const StepperFactory& factory) {
  auto log_mel = features::LogMel::Create(*model.bundle->frontend);
  if (!log_mel.ok()) return log_mel.status();
  auto stepper = factory(model, max_batch);
  if (!stepper.ok()) return stepper.status();
  return std::unique_ptr<TurnRunner>(new TurnRunner(
      model, max_batch, clock, *std::move(log_mel), *std::move(stepper)));
}

TurnRunner::TurnRunner(const LoadedModel& model, int max_batch,
                       const Clock* clock,
                       std::unique_ptr<features::LogMel> log_mel,
                       std::unique_ptr<BatchStepper> stepper)
    : options_(model.bundle->acoustic_model),
      clock_(clock),
      log_mel_(std::move(log_mel)),
      stepper_(std::move(stepper)),
      features_(static_cast<size_t>(max_batch) * options_.input_size),
      log_probs_(static_cast<size_t>(max_batch) * options_.outputs()) {
  stepping_.reserve(max_batch);
  slots_.reserve(max_batch);
}

void TurnRunner::Run(const std::vector<std::shared_ptr<Session>>& sessions) {
  Prepare(sessions);
  const absl::Duration begin = clock_->Now();
  const absl::Status status = Guarded([this] { return Step(); });
  const absl::Duration model_time = clock_->Now() - begin;
  const int batch_size = static_cast<int>(stepping_.size());
  Workbench bench{*log_mel_, samples_};
  for (size_t i = 0; i < stepping_.size(); ++i) {
    Session& session = *stepping_[i];
    const absl::Status finished = !status.ok() ? status : Guarded([&] {
      session.FinishStep(slots_[i].log_probs, model_time, batch_size, bench);
      return absl::OkStatus();
    });
    if (!finished.ok()) session.Fail(absl::InternalError(finished.message()));
    session.GiveBack();
  }
}

// Gives those back that have nothing for the model.
void TurnRunner::Prepare(
    const std::vector<std::shared_ptr<Session>>& sessions) {
  stepping_.clear();
  slots_.clear();
  Workbench bench{*log_mel_, samples_};
  for (const auto& session : sessions) {
    const size_t slot = slots_.size();
    const absl::Span<float> step(features_.data() + slot * options_.input_size,
                                 options_.input_size);
    bool ready = false;
    const absl::Status status = Guarded([&] {
      ready = session->PrepareStep(bench, step);
      return absl::OkStatus();
    });
    if (!status.ok()) session->Fail(status);
    if (!ready) {
      session->GiveBack();
      continue;
    }
    stepping_.push_back(session.get());
    slots_.push_back({step, &session->state(),
                      absl::MakeSpan(log_probs_.data() + slot * options_.outputs(),
                                     static_cast<size_t>(options_.outputs()))});
  }
}

absl::Status TurnRunner::Step() {
  return slots_.empty() ? absl::OkStatus() : stepper_->Step(slots_);
}

}  // namespace oido::server

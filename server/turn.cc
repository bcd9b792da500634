// Features one by one, the model for all at once, decoding one by one.
#include "server/turn.h"

#include <algorithm>
#include <utility>

#include "server/guarded.h"

namespace oido::server {

absl::StatusOr<std::unique_ptr<TurnRunner>> TurnRunner::Create(
    const LoadedModel& model, const TurnOptions& options, const Clock* clock,
    const StepperFactory& factory) {
  auto log_mel = features::LogMel::Create(*model.bundle->frontend);
  if (!log_mel.ok()) return log_mel.status();
  auto stepper = factory(model, options.max_batch);
  if (!stepper.ok()) return stepper.status();
  return std::unique_ptr<TurnRunner>(new TurnRunner(
      model, options, clock, *std::move(log_mel), *std::move(stepper)));
}

TurnRunner::TurnRunner(const LoadedModel& model,
                       const TurnOptions& turn_options, const Clock* clock,
                       std::unique_ptr<features::LogMel> log_mel,
                       std::unique_ptr<BatchStepper> stepper)
    : model_index_(model.index),
      turn_options_(turn_options),
      options_(model.bundle->acoustic_model),
      clock_(clock),
      log_mel_(std::move(log_mel)),
      stepper_(std::move(stepper)),
      features_(static_cast<size_t>(turn_options.max_batch) *
                options_.input_size),
      log_probs_(static_cast<size_t>(turn_options.max_batch) *
                 options_.outputs()),
      figures_(turn_options.metrics == nullptr
                   ? nullptr
                   : turn_options.metrics->OfModel(model.bundle->name,
                                                   model.bundle->version)),
      step_(absl::Milliseconds(model.bundle->decoder.step_ms)) {
  stepping_.reserve(turn_options.max_batch);
  slots_.reserve(turn_options.max_batch);
}

void TurnRunner::Run(const Sessions& sessions, ReadyQueue* queue) {
  const absl::Duration begin = clock_->Now();
  record_ = {.model = model_index_};
  Prepare(sessions);
  const absl::Duration prepared = clock_->Now();
  const absl::Status stepped = Guarded([this] { return Step(); });
  record_.batch = static_cast<int>(stepping_.size());
  record_.model_time = clock_->Now() - prepared;
  Finish(stepped, record_.model_time);
  GiveBack(sessions, queue);
  if (turn_options_.meter == nullptr) return;
  const absl::Duration end = clock_->Now();
  record_.beside_time = end - begin - record_.model_time;
  turn_options_.meter->Add(record_, end);
  if (figures_ != nullptr) Report(prepared - begin, end - begin);
}

void TurnRunner::Report(absl::Duration features, absl::Duration turn) {
  figures_->AddTurn({.batch = record_.batch,
                     .audio = record_.batch * step_,
                     .features = features,
                     .model = record_.model_time,
                     .decode = turn - features - record_.model_time});
  for (const absl::Duration waited : waited_)
    figures_->AddQueued(std::max(absl::ZeroDuration(), waited - turn));
}

void TurnRunner::Prepare(const Sessions& sessions) {
  stepping_.clear();
  slots_.clear();
  Workbench bench{*log_mel_, samples_, beam_};
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
    if (!ready) continue;
    stepping_.push_back(session.get());
    slots_.push_back(
        {step, &session->state(),
         absl::MakeSpan(log_probs_.data() + slot * options_.outputs(),
                        static_cast<size_t>(options_.outputs()))});
  }
}

absl::Status TurnRunner::Step() {
  return slots_.empty() ? absl::OkStatus() : stepper_->Step(slots_);
}

void TurnRunner::Finish(const absl::Status& stepped,
                        absl::Duration model_time) {
  const int batch_size = static_cast<int>(stepping_.size());
  Workbench bench{*log_mel_, samples_, beam_};
  for (size_t i = 0; i < stepping_.size(); ++i) {
    Session& session = *stepping_[i];
    const absl::Status finished = !stepped.ok() ? stepped : Guarded([&] {
      session.FinishStep(slots_[i].log_probs, model_time, batch_size, bench);
      return absl::OkStatus();
    });
    if (!finished.ok()) session.Fail(absl::InternalError(finished.message()));
  }
}

// First what lets other workers go on, then the messages.
void TurnRunner::GiveBack(const Sessions& sessions, ReadyQueue* queue) {
  waited_.clear();
  Sessions again;
  std::vector<Session*> wake;
  for (const auto& session : sessions) {
    const GivenBack result = session->GiveBack();
    if (result.again) again.push_back(session);
    if (result.wake) wake.push_back(session.get());
    if (!result.waited.has_value()) continue;
    ++record_.live;
    if (figures_ != nullptr) waited_.push_back(*result.waited);
    if (*result.waited > turn_options_.late_after) ++record_.late;
  }
  if (!again.empty()) queue->EnqueueAll(std::move(again));
  for (Session* const session : wake) session->WakeTransport();
}

}  // namespace oido::server

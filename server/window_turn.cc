// Features until a window is full, the model over it, decoding of what counts.
#include "server/window_turn.h"

#include <utility>

#include "server/guarded.h"

namespace oido::server {

absl::StatusOr<std::unique_ptr<Turn>> WindowTurn::Create(
    const LoadedModel& model, const Clock* clock,
    const WindowRunnerFactory& factory) {
  auto log_mel = features::LogMel::Create(*model.bundle->frontend);
  if (!log_mel.ok()) return log_mel.status();
  auto runner = factory(model);
  if (!runner.ok()) return runner.status();
  return std::unique_ptr<Turn>(
      new WindowTurn(model, clock, *std::move(log_mel), *std::move(runner)));
}

WindowTurn::WindowTurn(const LoadedModel& model, const Clock* clock,
                       std::unique_ptr<features::LogMel> log_mel,
                       std::unique_ptr<WindowRunner> runner)
    : options_(model.bundle->acoustic_model),
      clock_(clock),
      log_mel_(std::move(log_mel)),
      runner_(std::move(runner)) {}

void WindowTurn::Run(const std::vector<std::shared_ptr<Session>>& sessions,
                     ReadyQueue* queue) {
  for (const auto& session : sessions) {
    const absl::Status status = Guarded([&] { return RunWindow(*session); });
    if (!status.ok()) session->Fail(absl::InternalError(status.message()));
    const GivenBack result = session->GiveBack();
    if (result.again) queue->Enqueue(session);
    if (result.wake) session->WakeTransport();
  }
}

absl::Status WindowTurn::RunWindow(Session& session) {
  Workbench bench{*log_mel_, samples_, beam_};
  const absl::Span<const float> window = session.PrepareWindow(bench);
  if (window.empty()) return absl::OkStatus();
  const absl::Duration begin = clock_->Now();
  log_probs_.resize(window.size() / options_.input_size * options_.outputs());
  const absl::Status status = runner_->Run(window, absl::MakeSpan(log_probs_));
  if (!status.ok()) return status;
  session.FinishStep(log_probs_, clock_->Now() - begin, 1, bench);
  return absl::OkStatus();
}

}  // namespace oido::server

// One worker's turn for a recording: one window through an offline model.
#ifndef OIDO_SERVER_WINDOW_TURN_H_
#define OIDO_SERVER_WINDOW_TURN_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "features/log_mel.h"
#include "server/clock.h"
#include "server/model_set.h"
#include "server/session.h"
#include "server/turn.h"
#include "server/window_runner.h"

namespace oido::server {

// A worker's tools for one offline model: FFT plan, primitives and buffers. One
// thread's. Recordings take turns window by window, so that a short one need
// not wait for a long one and a client that has gone is noticed soon.
class WindowTurn final : public Turn {
 public:
  // `model` and `clock` outlive the turn.
  static absl::StatusOr<std::unique_ptr<Turn>> Create(
      const LoadedModel& model, const Clock* clock,
      const WindowRunnerFactory& factory);

  // Takes every session one window further, if its input has one. An error of
  // the model ends that session only.
  void Run(const std::vector<std::shared_ptr<Session>>& sessions,
           ReadyQueue* queue) override;

 private:
  WindowTurn(const LoadedModel& model, const Clock* clock,
             std::unique_ptr<features::LogMel> log_mel,
             std::unique_ptr<WindowRunner> runner);

  absl::Status RunWindow(Session& session);

  const model::AcousticModelOptions& options_;
  const Clock* const clock_;
  const std::unique_ptr<features::LogMel> log_mel_;
  const std::unique_ptr<WindowRunner> runner_;
  std::vector<float> samples_;    // scratch for decoded audio
  model::BeamScratch beam_;
  std::vector<float> log_probs_;  // [steps of the window, outputs]
};

}  // namespace oido::server

#endif  // OIDO_SERVER_WINDOW_TURN_H_

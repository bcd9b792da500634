// One worker's turn: one batched model step for the sessions it has leased.
#ifndef OIDO_SERVER_TURN_H_
#define OIDO_SERVER_TURN_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "features/log_mel.h"
#include "server/batch_stepper.h"
#include "server/clock.h"
#include "server/load_meter.h"
#include "server/metrics.h"
#include "server/model_set.h"
#include "server/session.h"

namespace oido::server {

// What a worker does with the sessions it has leased. One thread's.
class Turn {
 public:
  virtual ~Turn() = default;
  // Takes each of `sessions`, which are leased and of this turn's model,
  // further and gives it back: to `queue`, where there is more to do.
  virtual void Run(const std::vector<std::shared_ptr<Session>>& sessions,
                   ReadyQueue* queue) = 0;
};

struct TurnOptions {
  int max_batch = 1;
  LoadMeter* meter = nullptr;  // is told of every turn, unless nullptr
  Metrics* metrics = nullptr;  // likewise, where there is a meter
  // A live stream that has waited for longer is late.
  absl::Duration late_after = absl::InfiniteDuration();
};

// A worker's tools for one streaming model: FFT plan, primitives and buffers.
class TurnRunner final : public Turn {
 public:
  // `model`, `clock` and the meter outlive the runner.
  static absl::StatusOr<std::unique_ptr<TurnRunner>> Create(
      const LoadedModel& model, const TurnOptions& options, const Clock* clock,
      const StepperFactory& factory);

  // Takes every session one model step further, if its input has one. At most
  // max_batch sessions. An error of the model ends the sessions that were in
  // the step, and only them.
  void Run(const std::vector<std::shared_ptr<Session>>& sessions,
           ReadyQueue* queue) override;

 private:
  using Sessions = std::vector<std::shared_ptr<Session>>;

  TurnRunner(const LoadedModel& model, const TurnOptions& turn_options,
             const Clock* clock, std::unique_ptr<features::LogMel> log_mel,
             std::unique_ptr<BatchStepper> stepper);

  void Prepare(const Sessions& sessions);
  absl::Status Step();
  void Finish(const absl::Status& stepped, absl::Duration model_time);
  void GiveBack(const Sessions& sessions, ReadyQueue* queue);
  void Report(absl::Duration features, absl::Duration turn);

  const int model_index_;
  const TurnOptions turn_options_;
  const model::AcousticModelOptions& options_;
  const Clock* const clock_;
  const std::unique_ptr<features::LogMel> log_mel_;
  const std::unique_ptr<BatchStepper> stepper_;
  std::vector<float> samples_;      // scratch for decoded audio
  model::BeamScratch beam_;
  std::vector<float> features_;     // [max_batch, input_size]
  std::vector<float> log_probs_;    // [max_batch, outputs]
  std::vector<Session*> stepping_;  // those of this turn that have a step...
  std::vector<model::StepSlot> slots_;  // ...and their places in it
  TurnRecord record_;
  Metrics::Model* const figures_;       // may be nullptr
  const absl::Duration step_;           // audio
  std::vector<absl::Duration> waited_;  // live streams of this turn
};

}  // namespace oido::server

#endif  // OIDO_SERVER_TURN_H_

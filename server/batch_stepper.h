// The model step as the scheduler sees it.
#ifndef OIDO_SERVER_BATCH_STEPPER_H_
#define OIDO_SERVER_BATCH_STEPPER_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/acoustic_model.h"
#include "server/model_set.h"

namespace oido::server {

// One thread's; tests put failing and waiting ones in its place.
class BatchStepper {
 public:
  virtual ~BatchStepper() = default;
  virtual absl::Status Step(absl::Span<const model::StepSlot> slots) = 0;
};

using StepperFactory =
    std::function<absl::StatusOr<std::unique_ptr<BatchStepper>>(
        const LoadedModel& model, int max_batch)>;

// The model itself.
class RunnerStepper final : public BatchStepper {
 public:
  static absl::StatusOr<std::unique_ptr<BatchStepper>> Create(
      const LoadedModel& model, int max_batch) {
    auto runner =
        model::AcousticModelRunner::Create(model.acoustic_model, max_batch);
    if (!runner.ok()) return runner.status();
    return std::unique_ptr<BatchStepper>(new RunnerStepper(*std::move(runner)));
  }

  absl::Status Step(absl::Span<const model::StepSlot> slots) override {
    return runner_->Step(slots);
  }

 private:
  explicit RunnerStepper(std::unique_ptr<model::AcousticModelRunner> runner)
      : runner_(std::move(runner)) {}

  const std::unique_ptr<model::AcousticModelRunner> runner_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_BATCH_STEPPER_H_

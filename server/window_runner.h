// An offline model's window as the workers see it.
#ifndef OIDO_SERVER_WINDOW_RUNNER_H_
#define OIDO_SERVER_WINDOW_RUNNER_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/offline_model.h"
#include "model/window_buffer.h"
#include "server/model_set.h"

namespace oido::server {

// One thread's; tests put failing and waiting ones in its place.
class WindowRunner {
 public:
  virtual ~WindowRunner() = default;
  // As model::OfflineModelRunner::Run.
  virtual absl::Status Run(absl::Span<const float> inputs,
                           absl::Span<float> log_probs) = 0;
};

using WindowRunnerFactory =
    std::function<absl::StatusOr<std::unique_ptr<WindowRunner>>(
        const LoadedModel& model)>;

inline model::WindowOptions WindowsOf(const model::Bundle& bundle) {
  return model::DefaultWindows(bundle.acoustic_model.input_size,
                               bundle.decoder.step_ms);
}

// The model itself.
class ModelWindowRunner final : public WindowRunner {
 public:
  static absl::StatusOr<std::unique_ptr<WindowRunner>> Create(
      const LoadedModel& model) {
    auto runner = model::OfflineModelRunner::Create(
        model.offline_model, WindowsOf(*model.bundle).window_steps);
    if (!runner.ok()) return runner.status();
    return std::unique_ptr<WindowRunner>(
        new ModelWindowRunner(*std::move(runner)));
  }

  absl::Status Run(absl::Span<const float> inputs,
                   absl::Span<float> log_probs) override {
    return runner_->Run(inputs, log_probs);
  }

 private:
  explicit ModelWindowRunner(std::unique_ptr<model::OfflineModelRunner> runner)
      : runner_(std::move(runner)) {}

  const std::unique_ptr<model::OfflineModelRunner> runner_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_WINDOW_RUNNER_H_

// Windows of an offline model that wait until a test lets them go.
#ifndef OIDO_TESTS_SUPPORT_WINDOW_GATE_H_
#define OIDO_TESTS_SUPPORT_WINDOW_GATE_H_

#include <memory>
#include <utility>

#include "server/mutex.h"
#include "server/window_runner.h"

namespace oido::test {

// Outlives the scheduler or server that uses its factory.
class WindowGate {
 public:
  // The model behind this gate.
  server::WindowRunnerFactory Factory() {
    return [this](const server::LoadedModel& model) { return Make(model); };
  }

  // Every window waits from now on.
  void Close() {
    server::MutexLock lock(mutex_);
    open_ = false;
  }
  void Open() {
    server::MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  // Blocks until so many windows have come, those that wait included.
  void WaitForWindows(int count) {
    server::MutexLock lock(mutex_);
    while (windows_ < count) changed_.Wait(mutex_);
  }
  int windows() const {
    server::MutexLock lock(mutex_);
    return windows_;
  }

 private:
  class GatedRunner final : public server::WindowRunner {
   public:
    GatedRunner(WindowGate* gate, std::unique_ptr<server::WindowRunner> real)
        : gate_(gate), real_(std::move(real)) {}
    absl::Status Run(absl::Span<const float> inputs,
                     absl::Span<float> log_probs) override {
      gate_->Enter();
      return real_->Run(inputs, log_probs);
    }

   private:
    WindowGate* const gate_;
    const std::unique_ptr<server::WindowRunner> real_;
  };

  absl::StatusOr<std::unique_ptr<server::WindowRunner>> Make(
      const server::LoadedModel& model) {
    auto real = server::ModelWindowRunner::Create(model);
    if (!real.ok()) return real.status();
    return std::unique_ptr<server::WindowRunner>(
        std::make_unique<GatedRunner>(this, *std::move(real)));
  }

  void Enter() {
    server::MutexLock lock(mutex_);
    ++windows_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(mutex_);
  }

  mutable server::Mutex mutex_;
  server::CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  int windows_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_WINDOW_GATE_H_

// A scheduler without threads: tests decide when a turn is taken and what the
// model does.
#ifndef OIDO_TESTS_SUPPORT_MANUAL_QUEUE_H_
#define OIDO_TESTS_SUPPORT_MANUAL_QUEUE_H_

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/batch_stepper.h"
#include "server/session.h"
#include "server/turn.h"
#include "tests/support/session_harness.h"

namespace oido::test {

// Called in place of the model step; returns its status. `step` does the real
// one.
using StepHook =
    std::function<absl::Status(const std::function<absl::Status()>& step)>;

class ManualQueue final : public server::ReadyQueue {
 public:
  explicit ManualQueue(const server::Clock* clock) {
    const server::LoadedModel& model = *BabblingModels().models().front();
    runner_ = *server::TurnRunner::Create(
        model, {.max_batch = kMaxBatch}, clock,
        [this](const server::LoadedModel& m, int max_batch) {
          return Make(m, max_batch);
        });
  }

  void Enqueue(std::shared_ptr<server::Session> session) override {
    ready_.push_back(std::move(session));
  }

  size_t size() const { return ready_.size(); }
  void set_hook(StepHook hook) { hook_ = std::move(hook); }

  // One turn for the sessions that are queued now.
  void RunTurn() {
    std::vector<std::shared_ptr<server::Session>> batch;
    while (!ready_.empty() && batch.size() < kMaxBatch) {
      std::shared_ptr<server::Session> session = std::move(ready_.front());
      ready_.pop_front();
      if (session->Lease()) batch.push_back(std::move(session));
    }
    runner_->Run(batch, this);
  }

  void RunUntilIdle() {
    while (!ready_.empty()) RunTurn();
  }

 private:
  static constexpr int kMaxBatch = 8;

  class HookedStepper final : public server::BatchStepper {
   public:
    HookedStepper(ManualQueue* queue,
                  std::unique_ptr<server::BatchStepper> real)
        : queue_(queue), real_(std::move(real)) {}
    absl::Status Step(absl::Span<const model::StepSlot> slots) override {
      const auto step = [&] { return real_->Step(slots); };
      return queue_->hook_ ? queue_->hook_(step) : step();
    }

   private:
    ManualQueue* const queue_;
    const std::unique_ptr<server::BatchStepper> real_;
  };

  absl::StatusOr<std::unique_ptr<server::BatchStepper>> Make(
      const server::LoadedModel& model, int max_batch) {
    auto real = server::RunnerStepper::Create(model, max_batch);
    if (!real.ok()) return real.status();
    return std::unique_ptr<server::BatchStepper>(
        std::make_unique<HookedStepper>(this, *std::move(real)));
  }

  std::deque<std::shared_ptr<server::Session>> ready_;
  StepHook hook_;
  std::unique_ptr<server::TurnRunner> runner_;
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_MANUAL_QUEUE_H_

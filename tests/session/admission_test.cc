// More streams than a worker can take, in simulated time: who is admitted keeps
// his latency.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/errors.h"
#include "server/load_meter.h"
#include "server/session_registry.h"
#include "server/stream_admission.h"
#include "server/turn.h"
#include "tests/support/session_harness.h"

namespace oido::test {
namespace {

using server::Session;

constexpr absl::Duration kTarget = absl::Milliseconds(200);

// What a step really takes: so much and so much more a stream.
struct TrueCost {
  absl::Duration fixed;
  absl::Duration each;
  absl::Duration Of(double batch) const { return fixed + batch * each; }
};

// Says nothing and takes its time.
class CostlyStepper final : public server::BatchStepper {
 public:
  CostlyStepper(const TrueCost& cost, FakeClock* clock)
      : cost_(cost), clock_(clock) {}
  absl::Status Step(absl::Span<const model::StepSlot> slots) override {
    clock_->Advance(cost_.Of(static_cast<double>(slots.size())));
    for (const model::StepSlot& slot : slots) {
      std::fill(slot.log_probs.begin(), slot.log_probs.end(), -20.0f);
      slot.log_probs[0] = 0.0f;
    }
    return absl::OkStatus();
  }

 private:
  const TrueCost cost_;
  FakeClock* const clock_;
};

// What one client does.
struct Client {
  absl::Duration arrival;  // since the start
  absl::Duration chunk = absl::Milliseconds(100);
  int chunks = 0;
  int retries = 0;  // a second after each refusal
};

struct Plan {
  TrueCost cost;
  TrueCost calibrated;  // what the server believes at first
  int max_batch = 64;
  double max_utilization = 0.85;
  std::vector<Client> clients;
};

struct Outcome {
  int admitted = 0;
  int refused = 0;
  std::vector<absl::Duration> delays;  // of every chunk, sorted
  absl::Duration Share(double share) const {
    return delays[static_cast<size_t>(share *
                                      static_cast<double>(delays.size() - 1))];
  }
};

// One worker and its clients on one thread: everything but the scheduler's and
// the network's threads is the server's own.
class Simulation final : public server::ReadyQueue {
 public:
  explicit Simulation(const Plan& plan)
      : plan_(plan),
        meter_({Calibrated(plan)}),
        registry_({.max_streams = 100000}, &clock_),
        admission_(
            {.max_utilization = plan.max_utilization,
             .latency_target =
                 plan.max_utilization > 0 ? kTarget : absl::ZeroDuration(),
             .workers = 1,
             .max_batch = plan.max_batch},
            &meter_, &clock_, [this] { return ActiveStreams(); }) {
    turn_ = *server::TurnRunner::Create(
        *BabblingModels().models().front(),
        {.max_batch = plan.max_batch,
         .meter = &meter_,
         .late_after = kTarget / 2},
        &clock_,
        [this](const server::LoadedModel&,
               int) -> absl::StatusOr<std::unique_ptr<server::BatchStepper>> {
          return std::make_unique<CostlyStepper>(plan_.cost, &clock_);
        });
    for (const Client& client : plan.clients)
      events_.emplace(start_ + client.arrival, Running{client, {}, {}, 0});
  }

  Outcome Run() {
    while (!events_.empty() || !ready_.empty()) {
      if (ready_.empty()) clock_.Advance(events_.begin()->first - clock_.Now());
      while (!events_.empty() && events_.begin()->first <= clock_.Now()) {
        auto event = events_.extract(events_.begin());
        Act(event.key(), std::move(event.mapped()));
      }
      if (!ready_.empty()) TakeTurn();
    }
    std::sort(outcome_.delays.begin(), outcome_.delays.end());
    return std::move(outcome_);
  }

  void Enqueue(std::shared_ptr<Session> session) override {
    ready_.push_back(std::move(session));
  }

 private:
  std::vector<int> ActiveStreams() const {
    int active = 0;
    for (const auto& [model, streams] : registry_.ActiveStreams())
      active += streams;
    return {active};
  }
  struct Waiting {
    absl::Duration audio_end;
    absl::Duration sent_at;
  };
  struct Running {
    Client client;
    Stream stream;
    std::shared_ptr<std::deque<Waiting>> waiting;
    int sent = 0;
  };

  static server::ModelCost Calibrated(const Plan& plan) {
    server::ModelCost cost;
    cost.step = server::StepCost(
        {{1, plan.calibrated.Of(1)}, {512, plan.calibrated.Of(512)}});
    cost.steps_per_second = 1000.0 / 30;
    return cost;
  }

  // A client's next step, due at `time`, perhaps a little ago.
  void Act(absl::Duration time, Running running) {
    if (running.sent == 0 && !Admit(&running)) {
      if (running.client.retries-- > 0)
        events_.emplace(time + absl::Seconds(1), std::move(running));
      return;
    }
    const Client& client = running.client;
    const int ms = static_cast<int>(absl::ToInt64Milliseconds(client.chunk));
    running.stream.session->PushAudio(MakeAudio(1, ms));
    ++running.sent;
    // The last 60 ms may be part of a window or of a step that is not full.
    running.waiting->push_back(
        {running.sent * client.chunk - absl::Milliseconds(60), time});
    if (running.sent < client.chunks) {
      events_.emplace(time + client.chunk, std::move(running));
    }
  }

  bool Admit(Running* running) {
    const absl::Status status = admission_.Admit(0);
    if (!status.ok()) {
      EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
      EXPECT_TRUE(status.GetPayload(server::kRetryPayload).has_value());
      ++outcome_.refused;
      return false;
    }
    ++outcome_.admitted;
    running->stream = OpenStream(this, &clock_);
    running->waiting = std::make_shared<std::deque<Waiting>>();
    EXPECT_TRUE(registry_.Add(running->stream.session).ok());
    watched_.emplace_back(running->stream.session, running->waiting);
    return true;
  }

  void TakeTurn() {
    std::vector<std::shared_ptr<Session>> batch;
    while (!ready_.empty() &&
           batch.size() < static_cast<size_t>(plan_.max_batch)) {
      if (ready_.front()->Lease()) batch.push_back(ready_.front());
      ready_.pop_front();
    }
    turn_->Run(batch, this);
    for (const auto& [session, waiting] : watched_) {
      if (waiting->empty()) continue;
      const absl::Duration audio = session->Stats().audio;
      while (!waiting->empty() && waiting->front().audio_end <= audio) {
        outcome_.delays.push_back(clock_.Now() - waiting->front().sent_at);
        waiting->pop_front();
      }
    }
  }

  const Plan plan_;
  FakeClock clock_;
  const absl::Duration start_ = clock_.Now();
  server::LoadMeter meter_;
  server::SessionRegistry registry_;
  server::StreamAdmission admission_;
  std::unique_ptr<server::TurnRunner> turn_;
  std::deque<std::shared_ptr<Session>> ready_;
  std::multimap<absl::Duration, Running> events_;
  std::vector<
      std::pair<std::shared_ptr<Session>, std::shared_ptr<std::deque<Waiting>>>>
      watched_;
  Outcome outcome_;
};

// The most streams that a worker steps in time, all in one batch.
int Capacity(const TrueCost& cost) {
  int streams = 0;
  while (cost.Of(streams + 1) < absl::Milliseconds(30)) ++streams;
  return streams;
}

std::vector<Client> Spread(int count, absl::Duration over, int chunks,
                           int retries = 0) {
  std::vector<Client> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back({.arrival = over * i / count,
                       .chunks = chunks,
                       .retries = retries});
  }
  return clients;
}

Plan TwiceTheCapacity() {
  Plan plan;
  plan.cost = plan.calibrated = {absl::Milliseconds(4), absl::Milliseconds(1)};
  plan.clients = Spread(2 * Capacity(plan.cost), absl::Seconds(2), 150, 8);
  return plan;
}

TEST(AdmissionTest, AtTwiceTheCapacityAdmittedStreamsKeepTheirLatency) {
  const Plan plan = TwiceTheCapacity();
  const Outcome outcome = Simulation(plan).Run();
  EXPECT_LE(outcome.delays.back(), kTarget);
  const int capacity = Capacity(plan.cost);
  EXPECT_GE(outcome.admitted, capacity * 3 / 4);
  EXPECT_LE(outcome.admitted, capacity);
  EXPECT_GE(outcome.refused, 9 * capacity);
}

// The simulation does show what the admission is for.
TEST(AdmissionTest, WithoutItAllStreamsAreLate) {
  Plan plan = TwiceTheCapacity();
  plan.max_utilization = 0;
  const Outcome outcome = Simulation(plan).Run();
  EXPECT_EQ(outcome.refused, 0);
  EXPECT_GT(outcome.Share(0.5), 2 * kTarget);
}

TEST(AdmissionTest, AllAtOnceIsNoDifferent) {
  Plan plan = TwiceTheCapacity();
  const int capacity = Capacity(plan.cost);
  plan.clients = Spread(2 * capacity, absl::ZeroDuration(), 150, 8);
  const Outcome outcome = Simulation(plan).Run();
  EXPECT_LE(outcome.delays.back(), kTarget);
  EXPECT_GE(outcome.admitted, capacity * 3 / 4);
  EXPECT_LE(outcome.admitted, capacity);
}

TEST(AdmissionTest, AMachineSlowerThanCalibratedIsNoticed) {
  Plan plan = TwiceTheCapacity();
  plan.calibrated = {plan.cost.fixed / 2, plan.cost.each / 2};
  plan.clients = Spread(2 * Capacity(plan.cost), absl::Seconds(10), 150);
  const Outcome outcome = Simulation(plan).Run();
  EXPECT_LE(outcome.Share(0.99), kTarget);
  EXPECT_GT(outcome.refused, 0);
  EXPECT_GE(outcome.admitted, Capacity(plan.cost) / 2);
}

TEST(AdmissionTest, StreamsThatAreSilentForAWhileMakeRoom) {
  Plan plan = TwiceTheCapacity();
  const int capacity = Capacity(plan.cost);
  // Each sends half a second and stays.
  plan.clients = Spread(4 * capacity, absl::Seconds(40), 5);
  const Outcome outcome = Simulation(plan).Run();
  EXPECT_EQ(outcome.refused, 0);
  EXPECT_LE(outcome.delays.back(), kTarget);
}

TEST(AdmissionTest, WhateverComesAdmittedStreamsKeepTheirLatency) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    const auto ms = [&random](int low, int high) {
      return absl::Milliseconds(
          std::uniform_int_distribution<int>(low, high)(random));
    };
    Plan plan;
    plan.cost.fixed = ms(1, 10);
    plan.cost.each = ms(5, 20) / 10;
    plan.calibrated = plan.cost;
    plan.max_batch = std::uniform_int_distribution<int>(8, 64)(random);
    const absl::Duration over = ms(0, 6000);
    for (int i = 0; i < 90; ++i) {
      plan.clients.push_back(
          {.arrival =
               over == absl::ZeroDuration()
                   ? over
                   : ms(0, static_cast<int>(absl::ToInt64Milliseconds(over))),
           .chunk = ms(2, 12) * 10,
           .chunks = std::uniform_int_distribution<int>(1, 60)(random)});
    }
    const Outcome outcome = Simulation(plan).Run();
    std::cout << "seed " << seed << ": " << outcome.admitted << " admitted, "
              << outcome.refused << " refused, p50 " << outcome.Share(0.5)
              << ", p99 " << outcome.Share(0.99) << ", longest "
              << outcome.delays.back() << "\n";
    EXPECT_LE(outcome.Share(0.99), kTarget) << "seed " << seed;
    EXPECT_GT(outcome.admitted, 0) << "seed " << seed;
  }
}

}  // namespace
}  // namespace oido::test

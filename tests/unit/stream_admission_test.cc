// Tests of server/step_cost, load_meter, stream_admission and
// recording_admission.
#include "server/stream_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/clock.h"
#include "server/errors.h"
#include "server/recording_admission.h"

namespace oido::server {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::HasSubstr;

class SetClock final : public Clock {
 public:
  absl::Duration Now() const override { return now; }
  absl::Duration now = absl::Seconds(1000);
};

// 10 ms and 1 ms a stream, 20 steps a second, 1 ms beside the model.
ModelCost Cost() {
  ModelCost cost;
  cost.step =
      StepCost({{1, absl::Milliseconds(11)}, {41, absl::Milliseconds(51)}});
  cost.beside = absl::Milliseconds(1);
  cost.steps_per_second = 20.0;
  return cost;
}

class StreamAdmissionTest : public testing::Test {
 protected:
  StreamAdmission Make(const StreamAdmissionOptions& options) {
    return StreamAdmission(options, &meter_, &clock_, [this] {
      ++censuses_;
      return active_;
    });
  }

  int AdmitAll(StreamAdmission* admission) {
    int admitted = 0;
    while (admitted < 1000 && admission->Admit(0).ok()) ++admitted;
    return admitted;
  }

  // The machine has served so many at once.
  void Prove(StreamAdmission* admission, int streams) {
    active_ = {streams, 0};
    admission->Admit(0).IgnoreError();
    active_ = {0, 0};
    clock_.now += absl::Seconds(1);
  }

  void AddTurns(int turns, const TurnRecord& turn) {
    for (int i = 0; i < turns; ++i) meter_.Add(turn, clock_.now);
  }

  SetClock clock_;
  LoadMeter meter_{{Cost(), Cost()}};
  std::vector<int> active_ = {0, 0};
  int censuses_ = 0;
};

TEST(StepCostTest, LinesBetweenThePoints) {
  const StepCost cost({{1, absl::Milliseconds(10)},
                       {5, absl::Milliseconds(18)},
                       {10, absl::Milliseconds(20)}});
  EXPECT_EQ(cost.At(0.5), absl::Milliseconds(10));
  EXPECT_EQ(cost.At(1), absl::Milliseconds(10));
  EXPECT_EQ(cost.At(3), absl::Milliseconds(14));
  EXPECT_EQ(cost.At(5), absl::Milliseconds(18));
  EXPECT_EQ(cost.At(10), absl::Milliseconds(20));
  EXPECT_EQ(cost.At(20), absl::Milliseconds(40));
  EXPECT_EQ(StepCost().At(7), absl::ZeroDuration());
}

// By hand: n streams take 20 * (10 + n + n) ms of a second, in one batch.
TEST_F(StreamAdmissionTest, UtilizationIsThatOfTheBatchesSoManyStreamsMake) {
  StreamAdmission one =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  EXPECT_NEAR(one.Utilization({1, 0}), 0.24, 1e-9);
  EXPECT_NEAR(one.Utilization({10, 0}), 0.60, 1e-9);
  EXPECT_NEAR(one.Utilization({10, 10}), 1.20, 1e-9);
  // Two workers step half of them each.
  StreamAdmission two =
      Make({.max_utilization = 0.85, .workers = 2, .max_batch = 100});
  EXPECT_NEAR(two.Utilization({20, 0}), 0.60, 1e-9);
  // Batches of five: 20 * (15 + 5) ms for every five.
  StreamAdmission small =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 5});
  EXPECT_NEAR(small.Utilization({10, 0}), 0.80, 1e-9);
}

TEST_F(StreamAdmissionTest, ABurstIsNotAdmittedBeforeItWasCounted) {
  StreamAdmission admission =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  Prove(&admission, 16);
  EXPECT_EQ(AdmitAll(&admission), 16);  // 0.84
  EXPECT_EQ(censuses_, 2);
  // They have not come yet, or are gone again.
  clock_.now += absl::Milliseconds(100);
  active_ = {10, 0};
  EXPECT_EQ(AdmitAll(&admission), 6);
  EXPECT_EQ(censuses_, 3);
}

// As many as never were served at once come in steps, here of four.
TEST_F(StreamAdmissionTest, ACrowdIsAdmittedStepByStep) {
  StreamAdmission admission =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  EXPECT_EQ(AdmitAll(&admission), 4);
  const absl::Status status = admission.Admit(0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("admission_utilization"), HasSubstr("4 streams"),
                    HasSubstr("how 4 of them fare")));
  EXPECT_TRUE(status.GetPayload(kRetryPayload).has_value());
  active_ = {4, 0};
  clock_.now += absl::Milliseconds(900);
  EXPECT_FALSE(admission.Admit(0).ok());
  for (const int served : {4, 8, 12}) {
    active_ = {served, 0};
    clock_.now += absl::Seconds(1);
    EXPECT_EQ(AdmitAll(&admission), 4);
  }
  active_ = {16, 0};
  clock_.now += absl::Seconds(1);
  EXPECT_EQ(AdmitAll(&admission), 0);  // 0.84
  // It is remembered for minutes...
  active_ = {0, 0};
  clock_.now += absl::Minutes(1);
  EXPECT_EQ(AdmitAll(&admission), 16);
  // ...but not for ever.
  clock_.now += absl::Hours(2);
  EXPECT_EQ(AdmitAll(&admission), 4);
}

TEST_F(StreamAdmissionTest, StepsAreAFifth) {
  // 0.85 are 160 streams of these.
  LoadMeter meter(
      {{.step = StepCost({{1, absl::Milliseconds(11)},
                          {101, absl::Milliseconds(111)}}),
        .beside = absl::ZeroDuration(),
        .steps_per_second = 5.0}});
  StreamAdmission admission(
      {.max_utilization = 0.85, .workers = 1, .max_batch = 1000}, &meter,
      &clock_, [this] { return active_; });
  active_ = {0};
  EXPECT_EQ(AdmitAll(&admission), 50);  // 0.3
  active_ = {50};
  clock_.now += absl::Seconds(1);
  EXPECT_EQ(AdmitAll(&admission), 10);
}

TEST_F(StreamAdmissionTest, RefusalTellsTheFiguresAndWhenToComeBack) {
  StreamAdmission admission =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  active_ = {16, 0};
  const absl::Status status = admission.Admit(0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("16 streams"), HasSubstr("load of 0.88"),
                    HasSubstr("limit 0.85")));
  EXPECT_TRUE(status.GetPayload(kRetryPayload).has_value());
}

TEST_F(StreamAdmissionTest, AStreamAloneIsAlwaysAdmitted) {
  StreamAdmission admission =
      Make({.max_utilization = 0.01, .workers = 1, .max_batch = 100});
  EXPECT_TRUE(admission.Admit(0).ok());
  EXPECT_FALSE(admission.Admit(0).ok());
}

TEST_F(StreamAdmissionTest, ZeroIsNoLimit) {
  StreamAdmission admission =
      Make({.max_utilization = 0, .workers = 1, .max_batch = 100});
  EXPECT_EQ(AdmitAll(&admission), 1000);
}

// Turns take three times what they took at the start: 20 * 3 * (10 + n) + 20 n.
TEST_F(StreamAdmissionTest, ASlowerMachineTakesFewer) {
  StreamAdmission admission =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  AddTurns(100, {.model = 0,
                 .batch = 10,
                 .model_time = absl::Milliseconds(60),
                 .beside_time = absl::Milliseconds(10)});
  EXPECT_EQ(AdmitAll(&admission), 3);
  EXPECT_NEAR(admission.Utilization({3, 0}), 0.84, 0.01);
  // Another model's turns say nothing.
  EXPECT_NEAR(admission.Utilization({0, 3}), 0.32, 1e-6);
  // It fades.
  clock_.now += absl::Minutes(2);
  AddTurns(1, {.model = 0, .batch = 1, .model_time = absl::Milliseconds(11)});
  EXPECT_NEAR(admission.Utilization({3, 0}), 0.32, 0.01);
}

TEST_F(StreamAdmissionTest, WorkBesideTheModelCounts) {
  StreamAdmission admission =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  AddTurns(1000, {.model = 0,
                  .batch = 10,
                  .model_time = absl::Milliseconds(20),
                  .beside_time = absl::Milliseconds(90)});
  EXPECT_THAT(admission.Utilization({10, 0}),
              DoubleNear(20 * (0.020 + 0.090), 0.05));
}

TEST_F(StreamAdmissionTest, ClosedWhileLiveStreamsAreLate) {
  StreamAdmission admission =
      Make({.max_utilization = 0, .workers = 1, .max_batch = 100});
  active_ = {500, 0};
  // One of fifty is an accident.
  AddTurns(100, {.model = 0, .batch = 50, .live = 50, .late = 1});
  EXPECT_TRUE(admission.Admit(0).ok());
  AddTurns(100, {.model = 0, .batch = 50, .live = 50, .late = 2});
  const absl::Status status = admission.Admit(0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("latency_target_ms"), HasSubstr("200 ms")));
  EXPECT_TRUE(status.GetPayload(kRetryPayload).has_value());
  clock_.now += absl::Seconds(1);
  EXPECT_FALSE(admission.Admit(0).ok());
  clock_.now += absl::Seconds(1);
  EXPECT_TRUE(admission.Admit(0).ok());
  // A handful of late turns closes nothing.
  AddTurns(15, {.model = 0, .batch = 1, .live = 1, .late = 1});
  EXPECT_TRUE(admission.Admit(0).ok());
}

// A crowd that ended at once was late; who comes then finds an idle machine.
TEST_F(StreamAdmissionTest, WhatIsOverClosesNothing) {
  StreamAdmission admission =
      Make({.max_utilization = 0.85, .workers = 1, .max_batch = 100});
  Prove(&admission, 16);
  AddTurns(100, {.model = 0, .live = 50, .late = 50});
  EXPECT_EQ(AdmitAll(&admission), 7);  // 0.48; with one more 0.52
  active_ = {16, 0};
  clock_.now += absl::Milliseconds(100);
  EXPECT_FALSE(admission.Admit(0).ok());
}

TEST(RecordingAdmissionTest, OneTooManyIsRefusedUntilOneLeaves) {
  RecordingAdmission admission("max_recordings", 2);
  EXPECT_TRUE(admission.Enter().ok());
  EXPECT_TRUE(admission.Enter().ok());
  const absl::Status full = admission.Enter();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()),
              AllOf(HasSubstr("max_recordings"), HasSubstr("limit 2")));
  EXPECT_TRUE(full.GetPayload(kRetryPayload).has_value());
  admission.Leave();
  EXPECT_TRUE(admission.Enter().ok());
}

TEST(ThreadCpuClockTest, StandsStillWhileTheThreadSleeps) {
  const ThreadCpuClock clock;
  const absl::Duration begin = clock.Now();
  absl::SleepFor(absl::Milliseconds(200));
  const absl::Duration slept = clock.Now() - begin;
  EXPECT_LT(slept, absl::Milliseconds(100));
  volatile uint32_t work = 0;
  while (clock.Now() - begin < slept + absl::Milliseconds(1)) work = work + 1;
  EXPECT_GT(work, 0u);
}

}  // namespace
}  // namespace oido::server

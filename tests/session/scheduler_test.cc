// Who is stepped when, and that threads may do anything at any time.
#include "server/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/session_harness.h"

namespace oido::test {
namespace {

using server::BatchStepper;
using server::CondVar;
using server::LoadedModel;
using server::ModelSet;
using server::Mutex;
using server::MutexLock;
using server::Scheduler;
using server::SchedulerOptions;
using server::SteadyClock;

// What the model was asked to do; holds the first step until told to go on.
class Gate {
 public:
  void Enter(absl::Span<const model::StepSlot> slots) {
    MutexLock lock(mutex_);
    std::vector<const model::StreamState*> batch;
    for (const model::StepSlot& slot : slots) batch.push_back(slot.state);
    batches_.push_back(batch);
    changed_.NotifyAll();
    while (!open_) changed_.Wait(mutex_);
  }
  void WaitForFirst() {
    MutexLock lock(mutex_);
    while (batches_.empty()) changed_.Wait(mutex_);
  }
  void Open() {
    MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  std::vector<std::vector<const model::StreamState*>> batches() const {
    MutexLock lock(mutex_);
    return batches_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::vector<const model::StreamState*>> batches_
      ABSL_GUARDED_BY(mutex_);
};

class GatedStepper final : public BatchStepper {
 public:
  GatedStepper(Gate* gate, std::unique_ptr<BatchStepper> real)
      : gate_(gate), real_(std::move(real)) {}
  absl::Status Step(absl::Span<const model::StepSlot> slots) override {
    gate_->Enter(slots);
    return real_->Step(slots);
  }

 private:
  Gate* const gate_;
  const std::unique_ptr<BatchStepper> real_;
};

std::unique_ptr<Scheduler> MakeScheduler(int workers, int max_batch,
                                         const server::Clock* clock,
                                         Gate* gate) {
  SchedulerOptions options;
  options.workers = workers;
  options.max_batch = max_batch;
  const auto factory =
      [gate](const LoadedModel& model,
             int batch) -> absl::StatusOr<std::unique_ptr<BatchStepper>> {
    auto real = server::RunnerStepper::Create(model, batch);
    if (!real.ok() || gate == nullptr) return real;
    return std::unique_ptr<BatchStepper>(
        std::make_unique<GatedStepper>(gate, *std::move(real)));
  };
  return *Scheduler::Create(options, BabblingModels(), clock, factory);
}

TEST(SchedulerTest, BatchFillsWhileTheWorkerIsBusy) {
  const SteadyClock clock;
  Gate gate;
  const auto scheduler = MakeScheduler(1, 8, &clock, &gate);
  const std::string audio = MakeAudio(1, 60);
  std::vector<Stream> streams;
  for (int i = 0; i < 11; ++i) {
    streams.push_back(OpenStream(scheduler.get(), &clock));
    streams.back().session->PushAudio(audio);
    streams.back().session->HalfClose();
    if (i == 0) gate.WaitForFirst();
  }
  gate.Open();
  for (const Stream& stream : streams)
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  const auto batches = gate.batches();
  ASSERT_GE(batches.size(), 3u);
  EXPECT_EQ(batches[0].size(), 1u);
  EXPECT_EQ(batches[1].size(), 8u);
  for (const auto& batch : batches) EXPECT_LE(batch.size(), 8u);
}

TEST(SchedulerTest, AStreamWithABacklogDoesNotStarveAnother) {
  const SteadyClock clock;
  Gate gate;
  const auto scheduler = MakeScheduler(1, 1, &clock, &gate);
  const Stream greedy = OpenStream(scheduler.get(), &clock);
  greedy.session->PushAudio(MakeAudio(1, 3000));
  gate.WaitForFirst();
  const Stream modest = OpenStream(scheduler.get(), &clock);
  const model::StreamState* modest_state = &modest.session->state();
  modest.session->PushAudio(MakeAudio(2, 600));
  gate.Open();
  modest.session->HalfClose();
  greedy.session->HalfClose();
  EXPECT_TRUE(modest.transport->WaitForEnd().ok());
  EXPECT_TRUE(greedy.transport->WaitForEnd().ok());
  const auto batches = gate.batches();
  for (size_t i = 1; i < 20; i += 2) {
    ASSERT_EQ(batches[i].size(), 1u);
    EXPECT_EQ(batches[i][0], modest_state) << "turn " << i;
  }
}

// While a recording and live streams wait together, the live ones go first and
// recordings get a small part of a batch; alone they get all of it.
TEST(SchedulerTest, RecordingsFillUpBatchesBehindLiveStreams) {
  const SteadyClock clock;
  Gate gate;
  const auto scheduler = MakeScheduler(1, 8, &clock, &gate);
  const auto open = [&](server::ModelUse use, uint32_t seed) {
    const Stream stream = OpenUnconfigured(scheduler.get(), &clock);
    server::SessionConfig config = Config();
    config.use = use;
    EXPECT_TRUE(stream.session->Configure(config).ok());
    stream.session->PushAudio(MakeAudio(seed, 60));
    stream.session->HalfClose();
    return stream;
  };
  std::vector<Stream> streams = {open(server::ModelUse::kRecording, 0)};
  gate.WaitForFirst();
  std::vector<const model::StreamState*> live;
  for (uint32_t i = 1; i <= 20; ++i) {
    streams.push_back(open(server::ModelUse::kRecording, i));
  }
  for (uint32_t i = 21; i <= 25; ++i) {
    streams.push_back(open(server::ModelUse::kStream, i));
    live.push_back(&streams.back().session->state());
  }
  gate.Open();
  for (const Stream& stream : streams)
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  const auto batches = gate.batches();
  ASSERT_GE(batches.size(), 3u);
  EXPECT_EQ(batches[0].size(), 1u);
  EXPECT_EQ(batches[1].size(), 6u);
  for (const model::StreamState* state : live)
    EXPECT_THAT(batches[1], testing::Contains(state));
  EXPECT_THAT(batches, testing::Contains(testing::SizeIs(8)));
}

TEST(SchedulerTest, SessionsThatWaitAreLetGoAtTheEnd) {
  const SteadyClock clock;
  std::weak_ptr<server::Session> waiting;
  {
    Gate gate;
    auto scheduler = MakeScheduler(1, 1, &clock, &gate);
    const Stream busy = OpenStream(scheduler.get(), &clock);
    busy.session->PushAudio(MakeAudio(1, 100));
    gate.WaitForFirst();
    {
      const Stream stream = OpenStream(scheduler.get(), &clock);
      stream.session->PushAudio(MakeAudio(1, 100));
      waiting = stream.session;
    }
    EXPECT_FALSE(waiting.expired());
    std::thread opener([&] { gate.Open(); });
    scheduler.reset();
    opener.join();
  }
  EXPECT_TRUE(waiting.expired());
}

TEST(SchedulerTest, TwoModelsAreServedSideBySide) {
  const TempDir first_directory;
  const TempDir second_directory;
  WriteBundle(BabblingBundle("one"), first_directory.path());
  TestGeometry geometry;
  geometry.hidden_size = 24;
  geometry.tokens = 12;
  TestBundle other = RandomBundle(geometry, 9);
  other.config.set_name("two");
  WriteBundle(other, second_directory.path());
  const auto models =
      ModelSet::Load({first_directory.path(), second_directory.path()});
  ASSERT_TRUE(models.ok()) << models.status();
  const SteadyClock clock;
  SchedulerOptions options;
  options.workers = 2;
  const auto scheduler = *Scheduler::Create(options, *models, &clock);
  const std::string audio = MakeAudio(1, 2000);
  const auto recognize = [&](const std::string& name, int count) {
    std::vector<Stream> streams;
    for (int i = 0; i < count; ++i) {
      streams.push_back(OpenUnconfigured(scheduler.get(), &clock));
      server::SessionConfig config = Config();
      config.model = *models->Find(name);
      EXPECT_TRUE(streams.back().session->Configure(config).ok());
    }
    return streams;
  };
  std::vector<Stream> streams = recognize("one", 4);
  for (Stream& stream : recognize("two", 4)) streams.push_back(stream);
  for (size_t begin = 0; begin < audio.size(); begin += 1280) {
    for (const Stream& stream : streams)
      stream.session->PushAudio(audio.substr(begin, 1280));
  }
  for (const Stream& stream : streams) stream.session->HalfClose();
  for (const Stream& stream : streams)
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  for (size_t i = 1; i < 8; ++i) {
    EXPECT_EQ(Describe(streams[i].transport->updates()),
              Describe(streams[i / 4 * 4].transport->updates()));
  }
  EXPECT_NE(Describe(streams[0].transport->updates()),
            Describe(streams[4].transport->updates()));
}

// One client's life, at random: any call at any time, and then the end.
void LiveRandomly(Scheduler* scheduler, const server::Clock* clock,
                  uint32_t seed) {
  std::mt19937 random(seed);
  const std::string audio = MakeAudio(seed, 400);
  const Stream stream = OpenUnconfigured(scheduler, clock);
  if (random() % 10 != 0) stream.session->Configure(Config()).IgnoreError();
  for (int i = 0; i < 12; ++i) {
    switch (random() % 12) {
      case 0:
        stream.session->PushFinalize();
        break;
      case 1:
        stream.session->PushMarker("m");
        break;
      case 2:
        stream.session->Sweep(clock->Now(), absl::Hours(1));
        break;
      default:
        stream.session->PushAudio(
            audio.substr(random() % 100, random() % 3000));
    }
  }
  switch (random() % 5) {
    case 0:
      stream.session->Cancel();
      break;
    case 1:
      stream.session->Fail(absl::InternalError("test"));
      break;
    case 2:
      stream.session->Expire(absl::OutOfRangeError("test"));
      break;
    case 3:
      return;  // forgotten
    default:
      stream.session->HalfClose();
  }
  stream.transport->WaitForEnd().IgnoreError();
}

TEST(SchedulerTest, SurvivesEverythingAtOnce) {
  const SteadyClock clock;
  const auto scheduler = MakeScheduler(3, 5, &clock, nullptr);
  std::vector<std::thread> clients;
  for (uint32_t thread = 0; thread < 4; ++thread) {
    clients.emplace_back([&scheduler, &clock, thread] {
      for (uint32_t i = 0; i < 30; ++i)
        LiveRandomly(scheduler.get(), &clock, thread * 1000 + i);
    });
  }
  for (std::thread& client : clients) client.join();
  const Stream stream = OpenStream(scheduler.get(), &clock);
  stream.session->PushAudio(MakeAudio(1, 500));
  stream.session->HalfClose();
  EXPECT_TRUE(stream.transport->WaitForEnd().ok());
}

// A transport thread cancels while a worker steps.
TEST(SchedulerTest, CancelRacesWithTheWorker) {
  const SteadyClock clock;
  const auto scheduler = MakeScheduler(2, 4, &clock, nullptr);
  for (uint32_t i = 0; i < 50; ++i) {
    const Stream stream = OpenStream(scheduler.get(), &clock);
    stream.session->PushAudio(MakeAudio(i, 300));
    std::thread canceller([&] { stream.session->Cancel(); });
    stream.session->HalfClose();
    canceller.join();
    const absl::Status status = stream.transport->WaitForEnd();
    EXPECT_TRUE(status.ok() || absl::IsCancelled(status)) << status;
  }
}

}  // namespace
}  // namespace oido::test

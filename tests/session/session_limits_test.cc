// Bounds of memory and time of a session, turn by turn and with a clock that is
// set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/session_fixture.h"

namespace oido::test {
namespace {

using server::Session;
using server::Update;
using testing::HasSubstr;
using testing::IsEmpty;

class SessionLimitsTest : public SessionFixture {};

TEST_F(SessionLimitsTest, ReadingPausesWhileTheInboxIsFull) {
  StreamOptions options;
  options.limits.inbox_bytes = 10000;
  const Stream stream = Open(options);
  const std::string audio = MakeAudio(21, 2000);
  size_t offset = 0;
  while (stream.session->WantsInput()) {
    stream.session->PushAudio(audio.substr(offset, 1000));
    offset += 1000;
  }
  EXPECT_LE(offset, 11000u);
  while (offset < audio.size()) {
    queue_.RunTurn();
    while (stream.session->WantsInput() && offset < audio.size()) {
      stream.session->PushAudio(audio.substr(offset, 1000));
      offset += 1000;
    }
    EXPECT_LE(stream.session->size_bytes(), 200000u);
  }
  EXPECT_TRUE(Finish(stream).ok());
  EXPECT_EQ(Describe(stream.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

class CountingTransport final : public server::Transport {
 public:
  void Wake() override { ++wakes; }
  void Abort() override {}
  int wakes = 0;
};

// A transport that has paused reads again only when it is told to.
TEST_F(SessionLimitsTest, RoomInTheInboxWakesTheTransport) {
  server::SessionLimits limits;
  limits.inbox_bytes = 10000;
  const auto transport = std::make_shared<CountingTransport>();
  const auto session =
      std::make_shared<Session>(limits, &clock_, &queue_, transport);
  StreamOptions options;
  options.interim_results = false;
  ASSERT_TRUE(session->Configure(Config(options)).ok());
  const std::string audio = MakeAudio(21, 100);
  for (int pause = 0; pause < 5; ++pause) {
    while (session->WantsInput()) session->PushAudio(audio);
    int before = 0;
    while (!session->WantsInput()) {
      while (session->TakeUpdate().has_value()) {
      }
      before = transport->wakes;
      queue_.RunTurn();
    }
    // A final result would have woken it as well.
    EXPECT_GT(transport->wakes, before) << "pause " << pause;
    EXPECT_FALSE(session->TakeUpdate().has_value()) << "pause " << pause;
  }
}

TEST_F(SessionLimitsTest, ManyMarkersFillTheInboxToo) {
  StreamOptions options;
  options.limits.inbox_bytes = 10000;
  const Stream stream = Open(options);
  int count = 0;
  for (; stream.session->WantsInput(); ++count) stream.session->PushMarker("");
  EXPECT_LT(count, 10000);
}

TEST_F(SessionLimitsTest, SingleBytesCostNoMoreThanTheyAre) {
  const Stream stream = Open();
  const size_t before = stream.session->size_bytes();
  for (const char byte : MakeAudio(22, 100))
    stream.session->PushAudio(std::string(1, byte));
  EXPECT_LE(stream.session->size_bytes() - before, 3200u + 1000u);
}

TEST_F(SessionLimitsTest, ClientThatDoesNotReadGetsTheNewestInterimOnly) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  const std::string audio = MakeAudio(23, 1000);
  const Stream stream = Open(options);
  stream.session->PushAudio(audio);
  queue_.RunUntilIdle();
  const Stream reader = Open();
  reader.session->PushAudio(audio);
  queue_.RunUntilIdle();
  stream.transport->StartReading();
  const std::vector<Update> late = stream.transport->updates();
  const std::vector<Update> live = reader.transport->updates();
  EXPECT_EQ(Describe(late), Describe(live));
  const auto interims = [](const std::vector<Update>& updates) {
    return std::count_if(
        updates.begin(), updates.end(),
        [](const Update& update) { return update.interim.has_value(); });
  };
  EXPECT_GT(interims(live), 1);
  EXPECT_EQ(interims(late), 1);
  ASSERT_TRUE(late.back().interim.has_value());
  EXPECT_EQ(Describe(*late.back().interim), Describe(*live.back().interim));
}

TEST_F(SessionLimitsTest, ClientThatDoesNotReadStillGetsEveryFinalLater) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  const std::string audio = MakeAudio(24, 8000);
  const Stream stream = Open(options);
  stream.session->PushAudio(audio);
  stream.session->HalfClose();
  queue_.RunUntilIdle();
  stream.transport->StartReading();
  EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  EXPECT_EQ(Describe(stream.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

TEST_F(SessionLimitsTest, ClientThatNeverReadsIsEndedBeforeItFillsTheMemory) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  options.limits.outbox_bytes = 2000;
  const Stream stream = Open(options);
  for (uint32_t i = 0; i < 100; ++i)
    stream.session->PushAudio(MakeAudio(25 + i, 500));
  queue_.RunUntilIdle();
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session) + 8000u);
  stream.transport->StartReading();
  const absl::Status status = stream.transport->WaitForEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2000"));
  EXPECT_THAT(Finals(stream.transport->updates()), testing::Not(IsEmpty()));
}

TEST_F(SessionLimitsTest, TooLongAStreamGetsItsFinalsAndOutOfRange) {
  StreamOptions options;
  options.limits.max_audio_seconds = 1;
  const std::string audio = MakeAudio(26, 3000);
  for (const size_t piece_bytes : {size_t{999}, size_t{3200}, audio.size()}) {
    const Stream stream = Open(options);
    for (size_t begin = 0; begin < audio.size(); begin += piece_bytes) {
      stream.session->PushAudio(audio.substr(begin, piece_bytes));
    }
    queue_.RunUntilIdle();
    const absl::Status status = stream.transport->WaitForEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(status.message(),
              "Exceeded maximum allowed stream duration of 1 seconds.");
    EXPECT_EQ(Describe(stream.transport->updates()),
              Joined(Recognize(audio.substr(0, 32000)), {}, 0));
  }
}

TEST_F(SessionLimitsTest, AStreamOfExactlyTheLongestLengthIsFine) {
  StreamOptions options;
  options.limits.max_audio_seconds = 1;
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(26, 1000));
  EXPECT_TRUE(Finish(stream).ok());
}

TEST_F(SessionLimitsTest, AStreamThatIsTooFastGetsItsFinalsAndOutOfRange) {
  StreamOptions options;
  options.limits.max_bytes_per_second = 32000;
  options.limits.inbox_bytes = 1 << 20;
  const std::string audio = MakeAudio(26, 2000);
  const Stream fast = Open(options);
  const Stream paced = Open(options);
  // Ten seconds at once, then as fast as it may.
  for (int i = 0; i < 5; ++i) {
    fast.session->PushAudio(audio);
    paced.session->PushAudio(audio);
  }
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(absl::Seconds(2));
    paced.session->PushAudio(audio);
    queue_.RunUntilIdle();
  }
  EXPECT_TRUE(Finish(paced).ok());
  for (int i = 0; i < 5; ++i) fast.session->PushAudio(audio);
  EXPECT_TRUE(fast.session->WantsInput());
  fast.session->PushAudio(audio.substr(0, 2));
  EXPECT_FALSE(fast.session->WantsInput());
  queue_.RunUntilIdle();
  const absl::Status status = fast.transport->WaitForEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("more than 10 seconds ahead of 32000 bytes a "
                                 "second (max_stream_bytes_per_second)"));
  std::string all;
  for (int i = 0; i < 10; ++i) all += audio;
  EXPECT_EQ(Describe(fast.transport->updates()), Joined(Recognize(all), {}, 0));
}

TEST_F(SessionLimitsTest, ARecordingMayComeAtOnce) {
  StreamOptions options;
  options.limits.max_bytes_per_second = 1000;
  const Stream stream = OpenUnconfigured(&queue_, &clock_, options);
  server::SessionConfig config = Config();
  config.use = server::ModelUse::kRecording;
  ASSERT_TRUE(stream.session->Configure(config).ok());
  stream.session->PushAudio(MakeAudio(30, 2000));
  EXPECT_TRUE(Finish(stream).ok());
}

TEST_F(SessionLimitsTest, IdleStreamGetsItsFinalResultAndOutOfRange) {
  const std::string audio = MakeAudio(30, 700);
  const Stream stream = Open();
  stream.session->PushAudio(audio);
  queue_.RunUntilIdle();
  clock_.Advance(absl::Seconds(59));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  EXPECT_TRUE(stream.session->WantsInput());
  clock_.Advance(absl::Seconds(1));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  queue_.RunUntilIdle();
  const absl::Status status = stream.transport->WaitForEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()),
              testing::StartsWith("Audio Timeout Error"));
  EXPECT_EQ(Describe(stream.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

TEST_F(SessionLimitsTest, StreamWithoutConfigurationTimesOutToo) {
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  clock_.Advance(absl::Seconds(60));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(SessionLimitsTest, EverythingTheClientSendsKeepsTheStreamAlive) {
  const Stream stream = Open();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(40));
    if (i % 3 == 0) stream.session->PushAudio("");
    if (i % 3 == 1) stream.session->PushMarker("alive");
    if (i % 3 == 2) stream.session->PushAudio(MakeAudio(1, 20));
    queue_.RunUntilIdle();
    clock_.Advance(absl::Seconds(30));
    stream.session->Sweep(clock_.Now(), absl::Seconds(60));
    ASSERT_TRUE(stream.session->WantsInput());
  }
}

TEST_F(SessionLimitsTest, AStreamThatWaitsForTheServerIsNotIdle) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(30, 300));
  clock_.Advance(absl::Seconds(1000));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  EXPECT_TRUE(Finish(stream).ok());
}

TEST_F(SessionLimitsTest, AudioFasterThanItIsSpokenIsARecording) {
  const Stream stream = Open();
  const std::string second = MakeAudio(30, 1000);
  const auto push = [&] {
    stream.session->PushAudio(second);
    const bool live = stream.session->live();
    queue_.RunUntilIdle();
    return live;
  };
  EXPECT_TRUE(push());
  EXPECT_FALSE(push());
  EXPECT_FALSE(push());
  // Three seconds ahead. From now on it comes as it is spoken, and what it is
  // ahead melts by a fifth of a second in each.
  for (int i = 1; i <= 12; ++i) {
    clock_.Advance(absl::Seconds(1));
    EXPECT_EQ(push(), 3.0 - 0.2 * i <= 1.5) << i;
  }
}

TEST_F(SessionLimitsTest, ARecordingIsNeverLive) {
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  server::SessionConfig config = Config();
  config.use = server::ModelUse::kRecording;
  ASSERT_TRUE(stream.session->Configure(config).ok());
  stream.session->PushAudio(MakeAudio(30, 100));
  EXPECT_FALSE(stream.session->live());
  EXPECT_EQ(stream.session->ActiveModel(clock_.Now()), nullptr);
}

TEST_F(SessionLimitsTest, AStreamIsActiveWhileAudioComes) {
  const Stream waiting = OpenUnconfigured(&queue_, &clock_);
  EXPECT_EQ(waiting.session->ActiveModel(clock_.Now()), nullptr);
  const Stream stream = Open();
  EXPECT_EQ(stream.session->ActiveModel(clock_.Now()), Config().model);
  clock_.Advance(absl::Seconds(1));
  stream.session->PushAudio(MakeAudio(30, 20));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(stream.session->ActiveModel(clock_.Now()), Config().model);
  clock_.Advance(absl::Seconds(1));
  stream.session->PushMarker("not audio");
  EXPECT_EQ(stream.session->ActiveModel(clock_.Now()), nullptr);
  stream.session->PushAudio(MakeAudio(30, 20));
  EXPECT_EQ(stream.session->ActiveModel(clock_.Now()), Config().model);
  EXPECT_TRUE(Finish(stream).ok());
  EXPECT_EQ(stream.session->ActiveModel(clock_.Now()), nullptr);
}

TEST_F(SessionLimitsTest, ClientThatDoesNotReadTheEndIsDropped) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(30, 3000));
  stream.session->HalfClose();
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->aborts(), 0);
  clock_.Advance(absl::Seconds(60));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  EXPECT_EQ(stream.transport->aborts(), 1);
}

}  // namespace
}  // namespace oido::test

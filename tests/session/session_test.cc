// What a session promises, turn by turn and without threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/errors.h"
#include "tests/support/manual_queue.h"
#include "tests/support/session_harness.h"

namespace oido::test {
namespace {

using server::Result;
using server::Session;
using server::Update;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Result> Finals(const std::vector<Update>& updates) {
  std::vector<Result> finals;
  for (const Update& update : updates) {
    if (update.final_result.has_value()) finals.push_back(*update.final_result);
  }
  return finals;
}

class SessionTest : public testing::Test {
 protected:
  Stream Open(const StreamOptions& options = {}) {
    return OpenStream(&queue_, &clock_, options);
  }

  absl::Status Finish(const Stream& stream) {
    stream.session->HalfClose();
    queue_.RunUntilIdle();
    return stream.transport->WaitForEnd();
  }

  std::vector<Result> Recognize(const std::string& audio,
                                const StreamOptions& options = {}) {
    const Stream stream = Open(options);
    stream.session->PushAudio(audio);
    EXPECT_TRUE(Finish(stream).ok());
    return Finals(stream.transport->updates());
  }

  FakeClock clock_;
  ManualQueue queue_{&clock_};
};

// What stream(A) ++ stream(B) says, B's times later by the length of A.
std::string Joined(std::vector<Result> first, std::vector<Result> second,
                   int first_ms) {
  std::string text;
  for (const Result& result : first) text += Describe(result);
  for (Result& result : second) {
    result.continues = result.continues || !first.empty();
    result.end_ms += first_ms;
    for (model::Word& word : result.hypothesis.words) {
      word.start_ms += first_ms;
      word.end_ms += first_ms;
    }
    text += Describe(result);
  }
  return text;
}

TEST_F(SessionTest, FinalizeIsTheEndOfOneStreamAndTheStartOfTheNext) {
  for (const int first_ms : {0, 5, 40, 500, 1234, 3001}) {
    const std::string first = MakeAudio(11, first_ms);
    const std::string second = MakeAudio(12, 2000);
    const Stream stream = Open();
    stream.session->PushAudio(first);
    stream.session->PushFinalize();
    stream.session->PushAudio(second);
    EXPECT_TRUE(Finish(stream).ok());
    EXPECT_EQ(Describe(stream.transport->updates()),
              Joined(Recognize(first), Recognize(second), first_ms))
        << first_ms << " ms";
  }
}

TEST_F(SessionTest, FinalizeIsTheSameForResampledAudio) {
  StreamOptions options;
  options.format.sample_rate_hz = 8000;
  const std::string first = MakeAudio(13, 700);  // 1400 ms at 8 kHz
  const std::string second = MakeAudio(14, 900);
  const Stream stream = Open(options);
  stream.session->PushAudio(first);
  stream.session->PushFinalize();
  stream.session->PushAudio(second);
  EXPECT_TRUE(Finish(stream).ok());
  EXPECT_EQ(
      Describe(stream.transport->updates()),
      Joined(Recognize(first, options), Recognize(second, options), 1400));
}

TEST_F(SessionTest, FinalizeTwiceIsFinalizeOnce) {
  const std::string audio = MakeAudio(15, 900);
  const Stream stream = Open();
  stream.session->PushFinalize();
  stream.session->PushAudio(audio);
  stream.session->PushFinalize();
  stream.session->PushFinalize();
  EXPECT_TRUE(Finish(stream).ok());
  EXPECT_EQ(Describe(stream.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

TEST_F(SessionTest, FinalResultComesWithoutWaitingForMoreAudio) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(16, 400));
  queue_.RunUntilIdle();
  EXPECT_THAT(Finals(stream.transport->updates()), IsEmpty());
  stream.session->PushFinalize();
  queue_.RunUntilIdle();
  EXPECT_THAT(Finals(stream.transport->updates()), testing::SizeIs(1));
}

TEST_F(SessionTest, FinalizeInsideASampleIsRefusedAfterTheFinalResult) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(16, 400) + "x");
  stream.session->PushFinalize();
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Finals(stream.transport->updates()), testing::SizeIs(1));
}

TEST_F(SessionTest, OddByteAtTheEndIsAnErrorAfterTheFinalResult) {
  const std::string audio = MakeAudio(17, 700);
  const Stream stream = Open();
  stream.session->PushAudio(audio + "x");
  const absl::Status status = Finish(stream);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1"));
  EXPECT_EQ(Describe(stream.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

TEST_F(SessionTest, EmptyStreamIsFineAndSaysNothing) {
  const Stream stream = Open();
  EXPECT_TRUE(Finish(stream).ok());
  EXPECT_THAT(stream.transport->updates(), IsEmpty());
}

TEST_F(SessionTest, EmptyStreamOfUnspecifiedEncodingIsFine) {
  StreamOptions options;
  options.format = {};
  const Stream stream = Open(options);
  stream.session->PushAudio("");
  EXPECT_TRUE(Finish(stream).ok());
}

TEST_F(SessionTest, BytesThatAreNoWavAreRefused) {
  StreamOptions options;
  options.format = {};
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(18, 100));
  EXPECT_EQ(Finish(stream).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SessionTest, MarkersComeBackInOrderAndBehindTheResultsBeforeThem) {
  const Stream stream = Open();
  stream.session->PushMarker("begin");
  stream.session->PushAudio(MakeAudio(19, 600));
  stream.session->PushFinalize();
  stream.session->PushMarker("one");
  stream.session->PushMarker("two");
  stream.session->PushAudio(MakeAudio(20, 33));
  stream.session->PushMarker("three");
  EXPECT_TRUE(Finish(stream).ok());
  std::vector<std::string> order;
  for (const Update& update : stream.transport->updates()) {
    if (update.final_result.has_value()) order.push_back("final");
    order.insert(order.end(), update.markers.begin(), update.markers.end());
  }
  order.erase(std::unique(order.begin(), order.end()), order.end());
  ASSERT_GE(order.size(), 5u);
  order.resize(5);
  EXPECT_THAT(order, ElementsAre("begin", "final", "one", "two", "three"));
}

TEST_F(SessionTest, MarkerDoesNotWaitForMoreAudio) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(19, 95));  // three steps and a bit
  stream.session->PushMarker("m");
  queue_.RunUntilIdle();
  ASSERT_FALSE(stream.transport->updates().empty());
  EXPECT_THAT(stream.transport->updates().back().markers, ElementsAre("m"));
}

TEST_F(SessionTest, ReadingPausesWhileTheInboxIsFull) {
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

TEST_F(SessionTest, ManyMarkersFillTheInboxToo) {
  StreamOptions options;
  options.limits.inbox_bytes = 10000;
  const Stream stream = Open(options);
  int count = 0;
  for (; stream.session->WantsInput(); ++count) stream.session->PushMarker("");
  EXPECT_LT(count, 10000);
}

TEST_F(SessionTest, SingleBytesCostNoMoreThanTheyAre) {
  const Stream stream = Open();
  const size_t before = stream.session->size_bytes();
  for (const char byte : MakeAudio(22, 100))
    stream.session->PushAudio(std::string(1, byte));
  EXPECT_LE(stream.session->size_bytes() - before, 3200u + 1000u);
}

TEST_F(SessionTest, ClientThatDoesNotReadGetsTheNewestInterimOnly) {
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

TEST_F(SessionTest, ClientThatDoesNotReadStillGetsEveryFinalLater) {
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

TEST_F(SessionTest, ClientThatNeverReadsIsEndedBeforeItFillsTheMemory) {
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

TEST_F(SessionTest, TooLongAStreamGetsItsFinalsAndOutOfRange) {
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

TEST_F(SessionTest, AStreamOfExactlyTheLongestLengthIsFine) {
  StreamOptions options;
  options.limits.max_audio_seconds = 1;
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(26, 1000));
  EXPECT_TRUE(Finish(stream).ok());
}

TEST_F(SessionTest, SecondConfigurationIsRefused) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(27, 100));
  const absl::Status status = stream.session->Configure(Config());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.GetPayload(server::kFieldPayload),
            absl::Cord("streaming_config"));
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->WaitForEnd(), status);
}

TEST_F(SessionTest, ConfigurationAfterAnErrorChangesNothing) {
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  stream.session->PushAudio("ab");
  EXPECT_FALSE(stream.session->Configure(server::SessionConfig{}).ok());
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SessionTest, InputBeforeTheConfigurationIsRefused) {
  for (int kind = 0; kind < 4; ++kind) {
    const Stream stream = OpenUnconfigured(&queue_, &clock_);
    if (kind == 0) stream.session->PushAudio("ab");
    if (kind == 1) stream.session->PushFinalize();
    if (kind == 2) stream.session->PushMarker("m");
    if (kind == 3) stream.session->HalfClose();
    const absl::Status status = stream.transport->WaitForEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << kind;
    EXPECT_THAT(std::string(status.message()), HasSubstr("streaming_config"))
        << kind;
    EXPECT_EQ(queue_.size(), 0u);
  }
}

TEST_F(SessionTest, ModelErrorEndsTheStreamsOfTheBatchAndNoOthers) {
  const Stream first = Open();
  const Stream second = Open();
  first.session->PushAudio(MakeAudio(28, 300));
  second.session->PushAudio(MakeAudio(28, 300));
  queue_.set_hook(
      [](const auto&) { return absl::UnknownError("onednn says no"); });
  queue_.RunTurn();
  queue_.set_hook(nullptr);
  for (const Stream& stream : {first, second}) {
    const absl::Status status = stream.transport->WaitForEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), HasSubstr("onednn says no"));
  }
  EXPECT_THAT(Recognize(MakeAudio(28, 2000)), testing::Not(IsEmpty()));
}

TEST_F(SessionTest, ExceptionOfALibraryEndsTheStreamOnly) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(28, 300));
  queue_.set_hook([](const auto&) -> absl::Status {
    throw std::runtime_error("out of memory");
  });
  queue_.RunTurn();
  queue_.set_hook(nullptr);
  EXPECT_EQ(stream.transport->WaitForEnd().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Recognize(MakeAudio(28, 2000)), testing::Not(IsEmpty()));
}

// --- The client goes, at every phase.

TEST_F(SessionTest, CancelBeforeTheConfiguration) {
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  stream.session->Cancel();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SessionTest, CancelWhileWaitingFreesTheRecognizerAtOnce) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(29, 300));
  queue_.RunUntilIdle();
  stream.session->Cancel();
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session));
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SessionTest, CancelWhileQueuedLeavesBeforeTheBatch) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(29, 300));
  ASSERT_EQ(queue_.size(), 1u);
  stream.session->Cancel();
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session));
  int steps = 0;
  queue_.set_hook([&](const auto& step) { return ++steps, step(); });
  queue_.RunUntilIdle();
  EXPECT_EQ(steps, 0);
}

TEST_F(SessionTest, CancelInsideTheModelStepFreesWhenGivenBack) {
  const Stream stream = Open();
  const Stream neighbour = Open();
  const std::string audio = MakeAudio(29, 2000);
  stream.session->PushAudio(audio);
  neighbour.session->PushAudio(audio);
  queue_.set_hook([&](const auto& step) {
    stream.session->Cancel();
    return step();
  });
  queue_.RunTurn();
  queue_.set_hook(nullptr);
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session));
  EXPECT_TRUE(Finish(neighbour).ok());
  EXPECT_EQ(Describe(neighbour.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

TEST_F(SessionTest, CancelAfterHalfClose) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(29, 300));
  stream.session->HalfClose();
  queue_.RunTurn();
  stream.session->Cancel();
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SessionTest, CancelWhileResultsWaitToBeRead) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(29, 3000));
  stream.session->HalfClose();
  queue_.RunUntilIdle();
  stream.session->Cancel();
  stream.transport->StartReading();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
  EXPECT_THAT(stream.transport->updates(), IsEmpty());
}

TEST_F(SessionTest, NothingComesAfterTheEnd) {
  const Stream stream = Open();
  EXPECT_TRUE(Finish(stream).ok());
  stream.session->PushAudio(MakeAudio(29, 300));
  stream.session->PushFinalize();
  stream.session->HalfClose();
  stream.session->Fail(absl::InternalError("late"));
  stream.session->Cancel();
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_FALSE(stream.session->WantsInput());
  EXPECT_FALSE(stream.session->TakeEnd().has_value());
}

// --- Time.

TEST_F(SessionTest, IdleStreamGetsItsFinalResultAndOutOfRange) {
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

TEST_F(SessionTest, StreamWithoutConfigurationTimesOutToo) {
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  clock_.Advance(absl::Seconds(60));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(SessionTest, EverythingTheClientSendsKeepsTheStreamAlive) {
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

TEST_F(SessionTest, AStreamThatWaitsForTheServerIsNotIdle) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(30, 300));
  clock_.Advance(absl::Seconds(1000));
  stream.session->Sweep(clock_.Now(), absl::Seconds(60));
  EXPECT_TRUE(Finish(stream).ok());
}

TEST_F(SessionTest, ClientThatDoesNotReadTheEndIsDropped) {
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

TEST_F(SessionTest, LatencyAddsUpFromArrivalToHandOver) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(23, 300));
  queue_.set_hook([&](const auto& step) {
    clock_.Advance(absl::Milliseconds(7));
    return step();
  });
  clock_.Advance(absl::Milliseconds(100));
  const absl::Duration begin = clock_.Now();
  queue_.RunUntilIdle();
  const absl::Duration worked = clock_.Now() - begin;
  clock_.Advance(absl::Milliseconds(50));
  stream.transport->StartReading();
  const Update update = stream.transport->updates().back();
  EXPECT_EQ(update.latency.model, absl::Milliseconds(7));
  EXPECT_EQ(update.latency.features, absl::ZeroDuration());
  EXPECT_EQ(update.latency.queue + update.latency.model,
            worked + absl::Milliseconds(150));
  EXPECT_EQ(update.audio_received, absl::Milliseconds(300));
  // 300 ms hold nine whole steps of 30 ms, the last window reaching 15 ms
  // further.
  EXPECT_EQ(update.audio_processed, absl::Milliseconds(270));
}

TEST_F(SessionTest, StatsCountWordsAndAudio) {
  const Stream stream = Open();
  const std::string audio = MakeAudio(31, 3000);
  stream.session->PushAudio(audio);
  EXPECT_TRUE(Finish(stream).ok());
  int64_t words = 0;
  const std::vector<Result> finals = Finals(stream.transport->updates());
  for (const Result& result : finals)
    words += static_cast<int64_t>(result.hypothesis.words.size());
  const server::SessionStats stats = stream.session->Stats();
  EXPECT_EQ(stats.words, words);
  EXPECT_EQ(stats.finals, static_cast<int64_t>(finals.size()));
  EXPECT_EQ(stats.audio, absl::Milliseconds(3000));
}

}  // namespace
}  // namespace oido::test

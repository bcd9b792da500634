// What a session promises about results, turn by turn and without threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/errors.h"
#include "tests/support/session_fixture.h"

namespace oido::test {
namespace {

using server::Result;
using server::Update;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SessionTest : public SessionFixture {};

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

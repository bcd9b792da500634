// Latencies computed from made-up times.
#include "client/latency_recorder.h"

#include <numeric>

#include "gtest/gtest.h"

namespace oido::client {
namespace {

absl::Time At(int ms) { return absl::UnixEpoch() + absl::Milliseconds(ms); }

v1::StreamingRecognizeResponse Passed(const std::vector<std::string>& markers) {
  v1::StreamingRecognizeResponse response;
  for (const std::string& marker : markers) response.add_markers(marker);
  return response;
}

v1::StreamingRecognizeResponse Words(const std::string& text, bool is_final) {
  v1::StreamingRecognizeResponse response;
  auto& result = *response.add_results();
  result.set_is_final(is_final);
  result.add_alternatives()->set_transcript(text);
  return response;
}

TEST(QuantilesTest, AreNearestRanks) {
  std::vector<double> values(100);
  std::iota(values.rbegin(), values.rend(), 1.0);
  const Quantiles quantiles = QuantilesOf(values);
  EXPECT_EQ(quantiles.count, 100u);
  EXPECT_EQ(quantiles.median_ms, 50);
  EXPECT_EQ(quantiles.p95_ms, 95);
  EXPECT_EQ(QuantilesOf({7}).median_ms, 7);
  EXPECT_EQ(QuantilesOf({7}).p95_ms, 7);
  EXPECT_EQ(QuantilesOf({}).count, 0u);
}

TEST(LatencyRecorderTest, AChunkWaitsFromItsSendingToItsMarker) {
  LatencyRecorder recorder;
  const std::string first = recorder.AudioSending(At(100));
  const std::string second = recorder.AudioSending(At(200));
  const std::string third = recorder.AudioSending(At(300));
  recorder.Received(Passed({first}), At(110));
  recorder.Received(Passed({second, third, "not ours", "77"}), At(330));
  const Quantiles chunk = recorder.Summary().chunk;
  EXPECT_EQ(chunk.count, 3u);
  EXPECT_DOUBLE_EQ(chunk.median_ms, 30);
  EXPECT_DOUBLE_EQ(chunk.p95_ms, 130);
}

TEST(LatencyRecorderTest, FirstWordsAndFinalsAfterTheEnd) {
  LatencyRecorder recorder;
  recorder.AudioSending(At(100));
  recorder.Received(Words("", false), At(150));
  recorder.Received(Words("he", false), At(180));
  recorder.Received(Words("hello", true), At(190));
  EXPECT_FALSE(recorder.Summary().final_ms.has_value());
  recorder.AudioEnded(At(300));
  recorder.Received(Words(" there", true), At(340));
  auto last = Words(" you", true);
  last.mutable_audio_processed()->set_seconds(2);
  last.mutable_audio_processed()->set_nanos(500000000);
  recorder.Received(last, At(350));
  const LatencySummary summary = recorder.Summary();
  EXPECT_DOUBLE_EQ(*summary.first_words_ms, 80);
  EXPECT_DOUBLE_EQ(*summary.final_ms, 50);
  EXPECT_DOUBLE_EQ(summary.wall_seconds, 0.25);
  EXPECT_DOUBLE_EQ(summary.audio_seconds, 2.5);
}

TEST(LatencyRecorderTest, TakesTheServersShares) {
  LatencyRecorder recorder;
  for (int i = 1; i <= 3; ++i) {
    v1::StreamingRecognizeResponse response;
    response.mutable_latency()->set_queue_ms(static_cast<float>(i));
    response.mutable_latency()->set_model_ms(static_cast<float>(10 * i));
    recorder.Received(response, At(i));
  }
  recorder.Received(v1::StreamingRecognizeResponse(), At(9));
  EXPECT_EQ(recorder.Summary().queue.count, 3u);
  EXPECT_DOUBLE_EQ(recorder.Summary().queue.median_ms, 2);
  EXPECT_DOUBLE_EQ(recorder.Summary().model.p95_ms, 30);
}

TEST(LatencyRecorderTest, NothingSentGivesAnEmptySummary) {
  LatencyRecorder recorder;
  recorder.AudioEnded(At(10));
  const LatencySummary summary = recorder.Summary();
  EXPECT_EQ(summary.chunk.count, 0u);
  EXPECT_FALSE(summary.first_words_ms.has_value());
  EXPECT_EQ(summary.wall_seconds, 0);
}

}  // namespace
}  // namespace oido::client

// Whole load tests against an ideal server, on a clock that only the test
// moves: pacing, measuring, refusals, failures, endings.
#include "client/load/load_run.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_transport.h"

namespace oido::load {
namespace {

using Sent = FakeTransport::Sent;

constexpr int kRateHz = 8000;
constexpr absl::Duration kMs = absl::Milliseconds(1);

// Every sample tells its place, so that what was sent can be compared.
Recording MakeRecording(const std::string& id, int ms) {
  Recording recording;
  recording.utterance = {id, id + ".wav", "so far said", ""};
  recording.sample_rate_hz = kRateHz;
  for (int i = 0; i < kRateHz / 1000 * ms; ++i) {
    recording.samples.push_back(static_cast<char>(i));
    recording.samples.push_back(static_cast<char>(id[0]));
  }
  return recording;
}

LoadSettings Settings(int streams) {
  LoadSettings settings;
  settings.streams = streams;
  settings.ramp = absl::Seconds(1);
  settings.hold = absl::Seconds(10);
  settings.probe_every = 3;
  return settings;
}

class LoadRunTest : public testing::Test {
 protected:
  LoadRunTest() {
    hooks_.interrupted = [] { return false; };
    hooks_.give_up = [](const RunResult&) { return false; };
    hooks_.on_progress = [this](const Progress&) { ++ticks_; };
  }

  RunResult Run(const LoadSettings& settings,
                const FakeServerOptions& server = {}) {
    transport_ = std::make_unique<FakeTransport>(server);
    return RunLoad(settings, recordings_, *transport_, hooks_);
  }

  std::vector<Sent> AudioOf(const FakeTransport::Stream& stream) {
    std::vector<Sent> audio;
    std::copy_if(
        stream.sent.begin(), stream.sent.end(), std::back_inserter(audio),
        [](const Sent& sent) { return sent.kind == Sent::Kind::kAudio; });
    return audio;
  }

  std::vector<Recording> recordings_ = {MakeRecording("a", 1750),
                                        MakeRecording("b", 2300)};
  RunHooks hooks_;
  std::unique_ptr<FakeTransport> transport_;
  int ticks_ = 0;
};

TEST_F(LoadRunTest, MessagesGoOutWhenTheirLastSampleIsSpoken) {
  Run(Settings(1));
  const FakeTransport::Stream& stream = *transport_->streams.front();
  const std::vector<Sent> audio = AudioOf(stream);
  std::string samples;
  for (size_t i = 0; i + 1 < audio.size(); ++i) {
    EXPECT_EQ(audio[i].audio.size(), kRateHz / 10 * 2u);
    EXPECT_EQ(audio[i].time - stream.opened,
              static_cast<int64_t>(i + 1) * 100 * kMs);
  }
  for (const Sent& message : audio) samples += message.audio;
  const bool is_first = samples == recordings_[0].samples;
  EXPECT_TRUE(is_first || samples == recordings_[1].samples);
  EXPECT_EQ(audio.back().time - stream.opened, (is_first ? 1750 : 2300) * kMs);
  EXPECT_EQ(stream.sent.back().kind, Sent::Kind::kClose);
  EXPECT_EQ(stream.sent.back().time, audio.back().time);
}

TEST_F(LoadRunTest, LatenciesAreTheServers) {
  const RunResult result = Run(Settings(20));
  // 20 streams, 10 messages a second, each third one, for 10 s.
  EXPECT_NEAR(static_cast<double>(result.message.count()), 667, 40);
  EXPECT_EQ(result.message.max(), 5 * kMs);
  EXPECT_EQ(result.partial.max(), 5 * kMs);
  EXPECT_GT(result.final.count(), 50);
  EXPECT_EQ(result.final.max(), 20 * kMs);
  EXPECT_EQ(result.unanswered, 0);
  EXPECT_EQ(result.late_messages, 0);
  EXPECT_GT(result.pace(), 0.98);
  EXPECT_LE(result.pace(), 1.0);
  EXPECT_GT(ticks_, 40);
}

// The fake server shows "so far" 5 ms after each message, at 100, 200, ... ms,
// and its last word 20 ms after the end of the audio, at 1750 ms.
TEST_F(LoadRunTest, WordsAreTimedFromTheirEnds) {
  recordings_.resize(1);
  recordings_[0].words = {{"so", 60 * kMs},
                          {"never", 70 * kMs},
                          {"far", 90 * kMs},
                          {"said", 1700 * kMs}};
  const RunResult result = Run(Settings(4));
  const auto streams = static_cast<double>(result.completed);
  ASSERT_GT(streams, 16);
  // But for those at both ends of the measured window, and the four cut ones.
  EXPECT_NEAR(static_cast<double>(result.timed_words), 4 * streams, 40);
  EXPECT_NEAR(static_cast<double>(result.word.count()), 3 * streams, 30);
  EXPECT_EQ(result.word_final.count(), result.word.count());
  EXPECT_NEAR(absl::ToDoubleMilliseconds(result.word.Quantile(0.2)), 15, 0.1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(result.word.Quantile(0.5)), 45, 0.1);
  EXPECT_EQ(result.word.max(), 70 * kMs);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(result.word_final.Quantile(0.2)), 70,
              0.2);
  EXPECT_EQ(result.word_final.max(), (1750 + 20 - 60) * kMs);
}

TEST_F(LoadRunTest, StreamsFollowEachOtherAndAreScored) {
  const RunResult result = Run(Settings(4));
  EXPECT_EQ(transport_->most_open, 4);
  EXPECT_EQ(result.opened, static_cast<int64_t>(transport_->streams.size()));
  EXPECT_EQ(result.completed, result.opened);
  ASSERT_TRUE(result.wer.has_value());
  EXPECT_EQ(result.wer->all.words.errors(), 0);
  // The four that the end cut are not.
  EXPECT_EQ(result.wer->all.utterances, result.opened - 4);
  EXPECT_EQ(result.spoken_words, 3 * result.completed);
  EXPECT_EQ(result.revised_words, 0);
}

TEST_F(LoadRunTest, StreamsDoNotTickTogether) {
  LoadSettings settings = Settings(100);
  settings.ramp = absl::ZeroDuration();
  Run(settings);
  std::set<absl::Duration> phases;
  for (int i = 0; i < 100; ++i) {
    phases.insert(transport_->streams[static_cast<size_t>(i)]->opened);
  }
  EXPECT_GT(phases.size(), 95u);
  EXPECT_LT(*phases.rbegin() - *phases.begin(), 100 * kMs);
}

TEST_F(LoadRunTest, ASlowClientIsSeenAndDoesNotShortenLatencies) {
  FakeServerOptions server;
  server.lag = 60 * kMs;
  LoadSettings settings = Settings(1);
  settings.late_limit = 50 * kMs;
  const RunResult result = Run(settings, server);
  EXPECT_GT(result.late_messages, result.messages / 2);
  EXPECT_GE(result.lateness.Quantile(0.9), 59 * kMs);
  EXPECT_GE(result.message.Quantile(0.9), 64 * kMs);
}

TEST_F(LoadRunTest, WhatIsNeverAnsweredCountsWithItsAge) {
  FakeServerOptions server;
  server.answers_probes = false;
  recordings_ = {MakeRecording("a", 60000)};
  const RunResult result = Run(Settings(1), server);
  EXPECT_NEAR(static_cast<double>(result.unanswered), 33, 2);
  EXPECT_EQ(result.message.count(), result.unanswered);
  EXPECT_GT(result.message.max(), absl::Seconds(9));
  EXPECT_GT(result.message.Quantile(0.5), absl::Seconds(4));
}

TEST_F(LoadRunTest, RefusedStreamsAreCountedAndTriedAgain) {
  FakeServerOptions server;
  server.max_streams = 3;
  recordings_ = {MakeRecording("a", 60000)};
  const RunResult result = Run(Settings(8), server);
  EXPECT_EQ(result.failed(), 0);
  // Five places try about once a second for 11 s.
  EXPECT_GT(result.refused, 30);
  EXPECT_LT(result.refused, 90);
  EXPECT_EQ(result.opened - result.refused, 3);
  EXPECT_NEAR(result.pace(), 3.0 / 8, 0.01);
  EXPECT_EQ(result.message.max(), 5 * kMs);
}

TEST_F(LoadRunTest, FailuresAreCountedByStatus) {
  FakeServerOptions server;
  server.fails_at = 5;
  server.failure = absl::InternalError("a wheel came off");
  const RunResult result = Run(Settings(2), server);
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_EQ(result.failures.begin()->first, "INTERNAL");
  EXPECT_EQ(result.failures.begin()->second.first_message, "a wheel came off");
  // All but those that the end of the run cut before.
  EXPECT_GE(result.failed(), result.opened - 2);
  EXPECT_EQ(result.failures.begin()->second.count, result.failed());
  EXPECT_EQ(result.wer->all.failed, result.failed());
}

// RESOURCE_EXHAUSTED in the middle of a stream is no refusal.
TEST_F(LoadRunTest, LosingAStreamIsNotARefusal) {
  FakeServerOptions server;
  server.fails_at = 5;
  server.failure = absl::ResourceExhaustedError("you do not read");
  const RunResult result = Run(Settings(1), server);
  EXPECT_EQ(result.refused, 0);
  EXPECT_GT(result.failures.at("RESOURCE_EXHAUSTED").count, 0);
}

TEST_F(LoadRunTest, AnEndBeforeTheAudiosIsAFailure) {
  FakeServerOptions server;
  server.fails_at = 5;
  server.failure = absl::OkStatus();
  const RunResult result = Run(Settings(1), server);
  EXPECT_LE(result.completed, 1);  // the one that the end of the run cut
  EXPECT_GE(result.failures.at("ABORTED").count, result.opened - 1);
}

TEST_F(LoadRunTest, AStreamThatDoesNotEndHasFailed) {
  FakeServerOptions server;
  server.ends_streams = false;
  LoadSettings settings = Settings(2);
  settings.end_timeout = absl::Seconds(3);
  const RunResult result = Run(settings, server);
  EXPECT_EQ(result.failures.at("DEADLINE_EXCEEDED").count, result.opened);
  EXPECT_EQ(transport_->streams.front()->sent.back().kind,
            Sent::Kind::kAbandon);
}

TEST_F(LoadRunTest, AStreamThatTheServerDoesNotReadHasFailed) {
  FakeServerOptions server;
  server.waiting = 300;
  const RunResult result = Run(Settings(1), server);
  EXPECT_GT(result.failures.at("DEADLINE_EXCEEDED").count, 0);
  EXPECT_EQ(result.completed, 0);
  EXPECT_EQ(result.held_back_messages, result.messages);
}

TEST_F(LoadRunTest, BackToBackIsOneStreamWithAllRecordings) {
  LoadSettings settings = Settings(3);
  settings.mode = LoadSettings::Mode::kBackToBack;
  ASSERT_TRUE(PadToMessages(settings.message, recordings_).ok());
  const RunResult result = Run(settings);
  ASSERT_EQ(transport_->streams.size(), 3u);
  EXPECT_EQ(result.completed, 3);
  EXPECT_FALSE(result.wer.has_value());
  EXPECT_NEAR(result.pace(), 1, 0.001);
  std::string samples;
  for (const Sent& message : AudioOf(*transport_->streams[0])) {
    EXPECT_EQ(message.audio.size(), kRateHz / 10 * 2u);
    samples += message.audio;
  }
  const std::string both =
      recordings_[0].samples + recordings_[1].samples + recordings_[0].samples;
  EXPECT_NE((both + recordings_[1].samples).find(samples.substr(0, 16000)),
            std::string::npos);
  EXPECT_NE(samples.find(recordings_[0].samples + recordings_[1].samples),
            std::string::npos);
}

TEST_F(LoadRunTest, AnInterruptedRunKeepsWhatItHas) {
  hooks_.interrupted = [this] {
    return transport_->Now() > absl::Seconds(1000 + 6);
  };
  const RunResult result = Run(Settings(2));
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.message.count(), 20);
  EXPECT_EQ(result.failed(), 0);
  EXPECT_NEAR(absl::ToDoubleSeconds(result.window), 5, 0.3);
  EXPECT_NEAR(result.pace(), 1, 0.05);
  EXPECT_LT(transport_->Now(), absl::Seconds(1000 + 7));
}

TEST_F(LoadRunTest, GivingUpEndsARunAtOnce) {
  hooks_.give_up = [](const RunResult& so_far) { return so_far.refused > 0; };
  FakeServerOptions server;
  server.max_streams = 1;
  const RunResult result = Run(Settings(2), server);
  EXPECT_TRUE(result.gave_up);
  EXPECT_LT(transport_->Now(), absl::Seconds(1000 + 2));
}

TEST_F(LoadRunTest, TheSameSeedIsTheSameTest) {
  const auto starts = [this](uint64_t seed) {
    LoadSettings settings = Settings(10);
    settings.seed = seed;
    Run(settings);
    std::vector<absl::Duration> times;
    for (const auto& stream : transport_->streams) {
      times.push_back(stream->opened);
    }
    return times;
  };
  const std::vector<absl::Duration> first = starts(7);
  EXPECT_EQ(starts(7), first);
  EXPECT_NE(starts(8), first);
}

}  // namespace
}  // namespace oido::load

// Tests how samples become model steps: counts, padding, reset and bounds.
#include "features/frontend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/golden/feature_signal.h"

namespace oido::features {
namespace {

using testing::HasSubstr;

class FrontendTest : public testing::Test {
 protected:
  FrontendTest() : options_(std::make_shared<FrontendOptions>()) {}

  void SetUp() override {
    auto log_mel = LogMel::Create(*options_);
    ASSERT_TRUE(log_mel.ok()) << log_mel.status();
    log_mel_ = *std::move(log_mel);
  }

  std::vector<std::vector<float>> TakeSteps(Frontend& frontend) {
    std::vector<std::vector<float>> steps;
    while (frontend.steps_ready() > 0) {
      steps.emplace_back(options_->step_size());
      frontend.PopStep(absl::MakeSpan(steps.back()));
    }
    return steps;
  }

  // Steps of `samples` zeros or more, flushed.
  size_t FlushedSteps(size_t samples, int padding_ms) {
    Frontend frontend(options_);
    frontend.AcceptWaveform(std::vector<float>(samples, 1.0f), *log_mel_);
    frontend.Flush(padding_ms, *log_mel_);
    return frontend.steps_ready();
  }

  std::shared_ptr<FrontendOptions> options_;
  std::unique_ptr<LogMel> log_mel_;
};

TEST_F(FrontendTest, StepIsReadyWithItsLastSample) {
  // Three frames of 400 samples, 160 apart: 720; the next three begin 480
  // later.
  Frontend frontend(options_);
  frontend.AcceptWaveform(std::vector<float>(719, 1.0f), *log_mel_);
  EXPECT_EQ(frontend.steps_ready(), 0u);
  frontend.AcceptWaveform(std::vector<float>(1, 1.0f), *log_mel_);
  EXPECT_EQ(frontend.steps_ready(), 1u);
  frontend.AcceptWaveform(std::vector<float>(479, 1.0f), *log_mel_);
  EXPECT_EQ(frontend.steps_ready(), 1u);
  frontend.AcceptWaveform(std::vector<float>(1, 1.0f), *log_mel_);
  EXPECT_EQ(frontend.steps_ready(), 2u);
}

TEST_F(FrontendTest, FlushCoversEverySampleAndNoMore) {
  EXPECT_EQ(FlushedSteps(0, 0), 0u);
  EXPECT_EQ(FlushedSteps(1, 0), 1u);
  EXPECT_EQ(FlushedSteps(720, 0), 1u);
  EXPECT_EQ(FlushedSteps(721, 0), 2u);
  EXPECT_EQ(FlushedSteps(1200, 0), 2u);
  EXPECT_EQ(FlushedSteps(1201, 0), 3u);
}

TEST_F(FrontendTest, FlushPaddingCountsAsSamples) {
  EXPECT_EQ(FlushedSteps(720 - 160, 10), 1u);
  EXPECT_EQ(FlushedSteps(720 - 159, 10), 2u);
  EXPECT_EQ(FlushedSteps(720, 300), 11u);
  EXPECT_EQ(FlushedSteps(0, 300), 0u) << "no utterance, nothing to pad";
}

TEST_F(FrontendTest, FlushCoversEverySampleWhereStepsOverlap) {
  options_->stacked_frames = 5;
  options_->stride_frames = 2;
  // 5 frames: 1040 samples, then 320 more a step.
  EXPECT_EQ(FlushedSteps(1, 0), 1u);
  EXPECT_EQ(FlushedSteps(1040, 0), 1u);
  EXPECT_EQ(FlushedSteps(1041, 0), 2u);
  EXPECT_EQ(FlushedSteps(1360, 0), 2u);
  EXPECT_EQ(FlushedSteps(1361, 0), 3u);
}

TEST_F(FrontendTest, PaddingIsDigitalSilence) {
  std::vector<float> samples = GoldenSignal(1000);
  Frontend padded(options_);
  padded.AcceptWaveform(samples, *log_mel_);
  padded.Flush(50, *log_mel_);
  samples.resize(1000 + 5000, 0.0f);
  Frontend silent(options_);
  silent.AcceptWaveform(samples, *log_mel_);
  const auto expected = TakeSteps(silent);
  const auto actual = TakeSteps(padded);
  ASSERT_EQ(actual.size(), 4u);
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_EQ(actual[i], expected[i]);
}

TEST_F(FrontendTest, UtterancesAfterFlushAndResetAreLikeTheFirst) {
  const std::vector<float> samples = GoldenSignal(2000);
  Frontend frontend(options_);
  frontend.AcceptWaveform(samples, *log_mel_);
  frontend.Flush(100, *log_mel_);
  const auto first = TakeSteps(frontend);

  frontend.AcceptWaveform(samples, *log_mel_);
  frontend.Flush(100, *log_mel_);
  EXPECT_EQ(TakeSteps(frontend), first);

  frontend.AcceptWaveform(GoldenSignal(1111), *log_mel_);
  frontend.Reset();
  EXPECT_EQ(frontend.steps_ready(), 0u);
  frontend.AcceptWaveform(samples, *log_mel_);
  frontend.Flush(100, *log_mel_);
  EXPECT_EQ(TakeSteps(frontend), first);
}

TEST_F(FrontendTest, StepsOfTheLastUtteranceStayInTheQueue) {
  Frontend frontend(options_);
  frontend.AcceptWaveform(GoldenSignal(720), *log_mel_);
  frontend.Flush(0, *log_mel_);
  frontend.AcceptWaveform(GoldenSignal(720), *log_mel_);
  const auto steps = TakeSteps(frontend);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0], steps[1]);
}

TEST_F(FrontendTest, MemoryIsBoundedWhereStepsAreTaken) {
  Frontend frontend(options_);
  const std::vector<float> chunk = GoldenSignal(1600);
  for (int i = 0; i < 500; ++i) {
    frontend.AcceptWaveform(chunk, *log_mel_);
    TakeSteps(frontend);
    ASSERT_LT(frontend.size_bytes(), 20000u);
  }
  frontend.AcceptWaveform(GoldenSignal(160000), *log_mel_);
  EXPECT_GT(frontend.size_bytes(), 300000u);
  TakeSteps(frontend);
  EXPECT_LT(frontend.size_bytes(), 20000u)
      << "a long queue must not stay allocated";
}

TEST_F(FrontendTest, SilenceIsTheLogarithmOfTheFloor) {
  options_->energy_floor = 20.0f;
  SetUp();
  Frontend frontend(options_);
  frontend.AcceptWaveform(std::vector<float>(720, 0.0f), *log_mel_);
  const auto steps = TakeSteps(frontend);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_THAT(steps[0], testing::Each(testing::FloatEq(2.9957323f)));
}

TEST_F(FrontendTest, OffsetIsRemoved) {
  Frontend frontend(options_);
  frontend.AcceptWaveform(std::vector<float>(720, 12000.0f), *log_mel_);
  EXPECT_THAT(TakeSteps(frontend)[0], testing::Each(0.0f));
}

struct BadOptions {
  const char* message;
  void (*change)(FrontendOptions&);
};

class FrontendOptionsTest : public testing::TestWithParam<BadOptions> {};

TEST_P(FrontendOptionsTest, ValidateNamesFieldValueAndLimit) {
  FrontendOptions options;
  ASSERT_TRUE(Validate(options).ok());
  GetParam().change(options);
  const absl::Status status = Validate(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
  EXPECT_EQ(LogMel::Create(options).status(), status);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, FrontendOptionsTest,
    testing::Values(
        BadOptions{"sample_rate_hz is 11025, must be a multiple of 1000 in "
                   "8000..48000",
                   [](FrontendOptions& o) { o.sample_rate_hz = 11025; }},
        BadOptions{"frame_length_ms is 0, must be in 1..200",
                   [](FrontendOptions& o) { o.frame_length_ms = 0; }},
        BadOptions{"hop_ms is 26, must be in 1..frame_length_ms, 25",
                   [](FrontendOptions& o) { o.hop_ms = 26; }},
        BadOptions{"mel_bins is 257, must be in 1..256",
                   [](FrontendOptions& o) { o.mel_bins = 257; }},
        BadOptions{"mel_low_hz is 7600, must be >= 0 and < mel_high_hz, 7600",
                   [](FrontendOptions& o) { o.mel_low_hz = 7600.0f; }},
        BadOptions{"mel_high_hz is 8001, must be <= half the sample rate, 8000",
                   [](FrontendOptions& o) { o.mel_high_hz = 8001.0f; }},
        BadOptions{"mel_low_hz is nan",
                   [](FrontendOptions& o) { o.mel_low_hz = std::nanf(""); }},
        BadOptions{"preemphasis is 1.5, must be in 0..1",
                   [](FrontendOptions& o) { o.preemphasis = 1.5f; }},
        BadOptions{"energy_floor is 0, must be finite and > 0",
                   [](FrontendOptions& o) { o.energy_floor = 0.0f; }},
        BadOptions{"stacked_frames is 65, must be in 1..64",
                   [](FrontendOptions& o) { o.stacked_frames = 65; }},
        BadOptions{"stride_frames is 4, must be in 1..stacked_frames, 3",
                   [](FrontendOptions& o) { o.stride_frames = 4; }},
        BadOptions{"inverse_stddev's length is 0, must be that of mean, 80",
                   [](FrontendOptions& o) { o.mean.assign(80, 0.0f); }},
        BadOptions{"mean's length is 79, must be mel_bins, 80, or 0",
                   [](FrontendOptions& o) {
                     o.mean.assign(79, 0.0f);
                     o.inverse_stddev.assign(79, 1.0f);
                   }},
        BadOptions{"inverse_stddev[3] is 0, must be finite and > 0",
                   [](FrontendOptions& o) {
                     o.mean.assign(80, 0.0f);
                     o.inverse_stddev.assign(80, 1.0f);
                     o.inverse_stddev[3] = 0.0f;
                   }}));

}  // namespace
}  // namespace oido::features

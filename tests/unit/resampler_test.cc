// Tests the resampler against the sines it should give, and its delay.
#include "features/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <vector>

namespace oido::features {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr int kOutputHz = 16000;

std::vector<float> Sine(double hz, int rate_hz, int count) {
  std::vector<float> samples(count);
  for (int n = 0; n < count; ++n) {
    samples[n] =
        static_cast<float>(10000.0 * std::sin(kTwoPi * hz * n / rate_hz));
  }
  return samples;
}

std::vector<float> Resample(const std::vector<float>& input, int rate_hz) {
  auto resampler = Resampler::Create(rate_hz, kOutputHz);
  EXPECT_TRUE(resampler.ok()) << resampler.status();
  std::vector<float> output;
  EXPECT_TRUE((*resampler)->Process(input, &output).ok());
  EXPECT_TRUE((*resampler)->Finish(&output).ok());
  return output;
}

class ResamplerTest : public testing::TestWithParam<int> {};

double PassbandHz(int rate_hz) {
  return rate_hz < kOutputHz ? 0.82 * rate_hz / 2 : 0.86 * kOutputHz / 2;
}

// Frequency, amplitude and place in time at once: sample n of the output is
// the sine at n / 16000 s, away from the ends. 1.8 is -75 dB; towards the edge
// 230 allows a loss of 0.2 dB.
TEST_P(ResamplerTest, SineInThePassbandStaysAsItIs) {
  const int rate_hz = GetParam();
  struct Tone {
    double hz, tolerance;
  };
  for (const Tone tone :
       {Tone{100, 1.8}, Tone{1000, 1.8}, Tone{0.9 * PassbandHz(rate_hz), 230},
        Tone{PassbandHz(rate_hz), 230}}) {
    const std::vector<float> output =
        Resample(Sine(tone.hz, rate_hz, rate_hz), rate_hz);
    ASSERT_EQ(output.size(), static_cast<size_t>(kOutputHz));
    const std::vector<float> expected = Sine(tone.hz, kOutputHz, kOutputHz);
    for (size_t n = 1600; n < output.size() - 1600; ++n) {
      ASSERT_NEAR(output[n], expected[n], tone.tolerance)
          << tone.hz << " Hz, sample " << n;
    }
  }
}

// Amplitude of the part of `samples` at `hz`, by correlation under a Hann
// window, whose side lobes are below 0.1 for a tone of 10000 far away.
double AmplitudeAt(double hz, const std::vector<float>& samples) {
  std::complex<double> sum = 0.0;
  const double size = static_cast<double>(samples.size());
  for (size_t n = 0; n < samples.size(); ++n) {
    const double hann = 1.0 - std::cos(kTwoPi * static_cast<double>(n) / size);
    sum += hann * samples[n] *
           std::polar(1.0, -kTwoPi * hz * static_cast<double>(n) / kOutputHz);
  }
  return 2.0 * std::abs(sum) / size;
}

TEST_P(ResamplerTest, NothingIsFoldedOrMirrored) {
  const int rate_hz = GetParam();
  // Down: what 16 kHz cannot carry must go. Up: a tone's image, mirrored at
  // half the input rate, must not appear.
  const double edge_hz = std::min(rate_hz, kOutputHz) / 2.0;
  const double end_hz = std::max(rate_hz, kOutputHz) / 2.0;
  for (const double hz : {edge_hz + 50, (edge_hz + end_hz) / 2, end_hz - 50}) {
    if (rate_hz > kOutputHz) {
      const std::vector<float> output =
          Resample(Sine(hz, rate_hz, rate_hz), rate_hz);
      for (size_t n = 1600; n < output.size() - 1600; ++n) {
        ASSERT_LT(std::abs(output[n]), 1.0) << hz << " Hz";
      }
    } else if (rate_hz - hz > 0) {
      std::vector<float> output =
          Resample(Sine(rate_hz - hz, rate_hz, rate_hz), rate_hz);
      output.erase(output.begin(), output.begin() + 1600);
      output.resize(output.size() - 1600);
      ASSERT_LT(AmplitudeAt(hz, output), 1.0) << hz << " Hz";
    }
  }
}

TEST_P(ResamplerTest, OutputIsAsLongAsInput) {
  const int rate_hz = GetParam();
  for (const int count :
       {1, 7, 100, 1023, 1024, 1025, rate_hz, 3 * rate_hz + 1}) {
    const double expected = static_cast<double>(count) * kOutputHz / rate_hz;
    const size_t length =
        Resample(std::vector<float>(count, 1.0f), rate_hz).size();
    EXPECT_LE(std::abs(static_cast<double>(length) - expected), 1.0)
        << count << " samples";
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, ResamplerTest,
                         testing::Values(8000, 11025, 12000, 22050, 24000,
                                         32000, 44100, 48000));

TEST(ResamplerTest, EqualRatesPassThrough) {
  const std::vector<float> input = Sine(123.0, 16000, 777);
  EXPECT_EQ(Resample(input, 16000), input);
}

struct DelayCase {
  int rate_hz;
  double limit_ms;  // of resampler.h
};

class ResamplerDelayTest : public testing::TestWithParam<DelayCase> {};

TEST_P(ResamplerDelayTest, IsAtMostWhatTheHeaderSays) {
  const auto [rate_hz, limit_ms] = GetParam();
  auto resampler = Resampler::Create(rate_hz, kOutputHz);
  ASSERT_TRUE(resampler.ok());
  std::vector<float> output;
  double most_ms = 0.0;
  const float sample = 1.0f;
  for (int n = 1; n <= rate_hz; ++n) {
    ASSERT_TRUE((*resampler)->Process({&sample, 1}, &output).ok());
    most_ms = std::max(
        most_ms, 1000.0 * n / rate_hz -
                     1000.0 * static_cast<double>(output.size()) / kOutputHz);
  }
  RecordProperty("delay_ms", std::to_string(most_ms));
  EXPECT_LE(most_ms, limit_ms);
  EXPECT_GT(most_ms, limit_ms - 1.5) << "the header says too much";
}

INSTANTIATE_TEST_SUITE_P(Rates, ResamplerDelayTest,
                         testing::Values(DelayCase{8000, 28},
                                         DelayCase{44100, 21},
                                         DelayCase{48000, 19},
                                         DelayCase{16000, 0}));

}  // namespace
}  // namespace oido::features

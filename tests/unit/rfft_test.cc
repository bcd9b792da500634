// Tests the real FFT against the sum that defines it.
#include "features/rfft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>
#include <vector>

namespace oido::features {
namespace {

class RealFftTest : public testing::TestWithParam<int> {};

TEST_P(RealFftTest, PowerIsThatOfTheDefiningSum) {
  constexpr double kTwoPi = 6.283185307179586;
  const int size = GetParam();
  std::mt19937 random(7);
  std::vector<float> samples(size);
  for (float& sample : samples)
    sample = static_cast<float>(static_cast<int>(random() % 2001) - 1000);
  std::vector<float> power(size / 2 + 1);
  RealFft(size).PowerSpectrum(samples, absl::MakeSpan(power));

  double energy = 0.0;
  for (const float sample : samples)
    energy += static_cast<double>(sample) * sample;
  for (int k = 0; k <= size / 2; ++k) {
    std::complex<double> sum = 0.0;
    for (int n = 0; n < size; ++n) {
      sum += static_cast<double>(samples[n]) *
             std::polar(1.0, -kTwoPi * k * n / size);
    }
    // Float rounding is relative to the energy of the whole signal.
    EXPECT_NEAR(power[k], std::norm(sum), 1e-5 * energy) << "line " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, RealFftTest,
                         testing::Values(2, 4, 8, 60, 256, 400, 512));

TEST(RealFftTest, KeepsNothingBetweenCalls) {
  RealFft fft(8);
  const std::vector<float> samples = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<float> first(5), second(5);
  fft.PowerSpectrum(samples, absl::MakeSpan(first));
  fft.PowerSpectrum(std::vector<float>(8, 99.0f), absl::MakeSpan(second));
  fft.PowerSpectrum(samples, absl::MakeSpan(second));
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace oido::features

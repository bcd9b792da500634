// Compares features with kaldi-native-fbank and with NumPy/SciPy.
//
// Goldens: tests/data/features/*.txt, written by
//   python tests/golden/generate_features.py tests/data/features
// with the versions in their first lines (kaldi-native-fbank 1.23.0, NumPy
// 2.4.6, SciPy 1.17.1; Python 3.11).
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "features/frontend.h"
#include "features/log_mel.h"
#include "features/mel_bank.h"
#include "tests/golden/feature_signal.h"

namespace oido::features {
namespace {

// Of a natural logarithm. Float arithmetic through a 512-point FFT: the
// goldens differ by 0.0002 among themselves, most where a bin holds little
// energy beside a loud tone. 0.001 is 0.1 % of energy.
constexpr float kTolerance = 0.001f;

struct GoldenCase {
  const char* file;
  FrontendOptions options;
};

FrontendOptions DefaultOptions() { return FrontendOptions(); }

FrontendOptions NarrowOptions() {
  FrontendOptions options;
  options.frame_length_ms = 20;
  options.mel_bins = 40;
  options.mel_low_hz = 125.0f;
  options.mel_high_hz = 6000.0f;
  options.preemphasis = 0.0f;
  options.energy_floor = 1e-3f;
  return options;
}

void ExpectRowNear(absl::Span<const float> actual,
                   absl::Span<const float> expected, size_t row) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], kTolerance)
        << "row " << row << ", column " << i;
  }
}

class LogMelGoldenTest : public testing::TestWithParam<GoldenCase> {};

TEST_P(LogMelGoldenTest, FramesAreThoseOfTheOtherImplementation) {
  const FrontendOptions& options = GetParam().options;
  const auto expected = GoldenRows(GetParam().file);
  const std::vector<float> samples = GoldenSignal();
  const size_t length = options.frame_length_samples();
  ASSERT_EQ(expected.size(),
            1 + (samples.size() - length) / options.hop_samples());
  auto log_mel = LogMel::Create(options);
  ASSERT_TRUE(log_mel.ok()) << log_mel.status();
  std::vector<float> frame(options.mel_bins);
  for (size_t row = 0; row < expected.size(); ++row) {
    const size_t begin = row * options.hop_samples();
    (*log_mel)->Compute(absl::MakeConstSpan(samples).subspan(begin, length),
                        absl::MakeSpan(frame));
    ExpectRowNear(frame, expected[row], row);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LogMelGoldenTest,
    testing::Values(GoldenCase{"kaldi_default", DefaultOptions()},
                    GoldenCase{"numpy_default", DefaultOptions()},
                    GoldenCase{"kaldi_narrow", NarrowOptions()},
                    GoldenCase{"numpy_narrow", NarrowOptions()}),
    [](const testing::TestParamInfo<GoldenCase>& c) {
      return std::string(c.param.file);
    });

TEST(FrontendGoldenTest, StackingAndNormalisationAreThoseOfNumPy) {
  auto options = std::make_shared<FrontendOptions>(NarrowOptions());
  options->stacked_frames = 5;
  options->stride_frames = 2;
  for (int i = 0; i < options->mel_bins; ++i) {
    options->mean.push_back(5.0f + 0.05f * static_cast<float>(i));
    options->inverse_stddev.push_back(0.25f + 0.001f * static_cast<float>(i));
  }
  auto log_mel = LogMel::Create(*options);
  ASSERT_TRUE(log_mel.ok()) << log_mel.status();
  Frontend frontend(options);
  frontend.AcceptWaveform(GoldenSignal(), **log_mel);
  const auto expected = GoldenRows("numpy_steps_5_2");
  ASSERT_EQ(frontend.steps_ready(), expected.size());
  std::vector<float> step(options->step_size());
  for (size_t row = 0; row < expected.size(); ++row) {
    frontend.PopStep(absl::MakeSpan(step));
    ExpectRowNear(step, expected[row], row);
  }
}

TEST(MelBankGoldenTest, RowsAreThoseOfNumPy) {
  const auto bank = MelBank::Create({.bins = 80,
                                     .fft_size = 512,
                                     .sample_rate_hz = 16000,
                                     .low_hz = 20,
                                     .high_hz = 7600});
  ASSERT_TRUE(bank.ok()) << bank.status();
  std::vector<std::vector<float>> expected(80, std::vector<float>(257, 0.0f));
  const auto golden = GoldenRows("numpy_mel_rows");
  ASSERT_FALSE(golden.empty());
  for (const auto& entry : golden) {
    expected[static_cast<size_t>(entry[0])][static_cast<size_t>(entry[1])] =
        entry[2];
  }
  for (int bin = 0; bin < 80; ++bin) {
    const std::vector<float> row = bank->Row(bin);
    ASSERT_EQ(row.size(), expected[bin].size());
    // The golden has five decimals.
    for (size_t k = 0; k < row.size(); ++k)
      ASSERT_NEAR(row[k], expected[bin][k], 6e-6f);
  }
}

}  // namespace
}  // namespace oido::features

// The int8 model against a NumPy one that sums integers exactly.
//
// tests/data/tiny_int8 (2x16 LSTM, random weights) and
// tests/data/tiny_int8_golden.safetensors were made with NumPy 2.4.6 by
//   PYTHONPATH=training python training/tools/make_test_fixture.py tests/data
// See tests/data/tiny_int8.README.md for the tensors.
//
// Tolerance: the sums of products are equal; gates are computed in single
// precision here and in double there. No h_t lies close enough to the middle
// between two bytes for that to show, so bytes are equal.
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "model/acoustic_model.h"
#include "model/bundle.h"

namespace oido::model {
namespace {

constexpr double kTolerance = 2e-5;
constexpr int kFrames = 100;
constexpr int kSteps = 33;
constexpr int kMelBins = 8;
constexpr int kInputs = 3 * kMelBins;

TEST(Int8ModelGoldenTest, GivesTheIntegerModelsBytesAndLogProbs) {
  const auto bundle = LoadBundle("tests/data/tiny_int8");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const AcousticModelOptions& options = (*bundle)->acoustic_model;
  ASSERT_EQ(options.precision, Precision::kInt8);
  const auto golden = Weights::Open("tests/data/tiny_int8_golden.safetensors");
  ASSERT_TRUE(golden.ok()) << golden.status();
  const auto log_mels = *golden->Floats("log_mels", {kFrames, kMelBins});
  const auto log_probs =
      *golden->Floats("log_probs", {kSteps, options.outputs()});
  const auto h = *golden->Floats("h", {kSteps, 2, 16});
  const auto runner =
      AcousticModelRunner::Create(*AcousticModel::Create(**bundle), 1);
  ASSERT_TRUE(runner.ok()) << runner.status();
  StreamState state(options);
  for (size_t step = 0; step < kSteps; ++step) {
    std::vector<float> features;
    for (size_t i = 0; i < kInputs; ++i) {
      const features::FrontendOptions& frontend = *(*bundle)->frontend;
      features.push_back(
          (log_mels[step * kInputs + i] - frontend.mean[i % kMelBins]) *
          frontend.inverse_stddev[i % kMelBins]);
    }
    std::vector<float> found(static_cast<size_t>(options.outputs()));
    const StepSlot slot{features, &state, absl::MakeSpan(found)};
    ASSERT_EQ((*runner)->Step({slot}), absl::OkStatus());
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(log_probs[step * found.size() + i], found[i], kTolerance);
    for (size_t i = 0; i < state.h.size(); ++i) {
      EXPECT_EQ(h[step * state.h.size() + i], static_cast<float>(state.h[i]))
          << "step " << step << ", h " << i;
    }
  }
  for (size_t layer = 0; layer < 2; ++layer) {
    const auto c = *golden->Floats(absl::StrCat("lstm.", layer, ".c"), {16});
    for (size_t i = 0; i < c.size(); ++i)
      EXPECT_NEAR(c[i], state.c[layer * 16 + i], kTolerance);
  }
}

}  // namespace
}  // namespace oido::model

// The acoustic model against PyTorch's nn.LSTM on a random model.
//
// tests/data/tiny_bundle (2x16 LSTM, random weights) and
// tests/data/tiny_bundle_golden.safetensors were made with PyTorch 2.15.0
// (CPU, float32) by
//   PYTHONPATH=training python training/tools/make_test_fixture.py tests/data
// See tests/data/tiny_bundle.README.md for the tensors.
//
// Tolerance: both sides compute in float but add in different orders. The
// recurrence contracts such differences; the largest seen is 2e-6.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/acoustic_model.h"
#include "model/bundle.h"
#include "tests/support/state_values.h"

namespace oido::model {
namespace {

constexpr double kTolerance = 1e-5;
constexpr int kFrames = 100;
constexpr int kSteps = 33;
constexpr int kMelBins = 8;

class AcousticModelGoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto bundle = LoadBundle("tests/data/tiny_bundle");
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    bundle_ = *bundle;
    auto golden = Weights::Open("tests/data/tiny_bundle_golden.safetensors");
    ASSERT_TRUE(golden.ok()) << golden.status();
    golden_ = *golden;
    auto model = AcousticModel::Create(*bundle_);
    ASSERT_TRUE(model.ok()) << model.status();
    auto runner = AcousticModelRunner::Create(*model, 1);
    ASSERT_TRUE(runner.ok()) << runner.status();
    runner_ = *std::move(runner);
  }

  std::vector<float> Golden(const std::string& name,
                            std::vector<int64_t> shape) const {
    auto values = golden_.Floats(name, shape);
    EXPECT_TRUE(values.ok()) << values.status();
    return values.ok() ? *values : std::vector<float>();
  }

  // Frames 3t, 3t+1, 3t+2 of the golden log-mels, normalised.
  std::vector<float> Features(const std::vector<float>& log_mels,
                              int step) const {
    std::vector<float> features;
    for (int i = 0; i < 3 * kMelBins; ++i) {
      const float value =
          log_mels[static_cast<size_t>(step * 3 * kMelBins + i)];
      const size_t bin = static_cast<size_t>(i % kMelBins);
      features.push_back((value - bundle_->frontend->mean[bin]) *
                         bundle_->frontend->inverse_stddev[bin]);
    }
    return features;
  }

  std::shared_ptr<const Bundle> bundle_;
  Weights golden_;
  std::unique_ptr<AcousticModelRunner> runner_;
};

void ExpectNear(const std::vector<float>& expected,
                absl::Span<const float> found, const std::string& what) {
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(expected[i], found[i], kTolerance) << what << "[" << i << "]";
  }
}

TEST_F(AcousticModelGoldenTest, GivesPyTorchsLogProbsAndStates) {
  const std::vector<float> log_mels = Golden("log_mels", {kFrames, kMelBins});
  const int outputs = bundle_->acoustic_model.outputs();
  const size_t hidden =
      static_cast<size_t>(bundle_->acoustic_model.hidden_size);
  StreamState state(bundle_->acoustic_model);
  std::vector<float> log_probs;
  for (int step = 0; step < kSteps; ++step) {
    const std::vector<float> features = Features(log_mels, step);
    std::vector<float> row(static_cast<size_t>(outputs));
    const StepSlot slot{features, &state, absl::MakeSpan(row)};
    ASSERT_EQ(runner_->Step({slot}), absl::OkStatus());
    log_probs.insert(log_probs.end(), row.begin(), row.end());
  }
  ExpectNear(Golden("log_probs", {kSteps, outputs}), log_probs, "log_probs");
  for (size_t layer = 0; layer < 2; ++layer) {
    const std::vector<float> state_values =
        test::StateValues(state, bundle_->acoustic_model);
    const absl::Span<const float> values = state_values;
    const int64_t size = static_cast<int64_t>(hidden);
    ExpectNear(Golden(absl::StrCat("lstm.", layer, ".h"), {size}),
               values.subspan(layer * 2 * hidden, hidden), "h");
    ExpectNear(Golden(absl::StrCat("lstm.", layer, ".c"), {size}),
               values.subspan((layer * 2 + 1) * hidden, hidden), "c");
  }
}

}  // namespace
}  // namespace oido::model

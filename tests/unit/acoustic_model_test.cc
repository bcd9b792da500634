// The acoustic model against the gate equations in double precision.
//
// Tolerance: float sums of up to 2 x 320 products of size 1 are off by about
// 1e-6, the recurrence of 50 steps through layers with weights three times
// PyTorch's initial ones stretches that; the largest difference seen on AVX-512
// and AVX2 is in the test's output.
#include "model/acoustic_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/support/reference_lstm.h"
#include "tests/support/state_values.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using ::testing::HasSubstr;

constexpr double kTolerance = 1e-4;
// A difference in the last bit makes the one byte the other where h_t is in
// the middle between two: 1/63, times weights of up to 2.
constexpr double kInt8Tolerance = 0.1;
constexpr int kSteps = 50;
constexpr test::TestGeometry kInt8[] = {
    {2, 8, 16, 8, Direction::kUnidirectional, 5, Precision::kInt8},
    {3, 5, 33, 28, Direction::kUnidirectional, 0, Precision::kInt8},
    {3, 80, 320, 28, Direction::kUnidirectional, 40, Precision::kInt8}};
constexpr test::TestGeometry kTwoHeads = {
    2, 8, 16, 8, Direction::kUnidirectional, 5};

class AcousticModelTest : public ::testing::TestWithParam<test::TestGeometry> {
};

TEST_P(AcousticModelTest, FollowsTheGateEquations) {
  const auto bundle = test::LoadRandomBundle(GetParam(), 11);
  const AcousticModelOptions& options = bundle->acoustic_model;
  const auto model = AcousticModel::Create(*bundle);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto runner = AcousticModelRunner::Create(*model, 4);
  ASSERT_TRUE(runner.ok()) << runner.status();
  test::ReferenceLstm reference(*bundle);
  StreamState state(options);
  std::mt19937 random(12);
  std::normal_distribution<float> normal;
  double worst = 0.0;
  for (int step = 0; step < kSteps; ++step) {
    std::vector<float> features(static_cast<size_t>(options.input_size));
    for (float& feature : features) feature = normal(random);
    std::vector<float> log_probs(static_cast<size_t>(options.outputs()));
    const StepSlot slot{features, &state, absl::MakeSpan(log_probs)};
    ASSERT_EQ((*runner)->Step({slot}), absl::OkStatus());
    const std::vector<double> expected = reference.Step(features);
    for (size_t i = 0; i < expected.size(); ++i) {
      worst = std::max(worst, std::abs(expected[i] - double{log_probs[i]}));
    }
    const std::vector<double> expected_state = reference.State();
    const std::vector<float> values = test::StateValues(state, options);
    for (size_t i = 0; i < expected_state.size(); ++i)
      worst = std::max(worst, std::abs(expected_state[i] - double{values[i]}));
  }
  RecordProperty("largest_difference", std::to_string(worst));
  std::printf("largest difference from the equations: %.2e\n", worst);
  EXPECT_LE(worst, options.precision == Precision::kInt8 ? kInt8Tolerance
                                                         : kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Geometries, AcousticModelTest,
                         ::testing::Values(test::TestGeometry{1, 1, 1, 2},
                                           test::TestGeometry{2, 8, 16, 8},
                                           test::TestGeometry{3, 5, 33, 28},
                                           test::TestGeometry{2, 40, 100, 17},
                                           test::TestGeometry{3, 80, 320, 28},
                                           kTwoHeads, kInt8[0], kInt8[1],
                                           kInt8[2]));

class RunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bundle_ = test::LoadRandomBundle({}, 1);
    auto model = AcousticModel::Create(*bundle_);
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *model;
  }

  std::shared_ptr<const Bundle> bundle_;
  std::shared_ptr<const AcousticModel> model_;
};

TEST_F(RunnerTest, ModelKnowsItsGeometry) {
  EXPECT_EQ(model_->options().layers, 2);
  EXPECT_EQ(model_->options().input_size, 24);
  EXPECT_EQ(model_->options().hidden_size, 16);
  EXPECT_EQ(model_->options().tokens, 8);
}

TEST_F(RunnerTest, StateSizeIsKnown) {
  const StreamState state(model_->options());
  EXPECT_EQ(state.size_bytes(), sizeof(StreamState) + 64 * sizeof(float));
}

TEST_F(RunnerTest, MaxBatchIsChecked) {
  EXPECT_THAT(AcousticModelRunner::Create(model_, 0).status().ToString(),
              HasSubstr("max_batch is 0, must be in 1..4096"));
  EXPECT_FALSE(AcousticModelRunner::Create(model_, 4097).ok());
}

TEST_F(RunnerTest, NoSlotsIsNoWork) {
  auto runner = AcousticModelRunner::Create(model_, 1);
  ASSERT_TRUE(runner.ok()) << runner.status();
  EXPECT_EQ((*runner)->Step({}), absl::OkStatus());
}

TEST_F(RunnerTest, SlotOfTheWrongSizeIsRefused) {
  auto runner = AcousticModelRunner::Create(model_, 1);
  ASSERT_TRUE(runner.ok()) << runner.status();
  StreamState state(model_->options());
  std::vector<float> features(24);
  std::vector<float> log_probs(8);
  const auto step = [&](size_t feature_count, size_t token_count) {
    const StepSlot slot{absl::MakeConstSpan(features).first(feature_count),
                        &state, absl::MakeSpan(log_probs).first(token_count)};
    return (*runner)->Step({slot}).ToString();
  };
  EXPECT_EQ(step(24, 8), "OK");
  EXPECT_THAT(step(23, 8),
              HasSubstr("features of a step slot: 23 floats, 24 expected"));
  EXPECT_THAT(step(24, 7),
              HasSubstr("log_probs of a step slot: 7 floats, 8 expected"));
  state.c.pop_back();
  EXPECT_THAT(step(24, 8),
              HasSubstr("c of a step slot: 31 floats, 32 expected"));
  state.h.pop_back();
  EXPECT_THAT(step(24, 8),
              HasSubstr("h of a step slot: 127 bytes, 128 expected"));
}

}  // namespace
}  // namespace oido::model

// The offline model against the gate equations in double precision, and what
// it refuses.
//
// Tolerance: as in acoustic_model_test.cc; the largest difference seen is in
// the test's output.
#include "model/offline_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "model/acoustic_model.h"
#include "tests/support/reference_lstm.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using ::testing::HasSubstr;

constexpr double kTolerance = 1e-4;
constexpr int kMaxSteps = 100;
constexpr Direction kBoth = Direction::kBidirectional;

std::vector<float> RandomInputs(const AcousticModelOptions& options, int steps,
                                uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> inputs(static_cast<size_t>(steps) * options.input_size);
  for (float& value : inputs) value = normal(random);
  return inputs;
}

std::unique_ptr<OfflineModelRunner> NewRunner(const Bundle& bundle) {
  const auto model = OfflineModel::Create(bundle);
  EXPECT_TRUE(model.ok()) << model.status();
  auto runner = OfflineModelRunner::Create(*model, kMaxSteps);
  EXPECT_TRUE(runner.ok()) << runner.status();
  return *std::move(runner);
}

class OfflineModelTest : public ::testing::TestWithParam<test::TestGeometry> {};

TEST_P(OfflineModelTest, FollowsTheGateEquationsAtEveryLength) {
  const auto bundle = test::LoadRandomBundle(GetParam(), 11);
  const AcousticModelOptions& options = bundle->acoustic_model;
  const auto runner = NewRunner(*bundle);
  double worst = 0.0;
  for (const int steps : {1, 2, 3, 31, 32, 33, 63, 97}) {
    const std::vector<float> inputs = RandomInputs(options, steps, 12);
    std::vector<float> found(static_cast<size_t>(steps) * options.outputs());
    ASSERT_EQ(runner->Run(inputs, absl::MakeSpan(found)), absl::OkStatus());
    const auto expected = test::ReferenceBidirectional(*bundle, inputs);
    for (size_t i = 0; i < found.size(); ++i) {
      const double wanted =
          expected[i / options.outputs()][i % options.outputs()];
      worst = std::max(worst, std::abs(wanted - double{found[i]}));
    }
    EXPECT_LE(worst, kTolerance) << steps << " steps";
  }
  std::printf("largest difference from the equations: %.2e\n", worst);
}

INSTANTIATE_TEST_SUITE_P(
    Geometries, OfflineModelTest,
    ::testing::Values(
        test::TestGeometry{1, 1, 1, 2, kBoth},
        test::TestGeometry{2, 8, 16, 8, kBoth},
        test::TestGeometry{3, 5, 33, 28, kBoth},
        test::TestGeometry{2, 80, 128, 28, kBoth, 40},
        test::TestGeometry{2, 8, 16, 8, kBoth, 5, Precision::kInt8},
        test::TestGeometry{3, 8, 16, 8, kBoth, 5, Precision::kInt8, 1},
        test::TestGeometry{3, 5, 33, 28, kBoth, 0, Precision::kFloat, 2}));

class OfflineRunnerTest : public ::testing::Test {
 protected:
  test::TestGeometry geometry_{2, 8, 16, 8, kBoth};
  std::shared_ptr<const Bundle> bundle_ = test::LoadRandomBundle(geometry_, 1);
};

TEST_F(OfflineRunnerTest, WindowsLeaveNothingBehind) {
  const auto runner = NewRunner(*bundle_);
  const auto run = [&](int steps, uint32_t seed) {
    std::vector<float> log_probs(static_cast<size_t>(steps) * 8);
    EXPECT_EQ(runner->Run(RandomInputs(bundle_->acoustic_model, steps, seed),
                          absl::MakeSpan(log_probs)),
              absl::OkStatus());
    return log_probs;
  };
  const std::vector<float> first = run(50, 1);
  run(100, 2);
  run(7, 3);
  EXPECT_EQ(run(50, 1), first);
}

TEST_F(OfflineRunnerTest, SizesThatDoNotFitAreRefusedWithTheLimit) {
  const auto runner = NewRunner(*bundle_);
  std::vector<float> log_probs((kMaxSteps + 1) * 8);
  std::vector<float> inputs((kMaxSteps + 1) * 24);
  const auto run = [&](size_t floats, size_t results) {
    return runner->Run(absl::MakeSpan(inputs).first(floats),
                       absl::MakeSpan(log_probs).first(results));
  };
  EXPECT_EQ(run(kMaxSteps * 24, kMaxSteps * 8), absl::OkStatus());
  for (const absl::Status& status :
       {run((kMaxSteps + 1) * 24, (kMaxSteps + 1) * 8), run(0, 0), run(47, 8),
        run(48, 8)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("1 to 100 steps of 24 and 8 expected"));
  }
  const auto model = OfflineModel::Create(*bundle_);
  for (const int max_steps : {-1, 0, 100001}) {
    EXPECT_THAT(
        OfflineModelRunner::Create(*model, max_steps).status().ToString(),
        HasSubstr("must be in 1..100000"));
  }
}

TEST_F(OfflineRunnerTest, EachModelTakesItsOwnDirectionOnly) {
  EXPECT_THAT(AcousticModel::Create(*bundle_).status().ToString(),
              HasSubstr("acoustic_model.direction is BIDIRECTIONAL"));
  const auto streaming = test::LoadRandomBundle({}, 1);
  EXPECT_THAT(OfflineModel::Create(*streaming).status().ToString(),
              HasSubstr("acoustic_model.direction is UNIDIRECTIONAL"));
}

}  // namespace
}  // namespace oido::model

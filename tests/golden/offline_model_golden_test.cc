// The offline model against PyTorch's nn.LSTM(bidirectional=True) on a random
// model.
//
// tests/data/tiny_bidirectional (2x16 in each direction, random weights) and
// tests/data/tiny_bidirectional_golden.safetensors were made with PyTorch
// 2.15.0 (CPU, float32) by
//   PYTHONPATH=training python training/tools/make_test_fixture.py tests/data
// See tests/data/tiny_bidirectional.README.md for the tensors.
//
// Tolerance: as in acoustic_model_golden_test.cc; the largest difference seen
// is 2e-6.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "model/bundle.h"
#include "model/offline_model.h"

namespace oido::model {
namespace {

constexpr double kTolerance = 1e-5;
constexpr int kFrames = 100;
constexpr int kSteps = 33;
constexpr int kMelBins = 8;

TEST(OfflineModelGoldenTest, GivesPyTorchsLogProbs) {
  const auto bundle = LoadBundle("tests/data/tiny_bidirectional");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const auto golden =
      Weights::Open("tests/data/tiny_bidirectional_golden.safetensors");
  ASSERT_TRUE(golden.ok()) << golden.status();
  const auto log_mels = golden->Floats("log_mels", {kFrames, kMelBins});
  ASSERT_TRUE(log_mels.ok()) << log_mels.status();
  const int tokens = (*bundle)->acoustic_model.outputs();
  const auto expected = golden->Floats("log_probs", {kSteps, tokens});
  ASSERT_TRUE(expected.ok()) << expected.status();

  // Step t is frames 3t, 3t+1, 3t+2: row-major, that is all of them in a row.
  std::vector<float> inputs(log_mels->begin(),
                            log_mels->begin() + kSteps * 3 * kMelBins);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const size_t bin = i % kMelBins;
    inputs[i] = (inputs[i] - (*bundle)->frontend->mean[bin]) *
                (*bundle)->frontend->inverse_stddev[bin];
  }
  const auto model = OfflineModel::Create(**bundle);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto runner = OfflineModelRunner::Create(*model, kSteps);
  ASSERT_TRUE(runner.ok()) << runner.status();
  std::vector<float> found(expected->size());
  ASSERT_EQ((*runner)->Run(inputs, absl::MakeSpan(found)), absl::OkStatus());
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR((*expected)[i], found[i], kTolerance)
        << "log_probs[" << i << "]";
}

}  // namespace
}  // namespace oido::model

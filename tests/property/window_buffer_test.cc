// Windows of a recording: each step counts once, with its context; joined
// outputs are the whole's.
#include "model/window_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "model/offline_model.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using Range = WindowBuffer::Range;

// Called with every window of a recording and the steps of it that count.
using OnWindow = std::function<void(absl::Span<const float>, Range)>;

// `inputs`: [steps, step_size].
void Walk(const WindowOptions& options, absl::Span<const float> inputs,
          const OnWindow& on_window) {
  WindowBuffer buffer(options);
  const size_t size = static_cast<size_t>(options.step_size);
  for (size_t i = 0; i < inputs.size(); i += size) {
    if (buffer.full()) {
      on_window(buffer.inputs(), buffer.CountingBeforeMore());
      buffer.Advance();
    }
    std::copy_n(inputs.begin() + i, size, buffer.AddStep().begin());
  }
  if (!buffer.empty()) on_window(buffer.inputs(), buffer.CountingAtTheEnd());
}

std::vector<float> Counted(int steps) {
  std::vector<float> inputs;
  for (int i = 0; i < steps; ++i) inputs.push_back(static_cast<float>(i));
  return inputs;
}

TEST(WindowBufferTest, EachStepCountsOnceAndHasItsContext) {
  std::mt19937 random(20261123);
  for (int round = 0; round < 500; ++round) {
    WindowOptions options;
    options.step_size = 1;
    options.context_steps = static_cast<int>(random() % 6);
    options.window_steps =
        2 * options.context_steps + 1 + static_cast<int>(random() % 8);
    const int steps = static_cast<int>(random() % 60);
    SCOPED_TRACE(testing::Message()
                 << steps << " steps, window " << options.window_steps
                 << ", context " << options.context_steps);
    std::vector<float> counted;
    Walk(options, Counted(steps), [&](auto window, Range range) {
      ASSERT_LE(window.size(), static_cast<size_t>(options.window_steps));
      ASSERT_LT(range.begin, range.end);
      for (int i = range.begin; i < range.end; ++i) {
        const int step = static_cast<int>(window[i]);
        counted.push_back(window[i]);
        const int first = std::max(0, step - options.context_steps);
        const int last = std::min(steps - 1, step + options.context_steps);
        EXPECT_LE(window.front(), first) << "step " << step;
        EXPECT_GE(window.back(), last) << "step " << step;
      }
      for (size_t i = 1; i < window.size(); ++i)
        ASSERT_EQ(window[i], window[i - 1] + 1);
    });
    EXPECT_EQ(counted, Counted(steps));
  }
}

TEST(WindowBufferTest, ARecordingThatFitsIsOneWindow) {
  const WindowOptions options = {1, 10, 2};
  for (int steps = 1; steps <= 11; ++steps) {
    int windows = 0;
    Walk(options, Counted(steps), [&](auto, Range) { ++windows; });
    EXPECT_EQ(windows, steps <= 10 ? 1 : 2) << steps;
  }
}

TEST(WindowBufferTest, TheDefaultsAreWhatTheConstantsSay) {
  const WindowOptions options = DefaultWindows(240, 30);
  EXPECT_EQ(options.step_size, 240);
  EXPECT_EQ(options.window_steps, 1066);
  EXPECT_EQ(options.context_steps, 133);
  EXPECT_EQ(DefaultWindows(1, 50000).window_steps, 1);
}

TEST(WindowBufferTest, MemoryIsOneWindowHoweverLongTheRecording) {
  const WindowOptions options = {3, 100, 10};
  WindowBuffer buffer(options);
  for (int i = 0; i < 5000; ++i) {
    if (buffer.full()) buffer.Advance();
    buffer.AddStep();
    ASSERT_LE(buffer.size_bytes(), sizeof(buffer) + 3 * 100 * sizeof(float));
  }
  buffer.Reset();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.size_bytes(), sizeof(buffer));
}

class JoinedWindowsTest : public ::testing::Test {
 protected:
  static constexpr size_t kTokens = 8;
  static constexpr int kSteps = 400;
  // The window and context of the model's 30 ms steps, a tenth as long.
  const WindowOptions options_ = {24, 106, 13};

  JoinedWindowsTest() {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    inputs_.resize(kSteps * 24);
    for (float& value : inputs_) value = normal(random);
  }

  static test::TestBundle NewBundle() {
    return test::RandomBundle({2, 8, 16, 8, Direction::kBidirectional}, 4);
  }

  void Load(const test::TestBundle& bundle) {
    const test::TempDir directory;
    test::WriteBundle(bundle, directory.path());
    const auto loaded = LoadBundle(directory.path());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    const auto model = OfflineModel::Create(**loaded);
    ASSERT_TRUE(model.ok()) << model.status();
    runner_ = *OfflineModelRunner::Create(*model, kSteps);
  }

  std::vector<float> Run(absl::Span<const float> inputs) const {
    std::vector<float> log_probs(inputs.size() / 24 * kTokens);
    EXPECT_EQ(runner_->Run(inputs, absl::MakeSpan(log_probs)),
              absl::OkStatus());
    return log_probs;
  }

  std::vector<float> RunJoined(const WindowOptions& options,
                               absl::Span<const float> inputs) const {
    std::vector<float> joined;
    Walk(options, inputs, [&](auto window, Range range) {
      const std::vector<float> log_probs = Run(window);
      joined.insert(joined.end(), log_probs.begin() + range.begin * kTokens,
                    log_probs.begin() + range.end * kTokens);
    });
    return joined;
  }

  float LargestDifference(const WindowOptions& options) const {
    const std::vector<float> whole = Run(inputs_);
    const std::vector<float> joined = RunJoined(options, inputs_);
    EXPECT_EQ(joined.size(), whole.size());
    float largest = 0.0f;
    for (size_t i = 0; i < whole.size(); ++i)
      largest = std::max(largest, std::abs(whole[i] - joined[i]));
    return largest;
  }

  std::vector<float> inputs_;  // [kSteps, 24]
  std::unique_ptr<OfflineModelRunner> runner_;
};

// With a model that forgets at once (no recurrent weights, forget gates shut)
// a step's output is that of its input alone, whatever the window.
TEST_F(JoinedWindowsTest, EqualTheWholeWhereTheModelForgetsAtOnce) {
  test::TestBundle bundle = NewBundle();
  for (auto& [name, tensor] : bundle.tensors) {
    if (name.find("weight_hh") != std::string::npos)
      tensor = test::FloatTensor({64, 16}, std::vector<float>(64 * 16));
    if (name.find(".bias") == std::string::npos || name[0] == 'o') continue;
    std::vector<float> bias(64, 0.1f);
    std::fill_n(bias.begin() + 16, 16, -1000.0f);  // f
    tensor = test::FloatTensor({64}, bias);
  }
  test::Describe(&bundle);
  Load(bundle);
  EXPECT_LE(LargestDifference(options_), 1e-6f);
  EXPECT_LE(LargestDifference({24, 7, 0}), 1e-6f);
}

TEST_F(JoinedWindowsTest, ComeCloserToTheWholeWithMoreContext) {
  Load(NewBundle());
  const float without = LargestDifference({24, 80, 0});
  const float little = LargestDifference({24, 80, 10});
  const float much = LargestDifference({24, 120, 40});
  std::printf("largest difference: %.2e, %.2e, %.2e\n", without, little, much);
  EXPECT_GT(without, 0.1f);
  EXPECT_LT(little, without / 4);
  EXPECT_LT(much, little / 10);
}

TEST_F(JoinedWindowsTest, OfOneWindowAreTheWholeToTheBit) {
  Load(NewBundle());
  const auto inputs = absl::MakeConstSpan(inputs_).first(106 * 24);
  EXPECT_EQ(RunJoined(options_, inputs), Run(inputs));
}

}  // namespace
}  // namespace oido::model

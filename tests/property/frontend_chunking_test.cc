// Tests that a front end of any geometry equals frames cut out one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "features/frontend.h"

namespace oido::features {
namespace {

FrontendOptions RandomOptions(std::mt19937& random) {
  FrontendOptions options;
  options.sample_rate_hz = random() % 2 == 0 ? 8000 : 16000;
  options.mel_bins = 20;
  options.mel_high_hz = 3800.0f;
  options.frame_length_ms = 20 + static_cast<int>(random() % 11);
  options.hop_ms = 5 + static_cast<int>(random() % 11);
  options.stacked_frames = 1 + static_cast<int>(random() % 6);
  options.stride_frames =
      1 + static_cast<int>(random() % options.stacked_frames);
  return options;
}

// Offline: pads to the least number of steps that covers every sample, found by
// counting up, then cuts each frame of each step out of the samples.
std::vector<float> BruteForce(std::vector<float> samples,
                              const FrontendOptions& options, LogMel& log_mel) {
  const size_t length = options.frame_length_samples(),
               hop = options.hop_samples();
  size_t steps = 0;
  const auto end_of_step = [&](size_t step) {
    return (step * options.stride_frames + options.stacked_frames - 1) * hop +
           length;
  };
  while (!samples.empty() &&
         (steps == 0 || end_of_step(steps - 1) < samples.size()))
    ++steps;
  if (steps > 0) samples.resize(end_of_step(steps - 1), 0.0f);
  std::vector<float> result;
  std::vector<float> frame(options.mel_bins);
  for (size_t step = 0; step < steps; ++step) {
    for (int k = 0; k < options.stacked_frames; ++k) {
      const size_t begin = (step * options.stride_frames + k) * hop;
      log_mel.Compute(absl::MakeConstSpan(samples).subspan(begin, length),
                      absl::MakeSpan(frame));
      result.insert(result.end(), frame.begin(), frame.end());
    }
  }
  return result;
}

TEST(FrontendChunkingTest, AnyGeometryAndCutEqualsBruteForce) {
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed < first_seed + 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    auto options = std::make_shared<FrontendOptions>(RandomOptions(random));
    auto log_mel = LogMel::Create(*options);
    ASSERT_TRUE(log_mel.ok()) << log_mel.status();
    std::vector<float> samples(random() % 6000);
    for (float& sample : samples)
      sample = static_cast<float>(random() % 4096) - 2048.0f;

    Frontend frontend(options);
    const size_t most = 1 + random() % 2000;
    for (absl::Span<const float> rest = samples; !rest.empty();) {
      const auto piece =
          rest.subspan(0, std::min<size_t>(rest.size(), random() % (most + 1)));
      frontend.AcceptWaveform(piece, **log_mel);
      rest.remove_prefix(piece.size());
    }
    frontend.Flush(0, **log_mel);
    std::vector<float> steps;
    std::vector<float> step(options->step_size());
    while (frontend.steps_ready() > 0) {
      frontend.PopStep(absl::MakeSpan(step));
      steps.insert(steps.end(), step.begin(), step.end());
    }
    ASSERT_TRUE(steps == BruteForce(samples, *options, **log_mel));
  }
}

}  // namespace
}  // namespace oido::features

// Measures the front end: one log-mel frame, and seconds of audio through the
// whole path.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "features/audio_decoder.h"
#include "features/frontend.h"
#include "features/log_mel.h"

namespace oido::features {
namespace {

std::vector<float> Noise(size_t count) {
  std::mt19937 random(1);
  std::vector<float> samples(count);
  for (float& sample : samples)
    sample = static_cast<float>(random() % 8192) - 4096.0f;
  return samples;
}

void BM_LogMelFrame(benchmark::State& state) {
  const FrontendOptions options;
  auto log_mel = LogMel::Create(options);
  if (!log_mel.ok()) return state.SkipWithError("LogMel::Create failed");
  // A second of windows, so that not one alone stays in the cache.
  const std::vector<float> samples = Noise(16000);
  std::vector<float> frame(options.mel_bins);
  size_t begin = 0;
  for (auto _ : state) {
    (*log_mel)->Compute(absl::MakeConstSpan(samples).subspan(begin, 400),
                        absl::MakeSpan(frame));
    benchmark::DoNotOptimize(frame.data());
    begin = begin + 560 > samples.size() ? 0 : begin + 160;
  }
}
BENCHMARK(BM_LogMelFrame);

// One second of LINEAR16 at range(0) Hz in 20 ms messages, up to the steps.
void BM_SecondOfAudio(benchmark::State& state) {
  const int rate_hz = static_cast<int>(state.range(0));
  auto options = std::make_shared<const FrontendOptions>();
  auto log_mel = LogMel::Create(*options);
  auto decoder =
      AudioDecoder::Create({AudioEncoding::kLinear16, rate_hz, 1}, 16000);
  if (!log_mel.ok() || !decoder.ok())
    return state.SkipWithError("Create failed");
  std::mt19937 random(1);
  std::string bytes(static_cast<size_t>(rate_hz) * 2, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  const size_t message = static_cast<size_t>(rate_hz) / 50 * 2;
  Frontend frontend(options);
  std::vector<float> step(options->step_size());
  std::vector<float> samples;
  for (auto _ : state) {
    for (size_t begin = 0; begin < bytes.size(); begin += message) {
      samples.clear();
      const absl::Status status = (*decoder)->Decode(
          absl::string_view(bytes).substr(begin, message), &samples);
      if (!status.ok()) return state.SkipWithError("Decode failed");
      frontend.AcceptWaveform(samples, **log_mel);
      while (frontend.steps_ready() > 0) frontend.PopStep(absl::MakeSpan(step));
      benchmark::DoNotOptimize(step.data());
    }
  }
}
BENCHMARK(BM_SecondOfAudio)
    ->Arg(8000)
    ->Arg(16000)
    ->Arg(44100)
    ->Arg(48000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace oido::features

// Microseconds of one step of the word search, on recorded speech through the
// shipped model: LibriVox sentences of Debian's pocketsphinx-testdata.
// Run from the source directory:
//   taskset -c 1 build/release/bin/beam_benchmark
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "features/audio_file.h"
#include "features/feature_matrix.h"
#include "model/acoustic_model.h"
#include "model/beam_decoder.h"
#include "model/bundle.h"
#include "model/hot_words.h"

namespace oido {
namespace {

constexpr char kRecordings[] = "/usr/share/pocketsphinx/test/data/librivox";

using Steps = std::vector<std::vector<float>>;  // [steps, phones]

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::exit(1);
}

const model::Bundle& ShippedBundle() {
  static const auto bundle = OrDie(model::LoadBundle("models/oido-en"));
  return *bundle;
}

Steps PhonesOf(const std::string& recording) {
  const model::Bundle& bundle = ShippedBundle();
  const auto samples = OrDie(
      features::ReadAudioFile(recording, bundle.frontend->sample_rate_hz));
  auto computer = OrDie(features::FeatureComputer::Create(
      *bundle.frontend, bundle.decoder.flush_padding_ms,
      features::FeatureLayout::kSteps));
  const auto inputs = computer.Compute(samples);
  const auto acoustic_model = OrDie(model::AcousticModel::Create(bundle));
  const auto runner =
      OrDie(model::AcousticModelRunner::Create(acoustic_model, 1));
  model::StreamState state(bundle.acoustic_model);
  std::vector<float> outputs(
      static_cast<size_t>(bundle.acoustic_model.outputs()));
  Steps steps;
  for (size_t step = 0; step < static_cast<size_t>(inputs.rows); ++step) {
    const size_t columns = static_cast<size_t>(inputs.columns);
    const absl::Span<const float> input(&inputs.values[step * columns],
                                        columns);
    const model::StepSlot slot{input, &state, absl::MakeSpan(outputs)};
    if (!runner->Step({slot}).ok()) std::abort();
    steps.emplace_back(outputs.begin() + bundle.acoustic_model.tokens,
                       outputs.end());
  }
  return steps;
}

const std::vector<Steps>& Recordings() {
  static const auto recordings = [] {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(kRecordings)) {
      if (entry.path().extension() == ".wav") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Steps> result;
    for (const std::string& path : paths) result.push_back(PhonesOf(path));
    return result;
  }();
  return recordings;
}

// So many words, evenly from the vocabulary, as an application may expect them.
std::shared_ptr<const model::HotWords> HotWords(size_t count) {
  const auto& resources = ShippedBundle().word_search;
  const model::LanguageModel& language_model = *resources->language_model;
  std::vector<model::WantedPhrase> phrases;
  for (size_t i = 0; i < count; ++i) {
    const auto word = static_cast<model::WordId>(
        model::kFirstRealWord +
        i * (language_model.size() - model::kFirstRealWord) / count);
    phrases.push_back({{std::string(language_model.Word(word))}, 8.0f});
  }
  return OrDie(model::HotWords::Create(resources, resources->options.lm_weight,
                                       phrases, {}));
}

void Decode(model::BeamDecoder decoder, benchmark::State& state) {
  model::BeamScratch scratch;
  std::vector<double> micros;
  const auto decode_all = [&] {
    for (const Steps& steps : Recordings()) {
      for (const auto& row : steps) {
        const auto begin = std::chrono::steady_clock::now();
        decoder.Advance(row, scratch);
        const std::chrono::duration<double, std::micro> time =
            std::chrono::steady_clock::now() - begin;
        micros.push_back(time.count());
      }
      benchmark::DoNotOptimize(decoder.Finish());
      decoder.Reset();
    }
  };
  decode_all();  // warm up
  micros.clear();
  for (auto _ : state) decode_all();
  state.SetItemsProcessed(static_cast<int64_t>(micros.size()));
  std::sort(micros.begin(), micros.end());
  const auto percentile = [&](size_t percent) {
    return micros[(micros.size() - 1) * percent / 100];
  };
  state.counters["p50_us"] = percentile(50);
  state.counters["p90_us"] = percentile(90);
  state.counters["p99_us"] = percentile(99);
  state.counters["stream_bytes"] = static_cast<double>(decoder.size_bytes());
}

// Argument: beam size.
void BM_WordSearch(benchmark::State& state) {
  const model::Bundle& bundle = ShippedBundle();
  model::WordSearchOptions options = bundle.word_search->options;
  options.beam_size = static_cast<int>(state.range(0));
  Decode(model::BeamDecoder(bundle.decoder, bundle.word_search, options, 1),
         state);
}

// Argument: number of hot words, at the bundle's beam size.
void BM_HotWords(benchmark::State& state) {
  const model::Bundle& bundle = ShippedBundle();
  Decode(model::BeamDecoder(bundle.decoder, bundle.word_search,
                            bundle.word_search->options, 1,
                            HotWords(static_cast<size_t>(state.range(0)))),
         state);
}

// The same: what a stream's start costs.
void BM_MakeHotWords(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(HotWords(static_cast<size_t>(state.range(0))));
}

BENCHMARK(BM_WordSearch)
    ->RangeMultiplier(2)
    ->Range(4, 256)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_HotWords)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(500)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_MakeHotWords)
    ->Arg(1)
    ->Arg(100)
    ->Arg(500)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace oido

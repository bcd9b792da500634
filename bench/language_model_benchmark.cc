// Nanoseconds of one look-up in the shipped language model.
//
// Run from the source directory:
//   taskset -c 1 build/release/bin/language_model_benchmark
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "model/language_model.h"

namespace oido::model {
namespace {

constexpr char kPath[] = "models/oido-en/language_model.bin";

// Words by falling probability.
std::vector<WordId> FrequentWords(const LanguageModel& model) {
  std::vector<WordId> words(model.size() - kFirstRealWord);
  std::iota(words.begin(), words.end(), kFirstRealWord);
  std::sort(words.begin(), words.end(), [&](WordId a, WordId b) {
    return model.Unigram(a) > model.Unigram(b);
  });
  return words;
}

// Every pair of range(0) states and range(1) words, in turn. The states are
// those behind likely words, whose groups are large.
void BM_Score(benchmark::State& state) {
  const auto model = LanguageModel::Open(kPath);
  if (!model.ok())
    return state.SkipWithError(std::string(model.status().message()).c_str());
  const std::vector<WordId> frequent = FrequentWords(**model);
  std::mt19937 random(1);
  std::vector<LmState> states;
  for (int64_t i = 0; i < state.range(0); ++i) {
    LmState from = (*model)->Begin();
    for (int step = 0; step < 3; ++step)
      (*model)->Score(from, frequent[random() % 1000], &from);
    states.push_back(from);
  }
  std::vector<WordId> words;
  for (int64_t i = 0; i < state.range(1); ++i)
    words.push_back(frequent[random() % frequent.size()]);
  size_t next = 0;
  for (auto _ : state) {
    LmState to;
    const LmState& from = states[next % states.size()];
    const WordId word = words[next / states.size() % words.size()];
    benchmark::DoNotOptimize((*model)->Score(from, word, &to));
    benchmark::DoNotOptimize(to);
    ++next;
  }
}
// As many as a beam asks for at a step; then far more than caches hold.
BENCHMARK(BM_Score)->Args({32, 8})->Args({32, 256})->Args({4096, 4096});

void BM_Open(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(LanguageModel::Open(kPath));
}
BENCHMARK(BM_Open)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace oido::model

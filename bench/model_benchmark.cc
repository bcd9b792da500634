// Microseconds of one acoustic model step, of oneDNN's LSTM primitives alone
// and of a bidirectional model's window.
//
// Run on one core with one OpenMP thread, as the server's workers do:
//   OMP_NUM_THREADS=1 taskset -c 1 build/release/bin/model_benchmark
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <dnnl.hpp>
#include <memory>
#include <unordered_map>
#include <vector>

#include "model/acoustic_model.h"
#include "model/offline_model.h"
#include "tests/support/test_bundle.h"

namespace oido {
namespace {

constexpr int kLayers = 3;
constexpr int kMelBins = 80;
constexpr int kTokens = 29;

// Arguments: hidden size, batch.
void BM_Step(benchmark::State& state) {
  const int hidden_size = static_cast<int>(state.range(0));
  const size_t batch = static_cast<size_t>(state.range(1));
  const auto bundle =
      test::LoadRandomBundle({kLayers, kMelBins, hidden_size, kTokens}, 1);
  const auto model = *model::AcousticModel::Create(*bundle);
  const auto runner =
      *model::AcousticModelRunner::Create(model, static_cast<int>(batch));
  std::vector<model::StreamState> states(batch,
                                         model::StreamState(model->options()));
  const std::vector<float> features(
      static_cast<size_t>(model->options().input_size), 0.5f);
  std::vector<std::vector<float>> log_probs(batch, std::vector<float>(kTokens));
  std::vector<model::StepSlot> slots;
  for (size_t i = 0; i < batch; ++i) {
    slots.push_back({features, &states[i], absl::MakeSpan(log_probs[i])});
  }
  for (auto _ : state) {
    if (!runner->Step(slots).ok()) std::abort();
  }
  // Items are steps of one stream.
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}

// A window of a recording through a bidirectional model. Arguments: hidden
// size, steps.
void BM_Window(benchmark::State& state) {
  const int hidden_size = static_cast<int>(state.range(0));
  const size_t steps = static_cast<size_t>(state.range(1));
  const auto bundle =
      test::LoadRandomBundle({kLayers, kMelBins, hidden_size, kTokens,
                              model::Direction::kBidirectional},
                             1);
  const auto model = *model::OfflineModel::Create(*bundle);
  const auto runner =
      *model::OfflineModelRunner::Create(model, static_cast<int>(steps));
  const std::vector<float> inputs(steps * 3 * kMelBins, 0.5f);
  std::vector<float> log_probs(steps * kTokens);
  for (auto _ : state) {
    if (!runner->Run(inputs, absl::MakeSpan(log_probs)).ok()) std::abort();
  }
  // Items are steps.
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(steps));
}

using Arguments = std::unordered_map<int, dnnl::memory>;

// Own memory, filled, for every argument.
Arguments MakeArguments(const dnnl::lstm_forward::primitive_desc& pd,
                        const dnnl::engine& engine) {
  Arguments arguments;
  const auto add = [&](int argument, const dnnl::memory::desc& desc) {
    const auto [entry, inserted] =
        arguments.emplace(argument, dnnl::memory(desc, engine));
    float* const data = static_cast<float*>(entry->second.get_data_handle());
    std::fill_n(data, desc.get_size() / sizeof(float), 0.01f);
  };
  add(DNNL_ARG_SRC_LAYER, pd.src_layer_desc());
  add(DNNL_ARG_SRC_ITER, pd.src_iter_desc());
  add(DNNL_ARG_SRC_ITER_C, pd.src_iter_c_desc());
  add(DNNL_ARG_WEIGHTS_LAYER, pd.weights_layer_desc());
  add(DNNL_ARG_WEIGHTS_ITER, pd.weights_iter_desc());
  add(DNNL_ARG_BIAS, pd.bias_desc());
  add(DNNL_ARG_DST_LAYER, pd.dst_layer_desc());
  add(DNNL_ARG_DST_ITER, pd.dst_iter_desc());
  add(DNNL_ARG_DST_ITER_C, pd.dst_iter_c_desc());
  return arguments;
}

// As many LSTM layers, hidden to hidden, and nothing else. Each has its own
// weights: one layer alone would stay in a cache that the model does not fit.
void BM_BareLstmLayers(benchmark::State& state) {
  using Desc = dnnl::memory::desc;
  using Tag = dnnl::memory::format_tag;
  constexpr auto kFloat = dnnl::memory::data_type::f32;
  const int64_t hidden = state.range(0);
  const int64_t batch = state.range(1);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const Desc row({1, batch, hidden}, kFloat, Tag::tnc);
  const Desc cell({1, 1, batch, hidden}, kFloat, Tag::ldnc);
  const Desc weights({1, 1, hidden, 4, hidden}, kFloat, Tag::any);
  const dnnl::lstm_forward::primitive_desc pd(
      engine, dnnl::prop_kind::forward_inference,
      dnnl::rnn_direction::unidirectional_left2right, row, cell, cell, weights,
      weights, Desc({1, 1, 4, hidden}, kFloat, Tag::ldgo), row, cell, cell);
  const dnnl::lstm_forward primitive(pd);
  std::vector<Arguments> layers;
  for (int i = 0; i < kLayers; ++i) layers.push_back(MakeArguments(pd, engine));
  for (auto _ : state) {
    for (const Arguments& arguments : layers) {
      primitive.execute(stream, arguments);
    }
    stream.wait();
  }
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int hidden_size : {320, 512}) {
    for (const int batch : {1, 16, 64, 256}) {
      benchmark->Args({hidden_size, batch});
    }
  }
  benchmark->Unit(benchmark::kMicrosecond);
}

BENCHMARK(BM_Step)->Apply(Sizes);
BENCHMARK(BM_BareLstmLayers)->Apply(Sizes);
BENCHMARK(BM_Window)->Args({320, 1066})->Args({320, 33});

}  // namespace
}  // namespace oido

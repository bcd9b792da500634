// Microseconds of a streaming model's step in float and int8, of the same
// oneDNN primitives alone, and of a bidirectional model's window.
//
// Run on one core with one OpenMP thread, as the server's workers do:
//   taskset -c 1 build/release/bin/model_benchmark
// and --benchmark_out=FILE for JSON. To compare: BM_Step and BM_BarePrimitives
// of the same bits and batch, from one run.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <dnnl.hpp>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "model/acoustic_model.h"
#include "model/offline_model.h"
#include "tests/support/test_bundle.h"

namespace oido {
namespace {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

// The shipped model's.
constexpr int kLayers = 3;
constexpr int kMelBins = 80;
constexpr int kHidden = 512;
constexpr int kTokens = 29;
constexpr int kPhones = 40;

model::Precision PrecisionOf(const benchmark::State& state) {
  return state.range(0) == 8 ? model::Precision::kInt8
                             : model::Precision::kFloat;
}

// Arguments: bits of a weight, batch. Every stream has its own state and says
// something else.
void BM_Step(benchmark::State& state) {
  const size_t batch = static_cast<size_t>(state.range(1));
  const auto bundle = test::LoadRandomBundle(
      {kLayers, kMelBins, kHidden, kTokens, model::Direction::kUnidirectional,
       kPhones, PrecisionOf(state)},
      1);
  const auto model = *model::AcousticModel::Create(*bundle);
  const auto runner =
      *model::AcousticModelRunner::Create(model, static_cast<int>(batch));
  std::vector<model::StreamState> states(batch,
                                         model::StreamState(model->options()));
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> features(batch,
                                           std::vector<float>(3 * kMelBins));
  std::vector<std::vector<float>> log_probs(
      batch, std::vector<float>(kTokens + kPhones));
  std::vector<model::StepSlot> slots;
  for (size_t i = 0; i < batch; ++i) {
    for (float& value : features[i]) value = normal(random);
    slots.push_back({features[i], &states[i], absl::MakeSpan(log_probs[i])});
  }
  for (auto _ : state) {
    if (!runner->Step(slots).ok()) std::abort();
  }
  // Items are steps of one stream.
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}

using Arguments = std::unordered_map<int, dnnl::memory>;

// A primitive with memory of its own for every argument.
struct Bare {
  dnnl::primitive primitive;
  Arguments arguments;
};

dnnl::memory Filled(const Desc& desc, const dnnl::engine& engine) {
  dnnl::memory memory(desc, engine);
  std::memset(memory.get_data_handle(), 0, desc.get_size());
  return memory;
}

// Zeros as the primitive wants them: packed layouts begin with a description of
// themselves, which only a reorder writes.
dnnl::memory Packed(const Desc& wanted, const dnnl::engine& engine,
                    const dnnl::primitive_attr& attributes) {
  dnnl::memory zeros =
      Filled(Desc(wanted.get_dims(), Type::f32, Tag::ldigo), engine);
  dnnl::memory packed(wanted, engine);
  dnnl::stream stream(engine);
  const dnnl::reorder::primitive_desc pd(zeros, packed, attributes);
  dnnl::reorder(pd).execute(stream, zeros, packed);
  stream.wait();
  return packed;
}

Bare BareLayer(const dnnl::engine& engine, bool is_int8, int64_t batch,
               int64_t input) {
  const Type type = is_int8 ? Type::u8 : Type::f32;
  const Type weight = is_int8 ? Type::s8 : Type::f32;
  dnnl::primitive_attr attributes;
  if (is_int8) {
    attributes.set_rnn_data_qparams(63.0f, 64.0f);
    attributes.set_rnn_weights_qparams(
        24, std::vector<float>(size_t{4} * kHidden, 1000.0f));
  }
  const Desc h({1, 1, batch, kHidden}, type, Tag::ldnc);
  const Desc c({1, 1, batch, kHidden}, Type::f32, Tag::ldnc);
  const dnnl::lstm_forward::primitive_desc pd(
      engine, dnnl::prop_kind::forward_inference,
      dnnl::rnn_direction::unidirectional_left2right,
      Desc({1, batch, input}, type, Tag::tnc), h, c,
      Desc({1, 1, input, 4, kHidden}, weight, Tag::any),
      Desc({1, 1, kHidden, 4, kHidden}, weight, Tag::any),
      Desc({1, 1, 4, kHidden}, Type::f32, Tag::ldgo),
      Desc({1, batch, kHidden}, type, Tag::tnc), h, c, attributes);
  Bare bare{dnnl::lstm_forward(pd), {}};
  const auto add = [&](int argument, const Desc& desc) {
    bare.arguments.emplace(argument, Filled(desc, engine));
  };
  add(DNNL_ARG_SRC_LAYER, pd.src_layer_desc());
  add(DNNL_ARG_SRC_ITER, pd.src_iter_desc());
  add(DNNL_ARG_SRC_ITER_C, pd.src_iter_c_desc());
  bare.arguments.emplace(DNNL_ARG_WEIGHTS_LAYER,
                         Packed(pd.weights_layer_desc(), engine, attributes));
  bare.arguments.emplace(DNNL_ARG_WEIGHTS_ITER,
                         Packed(pd.weights_iter_desc(), engine, attributes));
  add(DNNL_ARG_BIAS, pd.bias_desc());
  add(DNNL_ARG_DST_LAYER, pd.dst_layer_desc());
  add(DNNL_ARG_DST_ITER, pd.dst_iter_desc());
  add(DNNL_ARG_DST_ITER_C, pd.dst_iter_c_desc());
  return bare;
}

Bare BareLinear(const dnnl::engine& engine, bool is_int8, int64_t batch,
                int64_t inputs, int64_t outputs) {
  dnnl::primitive_attr attributes;
  if (is_int8) attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1);
  const dnnl::inner_product_forward::primitive_desc pd(
      engine, dnnl::prop_kind::forward_inference,
      Desc({batch, inputs}, is_int8 ? Type::u8 : Type::f32, Tag::ab),
      Desc({outputs, inputs}, is_int8 ? Type::s8 : Type::f32, Tag::any),
      Desc({outputs}, Type::f32, Tag::a),
      Desc({batch, outputs}, Type::f32, Tag::ab), attributes);
  Bare bare{dnnl::inner_product_forward(pd), {}};
  bare.arguments = {{DNNL_ARG_SRC, Filled(pd.src_desc(), engine)},
                    {DNNL_ARG_WEIGHTS, Filled(pd.weights_desc(), engine)},
                    {DNNL_ARG_BIAS, Filled(pd.bias_desc(), engine)},
                    {DNNL_ARG_DST, Filled(pd.dst_desc(), engine)}};
  if (is_int8) {
    bare.arguments.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
                           Filled(Desc({outputs}, Type::f32, Tag::a), engine));
  }
  return bare;
}

// The primitives of the same model for the whole batch and nothing else: no
// stream has a state. Each layer has its own weights, as one alone would stay
// in a cache that the model does not fit.
void BM_BarePrimitives(benchmark::State& state) {
  const bool is_int8 = PrecisionOf(state) == model::Precision::kInt8;
  const int64_t batch = state.range(1);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  std::vector<Bare> primitives;
  for (int layer = 0; layer < kLayers; ++layer) {
    primitives.push_back(
        BareLayer(engine, is_int8, batch, layer == 0 ? 3 * kMelBins : kHidden));
  }
  primitives.push_back(
      BareLinear(engine, is_int8, batch, kHidden, kTokens + kPhones));
  for (auto _ : state) {
    for (const Bare& bare : primitives)
      bare.primitive.execute(stream, bare.arguments);
    stream.wait();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

// What the core can do at most, as far as oneDNN gets there: a large product,
// in which every weight is used a thousand times. Argument: bits of a weight.
void BM_Peak(benchmark::State& state) {
  constexpr int64_t kBatch = 1024;
  constexpr int64_t kSize = 2048;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const Bare bare =
      BareLinear(engine, PrecisionOf(state) == model::Precision::kInt8, kBatch,
                 kSize, kSize);
  for (auto _ : state) {
    bare.primitive.execute(stream, bare.arguments);
    stream.wait();
  }
  state.counters["GFLOP"] = benchmark::Counter(
      2e-9 * kBatch * kSize * kSize * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
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

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"bits", "batch"});
  for (const int bits : {8, 32}) {
    for (const int batch : {1, 4, 16, 20, 64, 256, 512})
      benchmark->Args({bits, batch});
  }
  benchmark->Unit(benchmark::kMicrosecond);
}

BENCHMARK(BM_Step)->Apply(Sizes);
BENCHMARK(BM_BarePrimitives)->Apply(Sizes);
BENCHMARK(BM_Peak)->ArgName("bits")->Arg(8)->Arg(32);
BENCHMARK(BM_Window)->Args({512, 1066})->Args({512, 33});

}  // namespace
}  // namespace oido

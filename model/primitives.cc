// The only file that knows oneDNN: packs weights once, builds and runs
// primitives.
#include "model/primitives.h"

#include <dnnl.hpp>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;

constexpr auto kFloat = dnnl::memory::data_type::f32;

// Weight layouts are asked for at this batch size and then kept for all:
// oneDNN's blocked layouts do not depend on it (its packed ones do).
constexpr int kLayoutBatch = 16;

// Runs `body`, which returns a Status, and turns oneDNN's exceptions into one.
template <typename Body>
absl::Status Guard(absl::string_view what, Body&& body) {
  try {
    return body();
  } catch (const dnnl::error& error) {
    return absl::InternalError(absl::StrCat(
        "oneDNN, ", what, ": ", error.message, " (status ", error.status, ")"));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("out of memory, ", what));
  }
}

// Full float precision whatever the environment says, and scratch memory from
// the caller: with the library's own a primitive could run only on the thread
// that made it.
dnnl::primitive_attr Attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
  return attributes;
}

// One for the process: oneDNN refuses to mix objects of different engines. It
// is immutable and never destroyed.
const dnnl::engine& CpuEngine() {
  static const dnnl::engine& engine =
      *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// `values`, laid out as `from`, copied into new memory laid out as `to`.
dnnl::memory Reordered(absl::Span<const float> values, const Desc& from,
                       const Desc& to) {
  const dnnl::engine& engine = CpuEngine();
  // oneDNN takes a mutable pointer; a reorder only reads its source.
  dnnl::memory source(from, engine, const_cast<float*>(values.data()));
  dnnl::memory target(to, engine);
  dnnl::stream stream(engine);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

// What one call of an LSTM primitive goes through.
struct LstmExtent {
  int steps = 1;
  int batch = 1;
  dnnl::rnn_direction direction =
      dnnl::rnn_direction::unidirectional_left2right;
};

struct LstmShape {
  int input_size = 0;
  int hidden_size = 0;

  // oneDNN's logical order of dimensions: layer, direction, input, gate,
  // output.
  Dims layer_weights() const { return {1, 1, input_size, 4, hidden_size}; }
  Dims recurrent_weights() const { return {1, 1, hidden_size, 4, hidden_size}; }
  Desc bias() const { return Desc({1, 1, 4, hidden_size}, kFloat, Tag::ldgo); }
  Desc input(const LstmExtent& extent) const {
    return Desc({extent.steps, extent.batch, input_size}, kFloat, Tag::tnc);
  }
  Desc output(const LstmExtent& extent) const {
    return Desc({extent.steps, extent.batch, hidden_size}, kFloat, Tag::tnc);
  }
  Desc state(int batch) const {
    return Desc({1, 1, batch, hidden_size}, kFloat, Tag::ldnc);
  }
};

dnnl::lstm_forward::primitive_desc LstmDesc(const LstmShape& shape,
                                            const LstmExtent& extent,
                                            const Desc& layer_weights,
                                            const Desc& recurrent_weights) {
  const Desc state = shape.state(extent.batch);
  return dnnl::lstm_forward::primitive_desc(
      CpuEngine(), dnnl::prop_kind::forward_inference, extent.direction,
      shape.input(extent), state, state, layer_weights, recurrent_weights,
      shape.bias(), shape.output(extent), state, state, Attributes());
}

// `wanted` if it serves every batch size, else the plain layout.
Desc BatchIndependent(const Desc& wanted, const Dims& dims) {
  if (wanted.get_format_kind() == dnnl::memory::format_kind::blocked)
    return wanted;
  return Desc(dims, kFloat, Tag::ldigo);
}

dnnl::inner_product_forward::primitive_desc LinearDesc(int input_size,
                                                       int output_size,
                                                       int batch,
                                                       const Desc& weight) {
  return dnnl::inner_product_forward::primitive_desc(
      CpuEngine(), dnnl::prop_kind::forward_inference,
      Desc({batch, input_size}, kFloat, Tag::ab), weight,
      Desc({output_size}, kFloat, Tag::a),
      Desc({batch, output_size}, kFloat, Tag::ab), Attributes());
}

// The largest batch in which a row gets the same bits as alone: any with
// oneDNN's brgemm kernels (AVX2 and later), which sum every output in the same
// order; 1 with its gemm ones, which choose the order by the shape. `desc_for`
// gives the primitive descriptor for a batch size.
template <typename DescFor>
int InvariantBatch(const DescFor& desc_for) {
  for (const int batch : {1, 2, kLayoutBatch, 64, 256}) {
    if (!absl::StartsWith(desc_for(batch).impl_info_str(), "brgemm")) return 1;
  }
  return std::numeric_limits<int>::max();
}

}  // namespace

// The primitive's arguments; the scratchpad comes first.
struct LayerStep::Impl {
  Impl(dnnl::primitive the_primitive, const Desc& scratchpad)
      : primitive(std::move(the_primitive)),
        scratchpad_bytes(scratchpad.get_size()) {
    Bind(DNNL_ARG_SCRATCHPAD, dnnl::memory(scratchpad, CpuEngine(), nullptr));
  }

  void Bind(int argument, const Desc& desc, float* buffer) {
    Bind(argument, dnnl::memory(desc, CpuEngine(), buffer));
  }
  void Bind(int argument, dnnl::memory memory) {
    memories.push_back(std::move(memory));
    arguments.push_back({argument, memories.back().get()});
  }

  dnnl::primitive primitive;
  size_t scratchpad_bytes;
  dnnl::stream stream{CpuEngine()};
  std::vector<dnnl::memory> memories;
  std::vector<dnnl_exec_arg_t> arguments;
};

LayerStep::LayerStep(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LayerStep::~LayerStep() = default;

// Through the C function, as the C++ one allocates an array of arguments every
// time.
absl::Status LayerStep::Run(Scratch& scratch) {
  return Guard("running a step", [&]() -> absl::Status {
    const size_t floats =
        (impl_->scratchpad_bytes + sizeof(float) - 1) / sizeof(float);
    impl_->memories.front().set_data_handle(scratch.AtLeast(floats));
    const dnnl_status_t status = dnnl_primitive_execute(
        impl_->primitive.get(), impl_->stream.get(),
        static_cast<int>(impl_->arguments.size()), impl_->arguments.data());
    if (status != dnnl_success) {
      return absl::InternalError(
          absl::StrCat("oneDNN, running a step: status ", status));
    }
    impl_->stream.wait();
    return absl::OkStatus();
  });
}

struct PackedLstm::Impl {
  absl::StatusOr<std::unique_ptr<LayerStep::Impl>> Build(
      const LstmExtent& extent, const LstmBuffers& buffers) const;

  LstmShape shape;
  int max_batch = 1;
  dnnl::memory layer_weights;
  dnnl::memory recurrent_weights;
  dnnl::memory bias;
};

PackedLstm::PackedLstm(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
PackedLstm::~PackedLstm() = default;

int PackedLstm::max_batch() const { return impl_->max_batch; }

absl::StatusOr<std::unique_ptr<const PackedLstm>> PackedLstm::Create(
    const LstmWeights& weights) {
  auto impl = std::make_unique<Impl>();
  const LstmShape shape{weights.input_size, weights.hidden_size};
  impl->shape = shape;
  OIDO_RETURN_IF_ERROR(Guard("packing LSTM weights", [&] {
    const auto pd = LstmDesc(shape, {.batch = kLayoutBatch},
                             Desc(shape.layer_weights(), kFloat, Tag::any),
                             Desc(shape.recurrent_weights(), kFloat, Tag::any));
    // [4 * hidden, input] is gate, output, input: ldgoi.
    const auto pack = [&](absl::Span<const float> values, const Dims& dims,
                          const Desc& wanted) {
      return Reordered(values, Desc(dims, kFloat, Tag::ldgoi),
                       BatchIndependent(wanted, dims));
    };
    impl->layer_weights =
        pack(weights.weight_ih, shape.layer_weights(), pd.weights_layer_desc());
    impl->recurrent_weights = pack(weights.weight_hh, shape.recurrent_weights(),
                                   pd.weights_iter_desc());
    impl->bias = Reordered(weights.bias, shape.bias(), shape.bias());
    impl->max_batch = InvariantBatch([&](int batch) {
      return LstmDesc(shape, {.batch = batch}, impl->layer_weights.get_desc(),
                      impl->recurrent_weights.get_desc());
    });
    return absl::OkStatus();
  }));
  return std::unique_ptr<const PackedLstm>(new PackedLstm(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<LayerStep::Impl>> PackedLstm::Impl::Build(
    const LstmExtent& extent, const LstmBuffers& buffers) const {
  std::unique_ptr<LayerStep::Impl> step;
  OIDO_RETURN_IF_ERROR(Guard("building an LSTM step", [&] {
    const auto pd = LstmDesc(shape, extent, layer_weights.get_desc(),
                             recurrent_weights.get_desc());
    const Desc state = shape.state(extent.batch);
    step = std::make_unique<LayerStep::Impl>(dnnl::lstm_forward(pd),
                                             pd.scratchpad_desc());
    step->Bind(DNNL_ARG_WEIGHTS_LAYER, layer_weights);
    step->Bind(DNNL_ARG_WEIGHTS_ITER, recurrent_weights);
    step->Bind(DNNL_ARG_BIAS, bias);
    step->Bind(DNNL_ARG_SRC_LAYER, shape.input(extent), buffers.input);
    step->Bind(DNNL_ARG_SRC_ITER, state, buffers.h_in);
    step->Bind(DNNL_ARG_SRC_ITER_C, state, buffers.c_in);
    step->Bind(DNNL_ARG_DST_LAYER, shape.output(extent), buffers.output);
    step->Bind(DNNL_ARG_DST_ITER, state, buffers.h_out);
    step->Bind(DNNL_ARG_DST_ITER_C, state, buffers.c_out);
    return absl::OkStatus();
  }));
  return step;
}

absl::StatusOr<std::unique_ptr<LayerStep>> PackedLstm::MakeStep(
    int batch, const LstmBuffers& buffers) const {
  OIDO_ASSIGN_OR_RETURN(auto step, impl_->Build({.batch = batch}, buffers));
  return std::unique_ptr<LayerStep>(new LayerStep(std::move(step)));
}

absl::StatusOr<std::unique_ptr<LayerStep>> PackedLstm::MakeSequence(
    int steps, TimeOrder order, const LstmBuffers& buffers) const {
  LstmExtent extent;
  extent.steps = steps;
  if (order == TimeOrder::kBackward)
    extent.direction = dnnl::rnn_direction::unidirectional_right2left;
  OIDO_ASSIGN_OR_RETURN(auto step, impl_->Build(extent, buffers));
  return std::unique_ptr<LayerStep>(new LayerStep(std::move(step)));
}

struct PackedLinear::Impl {
  int input_size = 0;
  int output_size = 0;
  int max_batch = 1;
  dnnl::memory weight;
  dnnl::memory bias;
};

PackedLinear::PackedLinear(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
PackedLinear::~PackedLinear() = default;

int PackedLinear::max_batch() const { return impl_->max_batch; }

absl::StatusOr<std::unique_ptr<const PackedLinear>> PackedLinear::Create(
    const LinearWeights& weights) {
  auto impl = std::make_unique<Impl>();
  impl->input_size = weights.input_size;
  impl->output_size = weights.output_size;
  OIDO_RETURN_IF_ERROR(Guard("packing linear weights", [&] {
    const Dims dims = {weights.output_size, weights.input_size};
    const Desc bias({weights.output_size}, kFloat, Tag::a);
    const auto pd = LinearDesc(weights.input_size, weights.output_size,
                               kLayoutBatch, Desc(dims, kFloat, Tag::any));
    impl->weight = Reordered(weights.weight, Desc(dims, kFloat, Tag::ab),
                             pd.weights_desc());
    impl->bias = Reordered(weights.bias, bias, bias);
    impl->max_batch = InvariantBatch([&](int batch) {
      return LinearDesc(weights.input_size, weights.output_size, batch,
                        impl->weight.get_desc());
    });
    return absl::OkStatus();
  }));
  return std::unique_ptr<const PackedLinear>(new PackedLinear(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<LayerStep>> PackedLinear::MakeStep(
    int batch, const LinearBuffers& buffers) const {
  std::unique_ptr<LayerStep::Impl> step;
  OIDO_RETURN_IF_ERROR(Guard("building a linear step", [&] {
    const auto pd = LinearDesc(impl_->input_size, impl_->output_size, batch,
                               impl_->weight.get_desc());
    step = std::make_unique<LayerStep::Impl>(dnnl::inner_product_forward(pd),
                                             pd.scratchpad_desc());
    step->Bind(DNNL_ARG_WEIGHTS, impl_->weight);
    step->Bind(DNNL_ARG_BIAS, impl_->bias);
    step->Bind(DNNL_ARG_SRC, pd.src_desc(), buffers.input);
    step->Bind(DNNL_ARG_DST, pd.dst_desc(), buffers.output);
    return absl::OkStatus();
  }));
  return std::unique_ptr<LayerStep>(new LayerStep(std::move(step)));
}

}  // namespace oido::model

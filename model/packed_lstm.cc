// Packs an LSTM layer's weights once, builds and runs its primitives.
#include <cstring>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/activations.h"
#include "model/onednn.h"
#include "model/primitives.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

using onednn::Desc;
using onednn::Dims;
using onednn::Guard;
using onednn::Tag;
using onednn::Type;

// Gate and output of the logical dimensions layer, direction, input, gate,
// output have a scale each.
constexpr int kScaleMask = (1 << 3) | (1 << 4);

// What one call of the primitive goes through.
struct Extent {
  int steps = 1;
  int batch = 1;
  dnnl::rnn_direction direction =
      dnnl::rnn_direction::unidirectional_left2right;
};

// Everything about a layer but its weights' layout.
struct Shape {
  // oneDNN's logical order of dimensions.
  Dims layer_weights() const { return {1, 1, input_size, 4, hidden_size}; }
  Dims recurrent_weights() const { return {1, 1, hidden_size, 4, hidden_size}; }
  Desc bias() const {
    return Desc({1, 1, 4, hidden_size}, Type::f32, Tag::ldgo);
  }
  Desc input(const Extent& extent) const {
    return Desc({extent.steps, extent.batch, input_size}, activation(),
                Tag::tnc);
  }
  Desc output(const Extent& extent) const {
    return Desc({extent.steps, extent.batch, hidden_size}, activation(),
                Tag::tnc);
  }
  Desc h(int batch) const {
    return Desc({1, 1, batch, hidden_size}, activation(), Tag::ldnc);
  }
  Desc c(int batch) const {
    return Desc({1, 1, batch, hidden_size}, Type::f32, Tag::ldnc);
  }
  Type activation() const { return is_int8() ? Type::u8 : Type::f32; }
  Type weight() const { return is_int8() ? Type::s8 : Type::f32; }
  bool is_int8() const { return precision == Precision::kInt8; }

  Precision precision = Precision::kFloat;
  int input_size = 0;
  int hidden_size = 0;
};

dnnl::lstm_forward::primitive_desc LstmDesc(
    const Shape& shape, const Extent& extent, const Desc& layer_weights,
    const Desc& recurrent_weights, const dnnl::primitive_attr& attributes) {
  const Desc h = shape.h(extent.batch);
  const Desc c = shape.c(extent.batch);
  return dnnl::lstm_forward::primitive_desc(
      onednn::CpuEngine(), dnnl::prop_kind::forward_inference, extent.direction,
      shape.input(extent), h, c, layer_weights, recurrent_weights, shape.bias(),
      shape.output(extent), h, c, attributes);
}

// The descriptor that says which layouts of the weights it would like best.
dnnl::lstm_forward::primitive_desc FreeLstmDesc(
    const Shape& shape, int batch, const dnnl::primitive_attr& attributes) {
  return LstmDesc(shape, {.batch = batch},
                  Desc(shape.layer_weights(), shape.weight(), Tag::any),
                  Desc(shape.recurrent_weights(), shape.weight(), Tag::any),
                  attributes);
}

// `scale` is what a weight's integer is multiplied by; oneDNN's is the inverse.
dnnl::primitive_attr LstmAttributes(Precision precision,
                                    absl::Span<const float> scale) {
  dnnl::primitive_attr attributes = onednn::Attributes();
  if (precision == Precision::kFloat) return attributes;
  std::vector<float> inverse;
  for (const float value : scale) inverse.push_back(1.0f / value);
  attributes.set_rnn_data_qparams(kActivationScale, kActivationZero);
  attributes.set_rnn_weights_qparams(kScaleMask, inverse);
  return attributes;
}

struct LayerWeights {
  dnnl::memory layer;
  dnnl::memory recurrent;
};

}  // namespace

struct LstmStep::Impl {
  onednn::BoundPrimitive primitive;
  size_t first_buffer;
};

LstmStep::LstmStep(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LstmStep::~LstmStep() = default;

absl::Status LstmStep::Run(const LstmBuffers& buffers, Scratch& scratch) {
  return Guard("running an LSTM step", [&]() -> absl::Status {
    size_t index = impl_->first_buffer;
    for (void* const data :
         {buffers.input, buffers.h_in, static_cast<void*>(buffers.c_in),
          buffers.output, buffers.h_out, static_cast<void*>(buffers.c_out)}) {
      impl_->primitive.SetData(index++, data);
    }
    return impl_->primitive.Run(scratch);
  });
}

struct PackedLstm::Impl {
  void PackFor(const LstmWeights& values, int batch);
  // For a batch that would like `wanted`, packed before or now.
  dnnl::memory Packed(absl::Span<const float> rows, const Dims& dims,
                      const Desc& wanted,
                      dnnl::memory LayerWeights::*matrix) const;
  int InvariantBatch() const;
  absl::StatusOr<std::unique_ptr<LstmStep::Impl>> Build(
      const Extent& extent) const;

  Shape shape;
  int max_batch = 1;
  dnnl::primitive_attr attributes;
  std::map<int, LayerWeights> weights;  // by batch size; most share one memory
  dnnl::memory bias;
};

PackedLstm::PackedLstm(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
PackedLstm::~PackedLstm() = default;

int PackedLstm::max_batch() const { return impl_->max_batch; }

// `rows` [4 * hidden, input], which is gate, output, input, to input, gate,
// output: oneDNN packs integers from that only.
dnnl::memory Repacked(absl::Span<const float> rows, const Dims& dims,
                      const Desc& wanted,
                      const dnnl::primitive_attr& attributes) {
  const dnnl::memory transposed =
      onednn::Reordered(rows, Desc(dims, Type::f32, Tag::ldgoi),
                        Desc(dims, Type::f32, Tag::ldigo), {});
  const absl::Span<const float> columns(
      static_cast<const float*>(transposed.get_data_handle()), rows.size());
  return onednn::Reordered(columns, Desc(dims, Type::f32, Tag::ldigo), wanted,
                           attributes);
}

// The descriptors of packed layouts name the batch, but the bytes of batches
// that are about the same are too: those share their memory.
dnnl::memory PackedLstm::Impl::Packed(
    absl::Span<const float> rows, const Dims& dims, const Desc& wanted,
    dnnl::memory LayerWeights::*matrix) const {
  for (const auto& [batch, other] : weights) {
    if ((other.*matrix).get_desc() == wanted) return other.*matrix;
  }
  dnnl::primitive_attr reorder;
  if (shape.is_int8()) {  // they are integers already
    reorder.set_rnn_data_qparams(kActivationScale, kActivationZero);
    reorder.set_rnn_weights_qparams(0, {1.0f});
  }
  const dnnl::memory packed = Repacked(rows, dims, wanted, reorder);
  const size_t size = wanted.get_size();
  for (const auto& [batch, other] : weights) {
    const dnnl::memory& known = other.*matrix;
    if (known.get_desc().get_size() == size &&
        std::memcmp(known.get_data_handle(), packed.get_data_handle(), size) ==
            0) {
      return dnnl::memory(wanted, onednn::CpuEngine(), known.get_data_handle());
    }
  }
  return packed;
}

void PackedLstm::Impl::PackFor(const LstmWeights& values, int batch) {
  // Floats in a layout of their own for each batch size would not sum in the
  // same order: the plain one then.
  const auto pd = FreeLstmDesc(
      shape, shape.is_int8() ? batch : onednn::kLayoutBatch, attributes);
  const auto shared = [&](const Desc& wanted, const Dims& dims) {
    if (shape.is_int8() || onednn::IsBlocked(wanted)) return wanted;
    return Desc(dims, Type::f32, Tag::ldigo);
  };
  const Dims layer = shape.layer_weights();
  const Dims recurrent = shape.recurrent_weights();
  weights.emplace(batch,
                  LayerWeights{Packed(values.weight_ih, layer,
                                      shared(pd.weights_layer_desc(), layer),
                                      &LayerWeights::layer),
                               Packed(values.weight_hh, recurrent,
                                      shared(pd.weights_iter_desc(), recurrent),
                                      &LayerWeights::recurrent)});
}

int PackedLstm::Impl::InvariantBatch() const {
  if (!shape.is_int8()) {
    for (const auto& [batch, packed] : weights) {
      const auto pd = LstmDesc(shape, {.batch = batch}, packed.layer.get_desc(),
                               packed.recurrent.get_desc(), attributes);
      if (!absl::StartsWith(pd.impl_info_str(), "brgemm")) return 1;
    }
  }
  return std::numeric_limits<int>::max();
}

absl::StatusOr<std::unique_ptr<const PackedLstm>> PackedLstm::Create(
    const LstmWeights& weights, absl::Span<const int> batches) {
  auto impl = std::make_unique<Impl>();
  impl->shape = {weights.precision, weights.input_size, weights.hidden_size};
  OIDO_RETURN_IF_ERROR(Guard("packing LSTM weights", [&] {
    impl->attributes = LstmAttributes(weights.precision, weights.scale);
    for (const int batch : batches) impl->PackFor(weights, batch);
    const Desc bias = impl->shape.bias();
    impl->bias = onednn::Reordered(weights.bias, bias, bias, {});
    impl->max_batch = impl->InvariantBatch();
    return absl::OkStatus();
  }));
  return std::unique_ptr<const PackedLstm>(new PackedLstm(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<LstmStep::Impl>> PackedLstm::Impl::Build(
    const Extent& extent) const {
  const auto packed = weights.find(extent.batch);
  if (packed == weights.end()) {
    return absl::InternalError(
        absl::StrCat("no LSTM weights packed for batch ", extent.batch));
  }
  std::unique_ptr<LstmStep::Impl> step;
  OIDO_RETURN_IF_ERROR(Guard("building an LSTM step", [&] {
    const auto pd = LstmDesc(shape, extent, packed->second.layer.get_desc(),
                             packed->second.recurrent.get_desc(), attributes);
    onednn::BoundPrimitive primitive(dnnl::lstm_forward(pd),
                                     pd.scratchpad_desc());
    primitive.Bind(DNNL_ARG_WEIGHTS_LAYER, packed->second.layer);
    primitive.Bind(DNNL_ARG_WEIGHTS_ITER, packed->second.recurrent);
    primitive.Bind(DNNL_ARG_BIAS, bias);
    const size_t first_buffer = primitive.bound();
    // In the order of LstmBuffers.
    primitive.Bind(DNNL_ARG_SRC_LAYER, shape.input(extent));
    primitive.Bind(DNNL_ARG_SRC_ITER, shape.h(extent.batch));
    primitive.Bind(DNNL_ARG_SRC_ITER_C, shape.c(extent.batch));
    primitive.Bind(DNNL_ARG_DST_LAYER, shape.output(extent));
    primitive.Bind(DNNL_ARG_DST_ITER, shape.h(extent.batch));
    primitive.Bind(DNNL_ARG_DST_ITER_C, shape.c(extent.batch));
    step.reset(new LstmStep::Impl{std::move(primitive), first_buffer});
    return absl::OkStatus();
  }));
  return step;
}

absl::StatusOr<std::unique_ptr<LstmStep>> PackedLstm::MakeStep(
    int batch) const {
  OIDO_ASSIGN_OR_RETURN(auto step, impl_->Build({.batch = batch}));
  return std::unique_ptr<LstmStep>(new LstmStep(std::move(step)));
}

absl::StatusOr<std::unique_ptr<LstmStep>> PackedLstm::MakeSequence(
    int steps, TimeOrder order) const {
  Extent extent;
  extent.steps = steps;
  if (order == TimeOrder::kBackward)
    extent.direction = dnnl::rnn_direction::unidirectional_right2left;
  OIDO_ASSIGN_OR_RETURN(auto step, impl_->Build(extent));
  return std::unique_ptr<LstmStep>(new LstmStep(std::move(step)));
}

bool Int8LayoutIsShared(int input_size, int hidden_size) {
  const absl::Status status = Guard("looking at layouts", [&] {
    const std::vector<float> scale(size_t{4} * hidden_size, 1.0f);
    const Shape shape{Precision::kInt8, input_size, hidden_size};
    const auto pd = FreeLstmDesc(shape, onednn::kLayoutBatch,
                                 LstmAttributes(Precision::kInt8, scale));
    return onednn::IsBlocked(pd.weights_layer_desc())
               ? absl::OkStatus()
               : absl::UnavailableError("packed");
  });
  return status.ok();
}

}  // namespace oido::model

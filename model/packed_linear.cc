// Packs a linear layer's weights once, builds and runs its primitives.
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
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

// A scale for each output, the first of the weight's dimensions.
constexpr int kScaleMask = 1 << 0;

dnnl::primitive_attr LinearAttributes(Precision precision) {
  dnnl::primitive_attr attributes = onednn::Attributes();
  if (precision == Precision::kInt8)
    attributes.set_scales_mask(DNNL_ARG_WEIGHTS, kScaleMask);
  return attributes;
}

// With bytes as input, weight * (byte - 64) / 63 is a product of integers times
// a scale, and what the 64 makes of it belongs to the bias.
struct FoldedBias {
  std::vector<float> scale;
  std::vector<float> bias;
};

FoldedBias FoldZero(const LinearWeights& weights) {
  FoldedBias folded;
  const size_t inputs = static_cast<size_t>(weights.input_size);
  for (size_t row = 0; row < weights.bias.size(); ++row) {
    double sum = 0.0;  // exact
    for (const float value : weights.weight.subspan(row * inputs, inputs))
      sum += value;
    const double scale = weights.scale[row] / double{kActivationScale};
    folded.scale.push_back(static_cast<float>(scale));
    folded.bias.push_back(static_cast<float>(
        weights.bias[row] - double{kActivationZero} * scale * sum));
  }
  return folded;
}

}  // namespace

struct LinearStep::Impl {
  onednn::BoundPrimitive primitive;
  size_t first_buffer;
};

LinearStep::LinearStep(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LinearStep::~LinearStep() = default;

absl::Status LinearStep::Run(void* input, float* output, Scratch& scratch) {
  return Guard("running a linear step", [&]() -> absl::Status {
    impl_->primitive.SetData(impl_->first_buffer, input);
    impl_->primitive.SetData(impl_->first_buffer + 1, output);
    return impl_->primitive.Run(scratch);
  });
}

struct PackedLinear::Impl {
  dnnl::inner_product_forward::primitive_desc DescFor(
      int batch, const Desc& weight_desc) const {
    const Type activation =
        precision == Precision::kInt8 ? Type::u8 : Type::f32;
    return dnnl::inner_product_forward::primitive_desc(
        onednn::CpuEngine(), dnnl::prop_kind::forward_inference,
        Desc({batch, input_size}, activation, Tag::ab), weight_desc,
        Desc({output_size}, Type::f32, Tag::a),
        Desc({batch, output_size}, Type::f32, Tag::ab),
        LinearAttributes(precision));
  }
  int InvariantBatch() const;

  Precision precision = Precision::kFloat;
  int input_size = 0;
  int output_size = 0;
  int max_batch = 1;
  dnnl::memory weight;
  dnnl::memory bias;
  dnnl::memory scale;  // kInt8
};

PackedLinear::PackedLinear(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
PackedLinear::~PackedLinear() = default;

int PackedLinear::max_batch() const { return impl_->max_batch; }

int PackedLinear::Impl::InvariantBatch() const {
  if (precision == Precision::kFloat) {
    for (const int batch : {1, 2, onednn::kLayoutBatch, 64, 256}) {
      const auto pd = DescFor(batch, weight.get_desc());
      if (!absl::StartsWith(pd.impl_info_str(), "brgemm")) return 1;
    }
  }
  return std::numeric_limits<int>::max();
}

absl::StatusOr<std::unique_ptr<const PackedLinear>> PackedLinear::Create(
    const LinearWeights& weights) {
  auto impl = std::make_unique<Impl>();
  impl->precision = weights.precision;
  impl->input_size = weights.input_size;
  impl->output_size = weights.output_size;
  const bool is_int8 = weights.precision == Precision::kInt8;
  OIDO_RETURN_IF_ERROR(Guard("packing linear weights", [&] {
    const Dims dims = {weights.output_size, weights.input_size};
    const Desc row({weights.output_size}, Type::f32, Tag::a);
    const auto pd =
        impl->DescFor(onednn::kLayoutBatch,
                      Desc(dims, is_int8 ? Type::s8 : Type::f32, Tag::any));
    impl->weight = onednn::Reordered(
        weights.weight, Desc(dims, Type::f32, Tag::ab), pd.weights_desc(), {});
    if (is_int8) {
      const FoldedBias folded = FoldZero(weights);
      impl->bias = onednn::Reordered(folded.bias, row, row, {});
      impl->scale = onednn::Reordered(folded.scale, row, row, {});
    } else {
      impl->bias = onednn::Reordered(weights.bias, row, row, {});
    }
    impl->max_batch = impl->InvariantBatch();
    return absl::OkStatus();
  }));
  return std::unique_ptr<const PackedLinear>(new PackedLinear(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<LinearStep>> PackedLinear::MakeStep(
    int batch) const {
  std::unique_ptr<LinearStep::Impl> step;
  OIDO_RETURN_IF_ERROR(Guard("building a linear step", [&] {
    const auto pd = impl_->DescFor(batch, impl_->weight.get_desc());
    onednn::BoundPrimitive primitive(dnnl::inner_product_forward(pd),
                                     pd.scratchpad_desc());
    primitive.Bind(DNNL_ARG_WEIGHTS, impl_->weight);
    primitive.Bind(DNNL_ARG_BIAS, impl_->bias);
    if (impl_->precision == Precision::kInt8)
      primitive.Bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, impl_->scale);
    const size_t first_buffer = primitive.bound();
    primitive.Bind(DNNL_ARG_SRC, pd.src_desc());
    primitive.Bind(DNNL_ARG_DST, pd.dst_desc());
    step.reset(new LinearStep::Impl{std::move(primitive), first_buffer});
    return absl::OkStatus();
  }));
  return std::unique_ptr<LinearStep>(new LinearStep(std::move(step)));
}

}  // namespace oido::model

// Packs a streaming model's layers.
#include "model/acoustic_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/acoustic_model_impl.h"
#include "model/activations.h"
#include "model/packed_layers.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

// Floats beyond this no longer lie in the second-level cache with their
// weights.
constexpr int kSmallTile = 64;

// Batches that primitives are made for. One primitive of each layer takes about
// 0.2 MB and 1 ms.
std::vector<int> SharedLayoutSizes(int largest) {
  std::vector<int> sizes;
  for (int size = 1; size <= largest;
       size += size < 16 ? 1 : (size < 64 ? 4 : (size < 128 ? 8 : 16))) {
    sizes.push_back(size);
  }
  return sizes;
}

// Where four sizes in a row share a copy of the weights: eight copies.
std::vector<int> OwnLayoutSizes() {
  return {1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, kSmallTile};
}

std::vector<int> TileSizes(const AcousticModelOptions& options) {
  if (options.precision == Precision::kFloat)
    return SharedLayoutSizes(kSmallTile);
  for (int layer = 0; layer < options.layers; ++layer) {
    if (!Int8LayoutIsShared(options.layer_input_size(layer),
                            options.hidden_size)) {
      return OwnLayoutSizes();
    }
  }
  return SharedLayoutSizes(kLargestTile);
}

// What a byte of layer 0's input is of a feature.
absl::StatusOr<std::vector<float>> InputScale(const Bundle& bundle) {
  if (bundle.acoustic_model.precision == Precision::kFloat)
    return std::vector<float>();
  OIDO_ASSIGN_OR_RETURN(
      std::vector<float> scale,
      bundle.weights.Floats("input.range", {bundle.acoustic_model.input_size}));
  for (float& value : scale) value = kActivationScale / value;
  return scale;
}

}  // namespace

AcousticModel::AcousticModel(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
AcousticModel::~AcousticModel() = default;

const AcousticModelOptions& AcousticModel::options() const {
  return impl_->options;
}

absl::StatusOr<std::shared_ptr<const AcousticModel>> AcousticModel::Create(
    const Bundle& bundle) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  if (options.direction != Direction::kUnidirectional) {
    return absl::InvalidArgumentError(absl::StrCat(
        bundle.directory, ": acoustic_model.direction is BIDIRECTIONAL, ",
        "UNIDIRECTIONAL expected of a streaming model"));
  }
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->tile_sizes = TileSizes(options);
  OIDO_ASSIGN_OR_RETURN(impl->input_scale, InputScale(bundle));
  OIDO_ASSIGN_OR_RETURN(impl->output, PackOutput(bundle));
  int invariant_batch = impl->output->max_batch();
  for (int layer = 0; layer < options.layers; ++layer) {
    OIDO_ASSIGN_OR_RETURN(auto packed,
                          PackLayer(bundle, layer, "", impl->tile_sizes));
    invariant_batch = std::min(invariant_batch, packed->max_batch());
    impl->layers.push_back(std::move(packed));
  }
  if (invariant_batch == 1) impl->tile_sizes = {1};
  return std::shared_ptr<const AcousticModel>(
      new AcousticModel(std::move(impl)));
}

}  // namespace oido::model

// What an acoustic model shares with its runners.
#ifndef OIDO_MODEL_ACOUSTIC_MODEL_IMPL_H_
#define OIDO_MODEL_ACOUSTIC_MODEL_IMPL_H_

#include <memory>
#include <vector>

#include "model/acoustic_model.h"
#include "model/primitives.h"

namespace oido::model {

// Streams that go through a layer at once: beyond this the gates, 8 * hidden
// bytes of a stream, and the weights no longer lie in the second-level cache
// together.
inline constexpr int kLargestTile = 64;

struct AcousticModel::Impl {
  AcousticModelOptions options;
  std::vector<int> tile_sizes;     // batches that there are steps for, rising
  std::vector<float> input_scale;  // of an int8 model [input]
  std::vector<std::unique_ptr<const PackedLstm>> layers;
  std::unique_ptr<const PackedLinear> output;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_ACOUSTIC_MODEL_IMPL_H_

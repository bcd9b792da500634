// What an acoustic model shares with its runners.
#ifndef OIDO_MODEL_ACOUSTIC_MODEL_IMPL_H_
#define OIDO_MODEL_ACOUSTIC_MODEL_IMPL_H_

#include <memory>
#include <vector>

#include "model/acoustic_model.h"
#include "model/primitives.h"

namespace oido::model {

// Streams that go through a layer at once. More let a layer's int8 weights come
// from memory less often, but their gates, 8 * hidden bytes of a stream, have to
// stay in the cache.
inline constexpr int kLargestTile = 256;

struct AcousticModel::Impl {
  AcousticModelOptions options;
  std::vector<int> tile_sizes;     // batches that there are steps for, rising
  std::vector<float> input_scale;  // of an int8 model [input]
  std::vector<std::unique_ptr<const PackedLstm>> layers;
  std::unique_ptr<const PackedLinear> output;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_ACOUSTIC_MODEL_IMPL_H_

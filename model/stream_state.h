// What an acoustic model remembers of one stream between steps.
#ifndef OIDO_MODEL_STREAM_STATE_H_
#define OIDO_MODEL_STREAM_STATE_H_

#include <cstddef>
#include <vector>

#include "model/bundle.h"

namespace oido::model {

// A value: copying it forks the stream. `values` holds h_t then c_t of layer 0,
// then of layer 1, ...: [layers, 2, hidden_size].
struct StreamState {
  explicit StreamState(const AcousticModelOptions& options)
      : values(static_cast<size_t>(options.layers) * 2 * options.hidden_size,
               0.0f) {}

  size_t size_bytes() const {
    return sizeof(*this) + values.capacity() * sizeof(float);
  }

  std::vector<float> values;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_STREAM_STATE_H_

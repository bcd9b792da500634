// A stream's state as numbers, for tests.
#ifndef OIDO_TESTS_SUPPORT_STATE_VALUES_H_
#define OIDO_TESTS_SUPPORT_STATE_VALUES_H_

#include <cstring>
#include <vector>

#include "model/stream_state.h"

namespace oido::test {

// h_t then c_t of layer 0, then of layer 1, ...: [layers, 2, hidden].
inline std::vector<float> StateValues(
    const model::StreamState& state,
    const model::AcousticModelOptions& options) {
  std::vector<float> h(state.c.size());
  if (options.precision == model::Precision::kFloat) {
    std::memcpy(h.data(), state.h.data(), state.h.size());
  } else {
    for (size_t i = 0; i < h.size(); ++i) {
      h[i] = (static_cast<float>(state.h[i]) - model::kActivationZero) /
             model::kActivationScale;
    }
  }
  std::vector<float> values;
  const size_t hidden = static_cast<size_t>(options.hidden_size);
  for (size_t begin = 0; begin < h.size(); begin += hidden) {
    for (const std::vector<float>& from : {h, state.c})
      values.insert(values.end(), &from[begin], &from[begin] + hidden);
  }
  return values;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_STATE_VALUES_H_

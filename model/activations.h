// What goes from layer to layer: floats, or the bytes of an int8 model.
#ifndef OIDO_MODEL_ACTIVATIONS_H_
#define OIDO_MODEL_ACTIVATIONS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace oido::model {

// What weights and the activations between layers are. Gates, c_t and logits
// are float always.
enum class Precision {
  kFloat,
  kInt8,  // weights int8_t, activations bytes as below
};

// Bytes of one activation.
inline size_t ActivationBytes(Precision precision) {
  return precision == Precision::kFloat ? sizeof(float) : 1;
}

// A byte b is (b - 64) / 63, so that -1..1, where h_t lies, is 1..127. Seven
// bits, as AVX2 and AVX-512 without VNNI add two products of a byte and a
// weight in 16 bits: 2 * 127 * 128 fits, 2 * 255 * 128 does not.
inline constexpr float kActivationScale = 63.0f;
inline constexpr float kActivationZero = 64.0f;
inline constexpr uint8_t kZeroByte = 64;

// bytes = features * scale to the nearest byte of 1 to 127; `scale` is
// kActivationScale / range, a factor for each feature. All [input_size]. Not a
// number gives 1.
inline void Quantise(absl::Span<const float> features,
                     absl::Span<const float> scale, uint8_t* bytes) {
  const size_t size = features.size();
  const float* __restrict const from = features.data();
  const float* __restrict const factor = scale.data();
  uint8_t* __restrict const to = bytes;
  for (size_t i = 0; i < size; ++i) {
    const float place = from[i] * factor[i] + (kActivationZero + 0.5f);
    const float from_one = place > 1.0f ? place : 1.0f;
    const float in_range = from_one < 127.0f ? from_one : 127.0f;
    to[i] = static_cast<uint8_t>(static_cast<int32_t>(in_range));
  }
}

}  // namespace oido::model

#endif  // OIDO_MODEL_ACTIVATIONS_H_

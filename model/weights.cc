// Looks up tensors in a mapped safetensors file and converts them to float.
#include "model/weights.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are read as they lie in the file");

// IEEE 754 binary16 to binary32; exact.
float HalfToFloat(uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  float magnitude = 0.0f;
  if (exponent == 0x1F) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

// memcpy, as the data of a safetensors file need not be aligned.
std::vector<float> ToFloats(const TensorView& tensor) {
  if (tensor.dtype == "F32") {
    std::vector<float> values(tensor.bytes.size() / sizeof(float));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    return values;
  }
  if (tensor.dtype == "I8") {
    std::vector<float> values;
    values.reserve(tensor.bytes.size());
    for (const char byte : tensor.bytes)
      values.push_back(static_cast<float>(static_cast<int8_t>(byte)));
    return values;
  }
  std::vector<float> values(tensor.bytes.size() / sizeof(uint16_t));
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half;
    std::memcpy(&half, tensor.bytes.data() + i * sizeof(half), sizeof(half));
    values[i] = HalfToFloat(half);
  }
  return values;
}

}  // namespace

absl::StatusOr<Weights> Weights::Open(const std::string& path) {
  Weights weights;
  weights.path_ = path;
  OIDO_ASSIGN_OR_RETURN(
      weights.file_,
      MappedFile::Open(path, std::numeric_limits<size_t>::max()));
  absl::StatusOr<TensorMap> tensors = ParseSafetensors(weights.file_->bytes());
  if (!tensors.ok()) {
    return absl::DataLossError(
        absl::StrCat(path, ": ", tensors.status().message()));
  }
  weights.tensors_ = *std::move(tensors);
  return weights;
}

absl::StatusOr<std::vector<float>> Weights::Floats(
    absl::string_view name, absl::Span<const int64_t> shape) const {
  const auto found = tensors_.find(std::string(name));
  if (found == tensors_.end()) {
    return absl::DataLossError(
        absl::StrCat(path_, ": tensor ", name, " is missing"));
  }
  const TensorView& tensor = found->second;
  if (absl::Span<const int64_t>(tensor.shape) != shape) {
    return absl::DataLossError(
        absl::StrCat(path_, ": tensor ", name, ": shape is [",
                     absl::StrJoin(tensor.shape, ", "), "], [",
                     absl::StrJoin(shape, ", "), "] expected"));
  }
  std::vector<float> values = ToFloats(tensor);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return absl::DataLossError(absl::StrCat(path_, ": tensor ", name,
                                              ": value ", i, " is ", values[i],
                                              ", a finite one expected"));
    }
  }
  return values;
}

}  // namespace oido::model

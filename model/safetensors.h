// Parses the safetensors container: names, types, shapes and bytes of tensors.
#ifndef OIDO_MODEL_SAFETENSORS_H_
#define OIDO_MODEL_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::model {

struct TensorView {
  std::string dtype;           // as in the file, e.g. "F32"
  std::vector<int64_t> shape;  // row-major; every dimension > 0
  absl::string_view bytes;     // borrowed from the container, little-endian
};

// Tensors by name.
using TensorMap = std::map<std::string, TensorView>;

// Format: 8 bytes little-endian length of the header, the header as JSON,
// the data (github.com/huggingface/safetensors, "Format"). The contents are not
// trusted: DATA_LOSS if a length, shape, product or offset does not fit, if
// tensors overlap or leave holes, or if a dtype is other than F32, F16
// and I8.
absl::StatusOr<TensorMap> ParseSafetensors(absl::string_view container);

}  // namespace oido::model

#endif  // OIDO_MODEL_SAFETENSORS_H_

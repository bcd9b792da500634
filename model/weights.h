// Read-only named tensors of a model.
#ifndef OIDO_MODEL_WEIGHTS_H_
#define OIDO_MODEL_WEIGHTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/mapped_file.h"
#include "model/safetensors.h"

namespace oido::model {

// Any thread may read it. Copies share the mapped file.
class Weights {
 public:
  Weights() = default;  // no tensors

  // Maps a safetensors file. NOT_FOUND or DATA_LOSS; messages begin with
  // `path`.
  static absl::StatusOr<Weights> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // The tensors as they lie in the file.
  const TensorMap& tensors() const { return tensors_; }

  // The values of a tensor as float, row-major; integers of an I8 tensor.
  // DATA_LOSS names the file, the tensor, what was expected and what was found:
  // no such tensor, another shape, or a value that is not finite.
  absl::StatusOr<std::vector<float>> Floats(
      absl::string_view name, absl::Span<const int64_t> shape) const;

 private:
  std::string path_;
  std::shared_ptr<const MappedFile> file_;  // what `tensors_` borrows from
  TensorMap tensors_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_WEIGHTS_H_

// Which tensors a bundle must have, and whether the weights file has just
// those.
#ifndef OIDO_MODEL_BUNDLE_TENSORS_H_
#define OIDO_MODEL_BUNDLE_TENSORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "model/bundle.h"
#include "model/weights.h"
#include "oido/config/model_bundle.pb.h"

namespace oido::model {

// Behind the names of the tensors of the direction from future to past.
inline constexpr char kReverseSuffix[] = "_reverse";

// Which dtypes and values a tensor may have.
enum class TensorKind {
  kFloats,    // F32 or F16, finite
  kIntegers,  // I8
  kScales,    // F32, finite and > 0
};

struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;
  TensorKind kind = TensorKind::kFloats;
};

// As AcousticModelConfig in model_bundle.proto documents them.
std::vector<TensorSpec> BundleTensors(const AcousticModelOptions& model,
                                      int mel_bins);

// OK if `entries` and `weights` have exactly the tensors `specs`, with the same
// shapes, dtypes and SHA-256 and values of their kinds. INVALID_ARGUMENT blames
// an entry (without the file's name), DATA_LOSS the weights file.
absl::Status CheckTensors(
    const std::vector<TensorSpec>& specs,
    const google::protobuf::RepeatedPtrField<config::TensorEntry>& entries,
    const Weights& weights);

}  // namespace oido::model

#endif  // OIDO_MODEL_BUNDLE_TENSORS_H_
